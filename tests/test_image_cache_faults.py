"""X-rays that cannot be kept, processes that are killed or come at once: nothing half-written, and a warning."""

import itertools
import multiprocessing
import os
import signal
import tempfile
import threading
import warnings
from contextlib import nullcontext
from pathlib import Path
from unittest.mock import Mock, patch

import pytest
from decoded_xrays import DECODE, SIZE, assert_right, count_decoding, images, kept, touch
from disks import grow_disk, may_mount, read_only_disk, small_disk
from training import in_new_process, start
from xray_tree import XRAYS, kaggle_tree

from coursekit._xray import image_cache

BYTES = len(XRAYS) * SIZE * SIZE
ADVICE = r"so each start decodes them anew\. Free 0 MB there, or set COURSEKIT_DATA to another folder\.$"
needs_mounts = pytest.mark.skipif(not may_mount(), reason="no disk may be mounted here")


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSEKIT_DATA", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def tree(home, tmp_path):
    return kaggle_tree(tmp_path / "unpacked")


def warned(tree, words):
    with pytest.warns(UserWarning, match=rf"could not be kept in \S+xray-images \({words}\), {ADVICE}") as caught:
        assert_right(tree)
    assert caught[0].filename.endswith("decoded_xrays.py"), "where images() is called"


def on_a_small_disk(tree, home, believed):
    """What seems free at the beginning may be wrong at the end."""
    home.mkdir()
    small_disk(home, 16_384)
    believe = patch.object(image_cache.shutil, "disk_usage", return_value=Mock(free=believed))
    with believe if believed else nullcontext(), pytest.MonkeyPatch.context() as patches:
        decoded = count_decoding(patches)
        warned(tree, "(No space left on device|File too large)")
        assert kept(home) == []
        assert believed or len(decoded) == len(XRAYS), "not in vain before"
    grow_disk(home, 10 * BYTES)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert_right(tree)
    assert len(kept(home)) == 1


def test_a_disk_that_becomes_full_leaves_nothing_and_a_warning(tree, home):
    assert BYTES > 16_384
    assert in_new_process(on_a_small_disk, tree, home, 10**9) == 0


@needs_mounts
def test_a_disk_that_is_too_small_is_seen_before(tree, home):
    assert in_new_process(on_a_small_disk, tree, home, 0) == 0


def on_a_read_only_disk(tree, home):
    read_only_disk(home)
    if kept(home):
        with warnings.catch_warnings(), patch.object(image_cache, "_decoded"):
            warnings.simplefilter("error")
            assert len(images(tree)) == len(XRAYS)
    else:
        warned(tree, "Read-only file system")


@needs_mounts
def test_a_read_only_home_gives_a_warning_but_what_it_keeps_is_read(tree, home):
    home.mkdir()
    assert in_new_process(on_a_read_only_disk, tree, home) == 0
    assert_right(tree)
    assert in_new_process(on_a_read_only_disk, tree, home) == 0


def test_a_home_that_is_no_folder_gives_a_warning(tree, home):
    home.write_text("")
    warned(tree, "File exists|Not a directory")
    assert home.read_text() == ""


def test_a_closed_home_gives_a_warning(tmp_path, monkeypatch):
    user = os.geteuid()
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        tree = kaggle_tree(Path(name) / "unpacked")
        (Path(name) / "home").mkdir(mode=0o555)
        monkeypatch.setenv("COURSEKIT_DATA", str(Path(name) / "home"))
        if not user:
            os.seteuid(65534)
        try:
            warned(tree, "Permission denied")
        finally:
            os.seteuid(user)


def test_a_disk_without_locks_gives_a_warning(tree, home, monkeypatch):
    monkeypatch.setattr("filelock.FileLock.acquire", Mock(side_effect=NotImplementedError("no locks here")))
    warned(tree, "no locks here")


def test_ctrl_c_while_it_is_written_leaves_nothing(tree, home, monkeypatch):
    monkeypatch.setattr(os, "fsync", Mock(side_effect=KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        images(tree)
    assert kept(home) == []


def killed(tree, where):
    """In a new process: before the file has its name."""

    def die(*arguments):
        os.kill(os.getpid(), signal.SIGKILL)

    if where == "decoding":
        count = itertools.count()
        image_cache.decode = lambda *a: die() if next(count) == len(XRAYS) - 1 else DECODE(*a)
    else:
        setattr(os, where, die)
    images(tree)


@pytest.mark.parametrize("where", ["decoding", "fsync", "replace"])
def test_killed_while_caching_leaves_no_file_of_that_name(tree, home, monkeypatch, where):
    assert in_new_process(killed, tree, where) == -signal.SIGKILL
    assert {path.suffix for path in kept(home)} == {".unfinished"}
    touch(tree / "val/NORMAL/NORMAL2-IM-1427-0001.jpeg")  # what is left then has another name, too
    assert_right(tree)
    assert [path.suffix for path in kept(home)] == [".npy"]
    decoded = count_decoding(monkeypatch)
    images(tree)
    assert decoded == []


def read_and_count(tree, log, begun, go, asked):
    """In a new process: say when decoding begins, or when the file is asked for, and write down what is decoded."""
    read, first = image_cache._read, threading.Lock()

    def counted(*arguments):
        with open(log, "ab") as file:
            file.write(b".")
        begun.set()
        assert go.wait(60)
        return DECODE(*arguments)

    def reading(*arguments):
        found = read(*arguments)
        if first.acquire(blocking=False):
            assert found is None  # this process, too, has begun before the file was there
            asked.set()
        return found

    image_cache.decode, image_cache._read = counted, reading
    assert_right(tree)


def test_of_two_processes_at_once_one_decodes(tree, home, tmp_path):
    event = multiprocessing.get_context("forkserver").Event
    begun, go, asked = [event() for _ in range(2)], event(), [event() for _ in range(2)]
    one = start(read_and_count, tree, tmp_path / "log", begun[0], go, asked[0])
    assert begun[0].wait(60)
    other = start(read_and_count, tree, tmp_path / "log", begun[1], go, asked[1])
    assert asked[1].wait(60)
    go.set()
    for process in (one, other):
        process.join(60)
    assert [one.exitcode, other.exitcode] == [0, 0]
    assert (tmp_path / "log").stat().st_size == len(XRAYS)
    assert len(kept(home)) == 1
