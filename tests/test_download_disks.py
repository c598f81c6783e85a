"""Downloads on full and read-only disks, by two processes at once, and by one that is killed: all or nothing."""

import os
import shutil
from contextlib import nullcontext
from unittest.mock import Mock, patch

import kaggle_server
import pytest
from disks import grow_disk, may_mount, read_only_disk, small_disk
from kaggle_server import ARCHIVES, NAME, ask_here, kaggle
from loopback import Gate, HalfSent, send, wait_for_size
from small_sets import FILES, NPZ, TREE, XRAYS, assert_arrays, names, tree
from training import in_new_process, started

from coursekit import data
from coursekit._download import sets

PARTS = {NPZ: f"pneumoniamnist/{NPZ}.part", NAME: f"chest_xray/{NAME}.zip"}  # where they arrive
PIECE = {NPZ: 1 << 14, NAME: 1 << 20}  # what may be lost of them where they are cut
ADVICE = r"Free some space, or set COURSEKIT_DATA to another folder, then call fetch_\w+ again\.$"
needs_mounts = pytest.mark.skipif(not may_mount(), reason="no disk may be mounted here")
each = pytest.mark.parametrize("remote", [NPZ, NAME])
home = kaggle_server.home


@pytest.fixture
def server(home, monkeypatch):
    """A mirror of PneumoniaMNIST, and Kaggle."""
    with kaggle() as server:
        server.files |= FILES | {"knock": b""}
        ask_here(server.address, monkeypatch.setitem, monkeypatch.setattr)
        yield server


def fetch(remote):
    if remote == NPZ:
        return data.fetch_pneumoniamnist()
    return data.fetch_chest_xray()


def assert_right(remote, home):
    fetched = fetch(remote)
    if remote == NPZ:
        assert_arrays(fetched, XRAYS)
        assert names(home) == ["PneumoniaMNIST"]
    else:
        assert fetched == home / "chest_xray"
        assert tree(fetched) == TREE
        assert names(home) == ["chest_xray"]
    assert all(path.suffix == ".lock" for path in (home / ".downloading").iterdir())


def send_no_more(handler, content):
    """A fault: the size of the file is announced, but not a byte of it sent."""
    send(handler, b"", length=len(content))


def on_a_small_disk(address, remote, home, size, free):
    """First where not all fits, then with more space. How much seems free at the beginning may be wrong at the end."""
    home.mkdir()
    small_disk(home, size)
    ask_here(address)
    believe = patch.object(sets.shutil, "disk_usage", return_value=Mock(free=free)) if free else nullcontext()
    words = "(No space left on device|File too large)" if free else r"0\.0 GB must be free"
    with believe, pytest.raises(data.DataError, match=rf"\({words}\)\. {ADVICE}"):
        fetch(remote)
    assert names(home) == []
    grow_disk(home, 4_200_000)  # with what has arrived it is enough
    assert_right(remote, home)


@each
def test_a_disk_that_becomes_full_while_it_arrives(server, home, remote):
    size = {NPZ: 65_536, NAME: 2_500_000}[remote]
    assert in_new_process(on_a_small_disk, server.address, remote, home, size, 10**9) == 0
    assert server.begins[0] == 0
    assert server.begins[-1] > size // 3  # what was there was not asked for again


@needs_mounts
def test_a_disk_that_becomes_full_while_it_is_unpacked_needs_no_second_download(server, home):
    size = len(ARCHIVES[NAME]) + 30_000
    assert sum(map(len, TREE.values())) > 35_000
    answers = iter([send])
    server.faults[NAME] = lambda handler, content: next(answers, send_no_more)(handler, content)
    assert in_new_process(on_a_small_disk, server.address, NAME, home, size, 10**9) == 0
    assert server.begins == [0, 0, 0, 0]  # the client asks for the size, and finds the archive complete
    assert server.asked == ["DownloadDataset", NAME] * 2


@needs_mounts
def test_a_disk_that_is_too_small_is_seen_before_anything_is_asked(server, home):
    assert in_new_process(on_a_small_disk, server.address, NAME, home, 4_000_000, 0) == 0
    assert server.asked == ["DownloadDataset", NAME]


def on_a_read_only_disk(address, remote, home):
    there = names(home) != []
    read_only_disk(home)
    ask_here(address)
    if there:
        assert_right(remote, home)
        return
    with pytest.raises(data.DataError, match=rf"\(Read-only file system\)\. {ADVICE}"):
        fetch(remote)
    assert names(home) == []


@needs_mounts
@each
def test_a_read_only_home_is_named_but_a_set_in_it_is_read(server, home, remote):
    home.mkdir()
    assert in_new_process(on_a_read_only_disk, server.address, remote, home) == 0
    assert server.asked == []
    assert_right(remote, home)
    assert in_new_process(on_a_read_only_disk, server.address, remote, home) == 0


def knock_and_fetch(address, remote, home):
    import requests

    ask_here(address)
    requests.get(f"{address}knock", timeout=60)
    assert_right(remote, home)


@each
def test_killed_while_it_arrives_it_goes_on_from_there(server, home, remote):
    server.faults[remote] = half = HalfSent()
    part, size = home / ".downloading" / PARTS[remote], len(server.files[remote])
    with started(knock_and_fetch, server.address, remote, home):  # and killed at the end of the block
        assert half.sent.wait(60)
        wait_for_size(part, size // 2 - PIECE[remote])
    half.over.set()
    assert names(home) == []
    arrived = part.stat().st_size
    server.faults.clear()
    assert_right(remote, home)
    assert server.begins[-1] == arrived > 0


def killed_while_unpacking(address):
    """When half of the files are there."""
    ask_here(address)
    left = list(TREE)[::2]

    def copy(source, sink, size):
        if not left:
            os.kill(os.getpid(), 9)
        left.pop()
        sink.write(source.read())

    shutil.copyfileobj = copy
    data.fetch_chest_xray()


def test_killed_while_it_is_unpacked_it_needs_no_second_download(server, home):
    assert in_new_process(killed_while_unpacking, server.address) == -9
    assert names(home) == []
    assert 0 < len(tree(home / ".downloading" / "chest_xray" / "made")) < len(TREE)
    server.faults[NAME] = send_no_more
    assert_right(NAME, home)
    assert server.begins == [0, 0, 0, 0]


@each
def test_of_two_processes_at_once_one_downloads(server, home, remote):
    server.faults[remote] = Gate(server, 2)
    fetching = knock_and_fetch, server.address, remote, home
    with started(*fetching) as one, started(*fetching) as other:
        for process in (one, other):
            process.join(60)
            assert process.exitcode == 0
    assert server.asked.count(remote) == 1
