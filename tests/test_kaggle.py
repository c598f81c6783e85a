"""Sets from Kaggle, with its own command line and a server in its place: all or nothing, and no word of a token."""

import json
import os
import stat
import subprocess
import sys
import time
import types
import zipfile
from contextlib import contextmanager, suppress
from pathlib import Path

import nbformat
import pytest
from kaggle_server import ARCHIVES, KEY, NAME, SECRETS, TOKEN, USER, ask_here, kaggle, refuse
from kernels import execute, notebook, texts
from loopback import Silent, cut, status
from small_sets import CHEST, COUNTS, SLICES, TREE, data_home, pack, tree, use_small_sets

from coursekit import __main__, data

REAL = dict(data.KAGGLE)
FIRST = "chest_xray/train/NORMAL/person0_virus_0.jpeg"
ARRIVES = Path(".downloading", "chest_xray", f"{NAME}.zip")  # in the data home
ASKED = ["GetDatasetMetadata", "DownloadDataset", NAME]
SETUP = f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); from kaggle_server import *; "
SETUP += "from small_sets import *; use_small_sets('', dict.__setitem__); from coursekit import __main__, data"


@pytest.fixture
def user(tmp_path, monkeypatch):
    """The home folder of somebody who has no token yet."""
    data_home(tmp_path, monkeypatch)
    use_small_sets("", monkeypatch.setitem)
    (tmp_path / "user").mkdir()
    return tmp_path / "user"


@pytest.fixture
def home(user, monkeypatch):
    """The data home of somebody whose only token is in the environment."""
    monkeypatch.setenv("KAGGLE_USERNAME", USER)
    monkeypatch.setenv("KAGGLE_KEY", KEY)
    return user.parent / "home"


@pytest.fixture
def server(user, monkeypatch):
    with kaggle() as server:
        for name, value in ask_here(server, user.parent / "site").items():
            monkeypatch.setenv(name, value)
        yield server


def assert_right(home):
    assert data.fetch_chest_xray() == home / "chest_xray"
    assert tree(home) == {f"chest_xray/{path}": TREE[path] for path in TREE} | {".downloading/chest_xray.lock": b""}


def assert_fails(home, words):
    instead = r", then try again; or use fetch_pneumoniamnist, which needs no account\.$"
    with pytest.raises(data.DataError, match=f"{words}.*{instead}") as caught:
        data.fetch_chest_xray()
    assert caught.value.__cause__ is None
    assert not any(secret in str(caught.value) for secret in SECRETS)
    assert not (home / "chest_xray").exists()


def test_the_real_sets_are_those_of_the_datasheets():
    assert [slug for slug, *_ in REAL.values()] == [f"paultimothymooney/{NAME}", "kmader/siim-medical-images"]
    assert [list(counts.values()) for *_, counts in REAL.values()] == [[1341, 3875, 8, 8, 234, 390], [100, 1]]


def test_only_what_is_wanted_is_unpacked_and_then_no_server_is_asked(server, home, capfd):
    assert_right(home)
    assert_right(home)
    assert server.asked == ASKED
    assert tree(data.fetch_ct_slices()) == SLICES
    assert capfd.readouterr() == ("", ""), "what the client says is not shown"


# ---- what Kaggle refuses, and what goes wrong on the way ------------------------------------------------------------

REFUSALS = {
    403: f"refuses it to this account. Sign in at https://www.kaggle.com/datasets/paultimothymooney/{NAME}, accept",
    404: "does not have it any more. Look at https",
    429: "is busy or out of order. Wait an hour",
    500: "is busy or out of order. Wait an hour",
}


@pytest.mark.parametrize("number", REFUSALS)
def test_what_kaggle_refuses_is_explained(server, home, number):
    server.faults["DownloadDataset"] = refuse(number)
    assert_fails(home, f"Kaggle {REFUSALS[number]}")


def test_a_connection_that_is_cut_each_time_is_taken_up_in_the_next_call(server, home):
    server.faults[NAME] = cut
    assert_fails(home, "Kaggle's client failed. Check the connection")
    arrived = (home / ARRIVES).stat().st_size
    assert 1_000_000 < arrived < len(ARCHIVES[NAME])
    server.faults.clear()
    assert_right(home)
    assert server.begins[-1] == arrived


def test_a_link_that_runs_out_half_way_is_explained_and_the_next_call_succeeds(server, home):
    server.faults[NAME] = lambda *given: (cut if server.asked.count(NAME) == 1 else status(403))(*given)
    assert_fails(home, "The link to the archive ran out before all of it had arrived. Wait a moment")
    server.faults.clear()
    assert_right(home)


def test_a_kaggle_that_says_nothing_more_is_given_up(server, home, monkeypatch):
    assert 60 <= data.KAGGLE_SECONDS <= 300
    monkeypatch.setattr(data, "KAGGLE_SECONDS", 6)
    server.faults[NAME] = Silent(0.5)
    assert_fails(home, "Kaggle's client failed. Check the connection")
    assert server.faults[NAME].sent.is_set()
    assert not server.faults[NAME].waited, "it was the first to give up"


# ---- unpacking ------------------------------------------------------------------------------------------------------


def unpack(content, folder):
    (folder / "place").mkdir()
    (folder / "place" / "a.zip").write_bytes(content)
    return data._unpack(folder / "place" / "a.zip", "chest_xray", COUNTS)


def test_nothing_but_wanted_members_is_unpacked_and_nothing_outside_the_folder(tmp_path):
    outside = ["../evil.jpeg", "chest_xray/train/NORMAL/../../../../evil.jpeg", "/tmp/evil.jpeg", "..\\evil.jpeg"]
    odd = ["chest_xray/train/NORMAL/...jpeg", "chest_xray/train/NORMAL/a/b.jpeg", "/chest_xray/../train/NORMAL/a.jpeg"]
    link = zipfile.ZipInfo(FIRST)
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    members = {name: content for name, content in CHEST.items() if name != FIRST} | {link: b"/etc/passwd"}
    found = tree(unpack(pack(members | dict.fromkeys([*outside, *odd, "C:evil.jpeg"], b"evil")), tmp_path))
    assert found == TREE | {FIRST.removeprefix("chest_xray/"): b"/etc/passwd"}, "a link becomes a plain file"
    assert sorted(tree(tmp_path)) == sorted(["place/a.zip", *(f"place/made/chest_xray/{path}" for path in found)])
    assert not any(path.is_symlink() for path in tmp_path.rglob("*"))


FLIPPED = bytearray(pack(CHEST))
FLIPPED[FLIPPED.index(FIRST.encode()) + 1000] ^= 1
BAD_ARCHIVES = [
    (pack({name: content for name, content in CHEST.items() if name != FIRST}), r"not complete: 2 of 3 train/NORMAL/"),
    (b"<html>Please log in</html>", "File is not a zip file"),
    (pack(CHEST)[:-100], "File is not a zip file"),
    (FLIPPED, "Bad CRC-32"),
]


@pytest.mark.parametrize(("content", "reason"), BAD_ARCHIVES)
def test_an_archive_that_is_not_the_known_one_is_refused(tmp_path, content, reason):
    words = rf"^the archive is damaged, or not the known one \({reason}.*\)\. Update the course$"
    with pytest.raises(data.DataError, match=words):
        unpack(content, tmp_path)
    assert not (tmp_path / "place" / "a.zip").exists(), "the next attempt does not begin with it"


def test_pictures_missing_on_the_disk_are_noticed_and_others_may_be_added(home):
    for path, content in TREE.items():
        (home / "chest_xray" / path).parent.mkdir(parents=True, exist_ok=True)
        (home / "chest_xray" / path).write_bytes(content)
    normal = home / "chest_xray" / "train" / "NORMAL"
    (normal / "another.jpeg").write_bytes(b"x")
    assert data.fetch_chest_xray() == home / "chest_xray"
    for path in list(normal.iterdir())[:2]:
        path.unlink()
    for left in (".DS_Store", "._person0_virus_0.jpeg", "Thumbs.db", "cache.npy"):
        (normal / left).write_bytes(b"x")
    with pytest.raises(data.DataError, match=r"xray is not complete: 2 of 3 train/NORMAL/\*\.jpeg\. Delete it, then"):
        data.fetch_chest_xray()


# ---- processes ------------------------------------------------------------------------------------------------------


@contextmanager
def fetching():
    """Another process that fetches the set; killed at the end."""
    process = subprocess.Popen([sys.executable, "-c", f"{SETUP}; assert tree(data.fetch_chest_xray()) == TREE"])
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def wait_until(condition):
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def clients(folder):
    """The processes of Kaggle's client that download into a folder."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # it has ended
            found += [path] if f"\0--path\0{folder}\0".encode() in path.read_bytes() else []
    return found


def test_killed_while_it_arrives_it_goes_on_from_there_and_its_client_ends_with_it(server, home):
    zip_file = home / ARRIVES
    server.faults[NAME] = Silent(0.5)
    with fetching():
        wait_until(lambda: zip_file.exists() and zip_file.stat().st_size > 1_000_000)
        assert len(clients(zip_file.parent)) == 1
    wait_until(lambda: not clients(zip_file.parent))
    arrived = zip_file.stat().st_size
    server.faults.pop(NAME).over.set()
    assert_right(home)
    assert server.begins[-1] == arrived


def test_of_two_processes_at_once_one_downloads(server, home):
    server.faults[NAME] = slow = Silent(0.5)
    with fetching() as one, fetching() as other:
        assert slow.sent.wait(60)
        server.faults.clear()
        time.sleep(1)  # the other one is there, too
        slow.over.set()
        assert (one.wait(60), other.wait(60)) == (0, 0)
    assert server.asked == [*ASKED, NAME], "one went on where it was cut"
    assert_right(home)


# ---- the token ------------------------------------------------------------------------------------------------------

JSON = json.dumps({"username": USER, "key": KEY})


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    return str(path)


def in_colab(monkeypatch, **secrets):
    """Colab's module of secrets, with those that the notebook may read."""
    colab = types.ModuleType("google.colab")
    colab.userdata = types.SimpleNamespace(get=secrets.__getitem__)
    monkeypatch.setitem(sys.modules, "google.colab", colab)


def test_without_a_token_the_advice_is_to_make_one(server, user, monkeypatch):
    in_colab(monkeypatch)
    monkeypatch.setenv("KAGGLE_KEY", KEY)  # without the name
    assert data.kaggle_token_place() is None
    advice = "Kaggle needs a token. Put one from https://www.kaggle.com/settings/api into the variable or Colab secret "
    assert_fails(user.parent / "home", f"{advice}KAGGLE_API_TOKEN")
    assert server.asked == []


@pytest.mark.parametrize("place", ["KAGGLE_API_TOKEN", "Colab", ".kaggle/kaggle.json", ".kaggle/access_token"])
def test_a_token_is_found_in_each_place_and_left_in_no_variable(server, user, monkeypatch, place):
    if place == "Colab":
        in_colab(monkeypatch, KAGGLE_API_TOKEN=TOKEN)
    elif place == "KAGGLE_API_TOKEN":
        monkeypatch.setenv(place, TOKEN)
    else:
        write(user / place, JSON if place.endswith(".json") else f"{TOKEN}\n")
    before = dict(os.environ)
    found = {"Colab": None, "KAGGLE_API_TOKEN": place}
    assert data.kaggle_token_place() == found.get(place, str(user / place))
    assert_right(user.parent / "home")
    assert dict(os.environ) == before


def test_of_a_token_that_kaggle_does_not_know_the_place_is_named(server, user, monkeypatch):
    monkeypatch.setenv("KAGGLE_API_TOKEN", "stale")
    write(user / ".kaggle" / "kaggle.json", JSON)  # which is good, but comes after it
    assert_fails(user.parent / "home", "does not accept the token in KAGGLE_API_TOKEN. Put a new one there")


@pytest.mark.parametrize(
    "content", [f"\ufeff{JSON}", JSON[:-5], f"\ufeff{TOKEN}", "", "<html></html>", '{"username": "a"}']
)
def test_a_file_that_holds_no_token_is_named_by_all_and_no_server_is_asked(server, user, content):
    path = write(user / ".kaggle" / ("kaggle.json" if "{" in content else "access_token"), content)
    assert_fails(user.parent / "home", f"^{path} holds no Kaggle token. Put a new one there")
    assert server.asked == []
    assert (False, f"{path} holds no Kaggle token. Put a new one there") in list(__main__.data_sets())


@pytest.mark.parametrize("pasted", [f'"{TOKEN}"', f"{TOKEN}\n", f"{TOKEN}\u20ac"])
def test_of_a_token_with_more_than_it_the_place_is_named(server, user, monkeypatch, pasted):
    monkeypatch.setenv("KAGGLE_API_TOKEN", pasted)
    assert_fails(user.parent / "home", "token in KAGGLE_API_TOKEN")


def test_a_planted_token_is_nowhere_in_what_a_run_says_and_leaves(server, home):
    """In no output, traceback with variables, log, file of the run; a token is in each place, and it is used."""
    settings = write(home.parent / "user" / ".kaggle" / "kaggle.json", JSON)
    start = f"%xmode Verbose\nimport logging; logging.basicConfig(level=logging.DEBUG)\n{SETUP}"
    silent = "data.KAGGLE_SECONDS = 0\ndata.fetch_ct_slices()"
    fetch = "print(len(tree(data.fetch_chest_xray())))"

    def refuse_once(handler, content):
        server.faults.clear()
        refuse(403)(handler, content)  # with a page that repeats the token

    server.faults["DownloadDataset"] = refuse_once
    book = notebook(start, fetch, fetch, silent, "print(*__main__.data_sets(), sep='\\n')")
    execute(book, home.parent, {"KAGGLE_API_TOKEN": TOKEN}, allow_errors=True)
    nbformat.write(book, home.parent / "saved.ipynb")
    begun, refused, fetched, given_up, examined = ("\n".join(texts(cell)) for cell in book.cells)
    assert "Verbose" in begun, "tracebacks show the variables"
    assert "Kaggle refuses it to this account" in refused
    assert fetched.startswith(f"{len(TREE)}\n")
    assert "Kaggle's client failed" in given_up
    assert "Kaggle token found (KAGGLE_API_TOKEN)" in examined
    assert "IntrospectToken" in server.asked, "the token was used"
    left = {path: content for path, content in tree(home.parent).items() if not settings.endswith(path)}
    assert "saved.ipynb" in left
    assert [path for path, content in left.items() if any(secret.encode() in content for secret in SECRETS)] == []
