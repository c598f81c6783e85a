"""Downloading MNIST, four packed files, from a server that can fail: afterwards there is a complete set or none."""

import re
import shutil
from concurrent.futures import ThreadPoolExecutor

import pytest
from loopback import FAULTS, running
from small_sets import DIGITS, FILES, PACKED, PLAIN, assert_arrays, data_home, know, names
from torchvision.datasets import MNIST

from coursekit import data, download

THIRD = list(PACKED)[2]  # where the faults are: two files have come well before


@pytest.fixture
def home(tmp_path, monkeypatch):
    return data_home(tmp_path, monkeypatch)


@pytest.fixture
def server(monkeypatch):
    """The only mirror of an MNIST that is the small one."""
    with running(FILES) as server:
        know(server.address, monkeypatch.setitem, monkeypatch.setattr)
        yield server


def assert_right(fetched):
    assert_arrays(fetched, DIGITS)


def assert_fails(home, words=""):
    """And says what to do, and leaves nothing."""
    advice = r"Check the connection, then call fetch_mnist again; or use load_mnist_10k, which needs no network\.$"
    with pytest.raises(
        data.DataError, match=rf"^MNIST could not be downloaded to {home} \(127.*{words}.*\)\. {advice}"
    ):
        data.fetch_mnist()
    assert names(home) == []


def test_it_is_downloaded_once_and_then_read_without_a_server(server, home, capfd):
    assert_right(data.fetch_mnist())
    assert server.asked == list(PACKED)
    assert names(home) == ["MNIST"]
    assert [path.name for path in (home / ".downloading").iterdir()] == ["mnist.lock"]
    assert_right(data.fetch_mnist())
    assert server.asked == list(PACKED)
    assert capfd.readouterr() == ("", "")


def test_torchvision_finds_the_same_files(server, home):
    data.fetch_mnist()
    assert len(MNIST(home, train=False)) == len(DIGITS["t10k"][0])


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_the_server_leaves_nothing_and_the_next_call_gets_the_rest(server, home, fault):
    server.faults[THIRD] = FAULTS[fault]
    assert_fails(home)
    server.faults.clear()
    server.asked.clear()
    assert_right(data.fetch_mnist())
    assert server.asked == list(PACKED)[2:]


def test_without_a_server_it_says_so(server, home):
    server.shutdown()
    server.server_close()
    assert_fails(home, "no connection")


@pytest.mark.parametrize("place", ["file", "file/below"])
def test_a_home_that_cannot_be_a_folder_is_named(server, tmp_path, monkeypatch, place):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("COURSEKIT_DATA", str(tmp_path / place))
    with pytest.raises(
        data.DataError,
        match=rf"^MNIST could not be stored in {tmp_path / place} .*set COURSEKIT_DATA to another folder",
    ):
        data.fetch_mnist()


@pytest.mark.parametrize("damage", ["flipped", "cut", "longer", "deleted"])
@pytest.mark.parametrize("name", PLAIN)
def test_a_file_damaged_on_the_disk_is_named_and_the_advice_helps(server, home, name, damage):
    data.fetch_mnist()
    path, content = home / "MNIST" / "raw" / name, PLAIN[name]
    path.write_bytes(
        {"flipped": content[:-1] + bytes([content[-1] ^ 1]), "cut": content[:-1]}.get(damage, content + b"0")
    )
    if damage == "deleted":
        path.unlink()
    expected = f"{path} is missing or damaged. Delete {home / 'MNIST'}, then call fetch_mnist again."
    with pytest.raises(data.DataError, match=f"^{re.escape(expected)}$"):
        data.fetch_mnist()
    shutil.rmtree(home / "MNIST")
    assert_right(data.fetch_mnist())


def test_a_file_that_unpacks_to_another_is_not_taken(server, home, monkeypatch):
    file = download.REGISTRY["mnist"].files[2]
    monkeypatch.setitem(file.__dict__, "unpacked", "md5:0")
    with pytest.raises(
        data.DataError, match=rf"made/{file.name} is missing or damaged\)\. Check the disk, then call fetch_m"
    ):
        data.fetch_mnist()
    assert names(home) == []


def test_two_threads_at_once_both_get_it_and_one_downloads(server, home):
    with ThreadPoolExecutor() as pool:
        for fetched in [pool.submit(data.fetch_mnist) for _ in range(2)]:
            assert_right(fetched.result(60))
    assert names(home) == ["MNIST"]
    assert server.asked == list(PACKED)


def test_the_real_files_are_those_of_torchvision():
    files = download.REGISTRY["mnist"].files
    assert [f"{file.name.removeprefix('raw/')}.gz" for file in files] == [name for name, _ in MNIST.resources]
    assert all(file.urls[0].startswith(MNIST.mirrors[0]) for file in files)
