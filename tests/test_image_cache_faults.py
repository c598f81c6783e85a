"""X-rays that cannot be kept, processes that are killed or come at once: nothing half-written, and a warning."""

import itertools
import multiprocessing
import os
import signal
import tempfile
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path
from unittest.mock import Mock, patch

import decoded_xrays
import numpy as np
import pytest
from decoded_xrays import DECODE, SIZE, assert_right, count_decoding, expected, images, kept, touch
from disks import closed, grow_disk, may_mount, read_only_disk, small_disk
from training import in_new_process, started
from xray_tree import XRAYS, kaggle_tree

from coursekit._xray import image_cache
from coursekit.xray import ChestXrayFolder

BYTES = len(XRAYS) * SIZE * SIZE
ADVICE = r"so each call decodes them anew\. Free 0 MB there, or set COURSEKIT_DATA to another folder\.$"
needs_mounts = pytest.mark.skipif(not may_mount(), reason="no disk may be mounted here")
home, tree = decoded_xrays.home, decoded_xrays.tree


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


def test_where_nothing_can_be_kept_each_part_decodes_its_own_pictures(tree, home, monkeypatch):
    home.write_text("")
    xrays, decoded = ChestXrayFolder(tree), count_decoding(monkeypatch)
    right = expected(tree)
    for name in ("val", "test", "train"):
        with pytest.warns(UserWarning, match="could not be kept"):
            np.testing.assert_array_equal(xrays.part(name).images(SIZE), right[xrays.parts == name])
    assert len(decoded) == len(XRAYS)


def test_a_closed_home_gives_a_warning(tmp_path, monkeypatch):
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        tree = kaggle_tree(Path(name) / "unpacked")
        (Path(name) / "home").mkdir()
        monkeypatch.setenv("COURSEKIT_DATA", str(Path(name) / "home"))
        with closed(Path(name) / "home", 0o555):
            warned(tree, "Permission denied")


def test_a_disk_without_locks_gives_a_warning(tree, home, monkeypatch):
    monkeypatch.setattr("filelock.FileLock.acquire", Mock(side_effect=NotImplementedError("no locks here")))
    warned(tree, "no locks here")


def test_ctrl_c_while_it_is_written_leaves_nothing(tree, home, monkeypatch):
    monkeypatch.setattr(os, "fsync", Mock(side_effect=KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        images(tree)
    assert kept(home) == []


def test_after_ctrl_c_no_more_are_decoded(tree, home, monkeypatch):
    """The error, which a notebook keeps, leads to the place where it happened, so that nothing there ends by itself."""
    first, begun, cancelled = ChestXrayFolder(tree).paths[0], [], threading.Event()

    class Pool(ThreadPoolExecutor):
        def shutdown(self, wait=True, *, cancel_futures=False):
            super().shutdown(wait=False, cancel_futures=cancel_futures)
            if cancel_futures:
                cancelled.set()
            super().shutdown(wait)

    def decode(path, *arguments):
        begun.append(path)
        assert path == first or cancelled.wait(60)
        return DECODE(path, *arguments)

    def interrupted(path, shape, pictures):
        next(pictures)
        raise KeyboardInterrupt

    for name, replacement in (("ThreadPoolExecutor", Pool), ("decode", decode), ("_write", interrupted)):
        monkeypatch.setattr(image_cache, name, replacement)
    try:
        with pytest.raises(KeyboardInterrupt) as caught:
            images(tree)
        assert caught.tb
        assert cancelled.is_set()
        assert len(begun) < len(XRAYS)
    finally:
        cancelled.set()


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
    arguments = [(tree, tmp_path / "log", begun[number], go, asked[number]) for number in range(2)]
    with started(read_and_count, *arguments[0]) as one:
        assert begun[0].wait(60)
        with started(read_and_count, *arguments[1]) as other:
            assert asked[1].wait(60)
            go.set()
            for process in (one, other):
                process.join(60)
                assert process.exitcode == 0
    assert (tmp_path / "log").stat().st_size == len(XRAYS)
    assert len(kept(home)) == 1
