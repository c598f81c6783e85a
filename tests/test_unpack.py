"""Archives that are damaged or made to do harm: nothing lands outside the folder, nothing unwanted, not too much."""

import os
import random
import stat
import zipfile

import pytest
from small_sets import CHEST, COUNTS, CT, SLICES, TREE, pack, tree

from coursekit import download
from coursekit._download import unpacking
from coursekit._errors import Trouble

CHEST_WANTED = download.REGISTRY["chest_xray"].wanted
FIRST = "chest_xray/train/NORMAL/person0_virus_0.jpeg"
SIZE = sum(map(len, TREE.values()))


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "place" / "made").mkdir(parents=True)
    return tmp_path / "place" / "made"


def unpack(content, folder, counts=COUNTS, size=SIZE):
    archive = folder.parents[1] / "archive.zip"
    archive.write_bytes(content)
    unpacking.unpack(archive, folder, CHEST_WANTED, counts, size)


def assert_refused(content, folder, words, written=False, remedy="update the course", **options):
    """With these words, and before anything is written, or at least with nothing outside."""
    with pytest.raises(Trouble, match=words) as caught:
        unpack(content, folder, **options)
    assert remedy in caught.value.remedy
    assert [path.name for path in folder.parent.iterdir()] == ["made"]
    assert sorted(path.name for path in folder.parents[1].iterdir()) == ["archive.zip", "place"]
    assert written or list(folder.iterdir()) == []


def test_only_what_is_wanted_is_unpacked(folder):
    unpack(pack(CHEST), folder)
    assert tree(folder) == TREE


def test_of_the_ct_slices_only_the_dicom_files_and_the_table(folder, tmp_path):
    (tmp_path / "ct.zip").write_bytes(pack(CT))
    size = sum(map(len, SLICES.values()))
    wanted = download.REGISTRY["ct_slices"].wanted
    unpacking.unpack(tmp_path / "ct.zip", folder, wanted, {"dicom_dir": 5, ".": 1}, size)
    assert tree(folder) == SLICES


OUTSIDE = [
    "../evil.jpeg",
    "chest_xray/train/NORMAL/../../../../evil.jpeg",
    "chest_xray/train/NORMAL/..",
    "/tmp/evil.jpeg",
    "..\\evil.jpeg",
    "\\evil.jpeg",
    "C:\\evil.jpeg",
    "c:evil.jpeg",
]


@pytest.mark.parametrize("name", OUTSIDE)
def test_a_path_that_leaves_the_folder_is_refused(folder, name):
    assert_refused(pack(CHEST | {name: b"evil"}), folder, "would leave its folder")


@pytest.mark.parametrize(
    "name", ["...jpeg", ".person1.jpeg", "a b.jpeg", "a:b.jpeg", "bild\u00e9.jpeg", "a.jpeg/b", "a.exe"]
)
def test_odd_names_are_not_wanted(folder, name):
    unpack(pack(CHEST | {f"chest_xray/train/NORMAL/{name}": b"odd"}), folder)
    assert tree(folder) == TREE


def test_a_link_is_refused(folder):
    link = zipfile.ZipInfo(FIRST)
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    members = {name: content for name, content in CHEST.items() if name != FIRST}
    assert_refused(pack(members | {link: b"/etc/passwd"}), folder, "no ordinary file")


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_rare_way_of_packing_is_refused(folder, method):
    assert_refused(pack(CHEST, method), folder, "no ordinary file")


def test_an_empty_member_is_refused(folder):
    assert_refused(pack(CHEST | {FIRST: b""}), folder, f"is empty: '{FIRST}'")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_member_twice_is_refused(folder):
    again = zipfile.ZipInfo(FIRST)
    assert_refused(pack(CHEST | {again: b"another"}), folder, "train/NORMAL/person0_virus_0.jpeg twice")


def test_missing_and_surplus_members_are_counted(folder):
    without = {name: content for name, content in CHEST.items() if name != FIRST}
    assert_refused(pack(without), folder, "not complete: train/NORMAL has 2 of 3 files")
    more = CHEST | {"chest_xray/val/NORMAL/person9_virus_9.jpeg": b"more"}
    assert_refused(pack(more), folder, "val/NORMAL has 2 of 1 files")
    inner = {name: content for name, content in CHEST.items() if name.startswith("chest_xray/chest_xray/")}
    assert_refused(pack(inner), folder, "test/NORMAL has 0 of 2 files")
    assert_refused(pack({}), folder, "test/NORMAL has 0 of 2 files")


def test_a_bomb_is_refused_by_its_ratio(folder):
    assert_refused(pack(CHEST | {FIRST: bytes(10_000_000)}), folder, "unpacks to 10,000,000 bytes", size=10**9)


def test_a_bomb_is_refused_by_the_sum_of_its_members(folder):
    assert_refused(pack(CHEST), folder, f"holds {SIZE:,} bytes where {SIZE - 1:,} are the most", size=SIZE - 1)


def test_a_bomb_is_refused_by_the_number_of_its_members(folder, monkeypatch):
    monkeypatch.setattr(unpacking, "MOST_MEMBERS", 60)
    assert_refused(pack(CHEST | {f"{i}": b"" for i in range(60)}), folder, r"has \d+ members")


def test_a_member_that_unpacks_to_more_than_it_states_is_cut_there_and_refused(folder):
    content = bytearray(pack(CHEST | {FIRST: bytes(1_000_000)}))
    size = (1_000_000).to_bytes(4, "little")
    assert content.count(size) == 2  # before the member, and in the directory
    content = content.replace(size, (3000).to_bytes(4, "little"))
    assert_refused(content, folder, "damaged: Bad CRC-32", written=True, remedy="Check the connection")
    assert max(path.stat().st_size for path in folder.rglob("*.jpeg")) <= 3013


def test_a_locked_member_is_refused(folder):
    content = bytearray(pack(CHEST))
    entry = content.index(FIRST.encode(), content.index(b"PK\x01\x02")) - 46  # in the directory
    assert content[entry : entry + 4] == b"PK\x01\x02"
    content[entry + 8] |= 1
    assert_refused(content, folder, f"no ordinary file: '{FIRST}'")


@pytest.mark.parametrize("content", [b"", b"<html>Please log in</html>", pack(CHEST)[:-100], pack(CHEST)[5000:]])
def test_what_is_no_whole_archive_is_refused(folder, content):
    assert_refused(content, folder, "archive is damaged", remedy="Check the connection")


def test_flipped_bits_are_found_or_without_meaning(folder):
    whole, places, refused = pack(CHEST), random.Random(0), 0
    for turn in range(300):
        changed = bytearray(whole)
        for _ in range(places.randint(1, 3)):
            changed[places.randrange(len(changed))] ^= 1 << places.randrange(8)
        made = folder / str(turn)
        made.mkdir()
        try:
            (folder.parents[1] / "archive.zip").write_bytes(changed)
            unpacking.unpack(folder.parents[1] / "archive.zip", made, CHEST_WANTED, COUNTS, SIZE)
        except Trouble:
            refused += 1
        else:
            assert tree(made) == TREE
    assert 100 < refused < 300
    assert os.listdir(folder.parent) == ["made"]
