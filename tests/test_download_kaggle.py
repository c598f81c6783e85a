"""Sets from Kaggle, with its own client and a server in its place: a complete set or none, and no word of the token."""

import os

import kaggle_server
import pytest
from kaggle_server import ARCHIVES, KEY, NAME, TOKEN, assert_fails, assert_right, refuse
from loopback import cut, once, status
from small_sets import CHEST, SLICES, names, pack, tree

from coursekit import data, download

REAL = dict(download.REGISTRY)
FIRST = "chest_xray/train/NORMAL/person0_virus_0.jpeg"
home, server, zip_file, no_secret = (
    kaggle_server.home,
    kaggle_server.server,
    kaggle_server.zip_file,
    kaggle_server.no_secret,
)


def test_the_real_sets_are_those_of_the_datasheets():
    chest, slices = REAL["chest_xray"], REAL["ct_slices"]
    assert chest.slug == "paultimothymooney/chest-xray-pneumonia"
    assert sum(chest.counts.values()) == 5856
    assert [chest.counts[f"train/{kind}"] for kind in ("NORMAL", "PNEUMONIA")] == [1341, 3875]
    assert [chest.counts[f"test/{kind}"] for kind in ("NORMAL", "PNEUMONIA")] == [234, 390]
    assert [chest.counts[f"val/{kind}"] for kind in ("NORMAL", "PNEUMONIA")] == [8, 8]
    assert slices.slug == "kmader/siim-medical-images"
    assert slices.counts == {"dicom_dir": 100, ".": 1}


def test_only_the_first_copy_is_unpacked_and_then_no_server_is_asked(server, home, capfd):
    assert_right(home)
    assert server.asked == ["DownloadDataset", NAME]
    assert_right(home)
    assert len(server.asked) == 2
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("disable", [None, "", "0"])
def test_a_bar_shows_how_much_has_arrived_and_the_client_says_nothing(server, home, monkeypatch, capfd, disable):
    monkeypatch.delenv("TQDM_DISABLE", raising=False)
    if disable is not None:
        monkeypatch.setenv("TQDM_DISABLE", disable)
    assert_right(home)
    out, err = capfd.readouterr()
    assert out == ""
    assert "100%" in err


def test_of_the_ct_slices_the_dicom_files_and_the_table(server, home):
    assert tree(data.fetch_ct_slices()) == SLICES
    assert names(home) == ["ct_slices"]


def test_a_token_of_the_new_kind(server, home, monkeypatch):
    monkeypatch.delenv("KAGGLE_USERNAME")
    monkeypatch.setenv("KAGGLE_API_TOKEN", TOKEN)
    assert_right(home)
    assert "IntrospectToken" in server.asked


STATUSES = {
    401: ("Kaggle does not accept the token", "Make a new token at https://www.kaggle.com/settings"),
    403: ("Kaggle refuses it to this account", f"Open https://www.kaggle.com/datasets/paultimothymooney/{NAME}"),
    404: ("Kaggle does not have it any more", "update the course"),
    429: ("Kaggle was asked too often", "Wait an hour"),
    500: ("Kaggle is out of order", "Wait an hour"),
}


@pytest.mark.parametrize("number", STATUSES)
@pytest.mark.parametrize("request_", ["DownloadDataset", NAME])
def test_what_kaggle_refuses_is_explained(server, home, request_, number):
    reason, advice = STATUSES[number]
    server.faults[request_] = refuse(number) if request_ == "DownloadDataset" else status(number)
    assert_fails(home, rf"{reason} \(status {number}\)", advice)
    server.faults.clear()
    assert_right(home)


@pytest.mark.parametrize("hidden", [False, True], ids=["plain", "notebook"])
def test_a_token_that_nobody_knows_is_explained(server, home, monkeypatch, hidden):
    monkeypatch.delenv("KAGGLE_USERNAME")
    monkeypatch.setenv("KAGGLE_API_TOKEN", KEY)
    if hidden:
        monkeypatch.delattr("builtins.exit")  # as IPython does
    assert_fails(home, "Kaggle does not accept the token", "Make a new token")


def test_without_a_server_it_says_so(server, home):
    server.shutdown()
    server.server_close()
    assert_fails(home, "the connection to Kaggle failed", "Check the connection")


def test_a_cut_connection_is_taken_up_in_the_same_call(server, home):
    server.faults[NAME] = once(cut)
    assert_right(home)
    assert server.asked == ["DownloadDataset", NAME, NAME]
    assert server.begins[2] > 0


def test_a_connection_that_is_cut_each_time_is_taken_up_in_the_next_call(server, home, zip_file):
    server.faults[NAME] = cut
    assert_fails(home, "the connection to Kaggle failed", "Check the connection")
    arrived = zip_file.stat().st_size
    assert 0 < arrived < len(ARCHIVES[NAME])
    server.faults.clear()
    server.begins.clear()
    assert_right(home)
    assert max(server.begins) == arrived


def test_an_address_that_expires_half_way_is_explained_and_the_next_call_succeeds(server, home, zip_file):
    """Some versions of the client take the page that explains it for the rest of the archive, others ask again."""
    cut_first = once(cut)
    server.faults[NAME] = lambda handler, content: (status(403) if len(server.asked) > 2 else cut_first)(
        handler, content
    )
    assert_fails(home, "the link to the archive ran out before all of it had arrived", "Wait a moment")
    assert not zip_file.exists() or ARCHIVES[NAME].startswith(zip_file.read_bytes())
    server.faults.clear()
    assert_right(home)


def test_wrong_bytes_are_found_and_the_next_call_begins_anew(server, home, zip_file):
    content = bytearray(ARCHIVES[NAME])
    content[content.index(FIRST.encode()) + 1000] ^= 1
    server.files[NAME] = bytes(content)
    assert_fails(home, "the archive is damaged: Bad CRC-32", "Check the connection")
    assert not zip_file.exists()
    server.files[NAME] = ARCHIVES[NAME]
    assert_right(home)


HARMFUL = {
    "outside": (CHEST | {"../../evil.jpeg": b"evil"}, "a member of the archive would leave its folder"),
    "bomb": (CHEST | {FIRST: bytes(5_000_000)}, "a member of the archive unpacks to 5,000,000 bytes"),
    "missing": ({k: v for k, v in CHEST.items() if k != FIRST}, "the archive is not complete: train/NORMAL has 2 of 3"),
    "too large": (CHEST | {"other": os.urandom(4_000_000)}, "the archive has more than 4,000,000 bytes"),
}


@pytest.mark.parametrize("harm", HARMFUL)
def test_an_archive_of_another_content_leaves_nothing(server, home, tmp_path, zip_file, harm):
    members, words = HARMFUL[harm]
    server.files[NAME] = pack(members)
    assert_fails(home, words, "update the course")
    assert not zip_file.exists()
    assert list(tmp_path.rglob("evil*")) == []
    server.files[NAME] = ARCHIVES[NAME]
    assert_right(home)


def test_a_page_in_place_of_the_archive_leaves_nothing(server, home, zip_file):
    server.files[NAME] = b"<html>Please log in</html>"
    assert_fails(home, "the archive is damaged: File is not a zip file", "a network's login page")
    assert not zip_file.exists()


def test_pictures_deleted_from_the_disk_are_noticed_and_others_may_be_added(server, home):
    folder = data.fetch_chest_xray()
    (folder / "train" / "NORMAL" / "another.jpeg").write_bytes(b"x")
    assert data.fetch_chest_xray() == folder
    for path in (folder / "test" / "PNEUMONIA").iterdir():
        path.write_bytes(b"")
    words = f"{folder} is not complete: test/PNEUMONIA has 0 of 2 files. Delete {folder}, then call fetch_chest_xray"
    with pytest.raises(data.DataError, match=rf"^{words} again\.$"):
        data.fetch_chest_xray()


@pytest.mark.parametrize("left", [".DS_Store", "._person0_virus_0.jpeg", "Thumbs.db", "desktop.ini", "cache.npy"])
def test_what_a_file_manager_leaves_is_no_picture(server, home, left):
    folder = data.fetch_chest_xray()
    next((folder / "train" / "NORMAL").iterdir()).unlink()
    (folder / "train" / "NORMAL" / left).write_bytes(b"x")
    with pytest.raises(data.DataError, match=r"is not complete: train/NORMAL has 2 of 3 files\."):
        data.fetch_chest_xray()
