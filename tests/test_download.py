"""Plain files from mirrors that fail: afterwards there is the right file or none, and what to do is said."""

import re
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import filelock  # noqa: F401 - before the test becomes another user, who perhaps cannot read the environment
import pytest
from disks import closed
from loopback import FAULTS, Silent, running
from small_sets import DIGITS, FILES, MNIST, NPZ, XRAYS, assert_arrays, data_home, tree, use_small_sets

from coursekit import data

REAL, REAL_MIRRORS = dict(data.FILES), list(data.MIRRORS.values())
THIRD = list(MNIST)[2]  # where the faults of MNIST are: two files have come well before
REASONS = {"wrong bytes": "wrong checksum", "missing": "refused"}


@pytest.fixture
def home(tmp_path, monkeypatch):
    return data_home(tmp_path, monkeypatch)


@pytest.fixture
def server(home, monkeypatch):
    with running(FILES) as server:
        use_small_sets(server.address, monkeypatch.setitem)
        yield server


def assert_fails(home, words):
    advice = r"\. Check the connection, then try again; or use load_mnist_10k, which needs no network\.$"
    with pytest.raises(data.DataError, match=rf"^{THIRD} did not arrive \(.*{words}\){advice}"):
        data.fetch_mnist()
    assert THIRD not in {path.name for path in home.rglob("*")}


def test_the_real_files_have_https_mirrors_and_published_checksums():
    assert [[mirror.partition("://")[0] for mirror in mirrors] for mirrors in REAL_MIRRORS] == 2 * [["https", "https"]]
    assert all(re.fullmatch("sha256:[0-9a-f]{64}|md5:[0-9a-f]{32}", checksum) for checksum in REAL.values())
    assert list(REAL) == [*(f"MNIST/{name}" for name in MNIST), f"PneumoniaMNIST/{NPZ}"]
    assert REAL[f"PneumoniaMNIST/{NPZ}"] == "md5:28209eda62fecd6e6a2d98b1501bb15f"


def test_files_are_downloaded_once_and_then_read_without_a_server(server, home):
    for _ in range(2):
        assert_arrays(data.fetch_mnist(), DIGITS)
        assert_arrays(data.fetch_pneumoniamnist(), XRAYS)
    assert server.asked == [*MNIST, NPZ]
    assert tree(home) == {f"MNIST/{name}": MNIST[name] for name in MNIST} | {f"PneumoniaMNIST/{NPZ}": FILES[NPZ]}
    data.fetch_mnist()[0][0][:] = 0  # its own memory


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_the_server_is_named_and_the_next_call_gets_the_rest(server, home, fault):
    server.faults[THIRD] = FAULTS[fault]
    assert_fails(home, REASONS.get(fault, "no connection, or it was cut"))
    server.faults.clear()
    server.asked.clear()
    assert_arrays(data.fetch_mnist(), DIGITS)
    assert server.asked == list(MNIST)[2:]


@pytest.mark.parametrize("part", [0, 0.5])
def test_a_silent_server_is_given_up(server, home, monkeypatch, part):
    assert all(0 < seconds <= 60 for seconds in data.SECONDS)
    monkeypatch.setattr(data, "SECONDS", (5, 0.2))
    server.faults[THIRD] = Silent(part)
    assert_fails(home, "no answer in time|no connection, or it was cut")
    assert server.faults[THIRD].sent.is_set()
    assert not server.faults[THIRD].waited, "it was the first to give up"


@pytest.mark.parametrize("fault", FAULTS)
def test_another_mirror_sends_what_the_first_does_not(server, home, monkeypatch, fault):
    server.files = FILES | {f"bad/{NPZ}": FILES[NPZ]}
    server.faults[f"bad/{NPZ}"] = FAULTS[fault]
    monkeypatch.setitem(data.MIRRORS, "PneumoniaMNIST", (f"{server.address}bad/", server.address))
    assert_arrays(data.fetch_pneumoniamnist(), XRAYS)
    assert server.asked == [f"bad/{NPZ}", NPZ]


def test_a_file_damaged_on_the_disk_is_downloaded_again(server, home):
    data.fetch_mnist()
    for name, content in MNIST.items():
        (home / "MNIST" / name).write_bytes(content[:-1])
    assert_arrays(data.fetch_mnist(), DIGITS)
    assert server.asked == 2 * list(MNIST)


def test_two_at_once_both_get_it_right(server, home):
    with ThreadPoolExecutor() as pool:
        for fetched in [pool.submit(data.fetch_mnist) for _ in range(2)]:
            assert_arrays(fetched.result(60), DIGITS)
    assert sorted(tree(home / "MNIST")) == sorted(MNIST)


@pytest.mark.parametrize("fetch", [data.fetch_pneumoniamnist, data.fetch_chest_xray])
def test_a_read_only_home_is_named_but_what_is_in_it_is_read(server, monkeypatch, fetch):
    data.fetch_mnist()  # imports all that another user perhaps cannot read
    with tempfile.TemporaryDirectory() as name:
        home = Path(name, "home")
        home.mkdir()
        Path(name).chmod(0o755)
        monkeypatch.setenv("COURSEKIT_DATA", str(home))
        words = r"home cannot be used \(.*Permission denied.* Set COURSEKIT_DATA to another folder\.$"
        with closed(home, 0o555), pytest.raises(data.DataError, match=words):
            fetch()
        assert list(home.iterdir()) == []
        assert_arrays(data.fetch_pneumoniamnist(), XRAYS)
        with closed(home, 0o555):
            assert_arrays(data.fetch_pneumoniamnist(), XRAYS)
