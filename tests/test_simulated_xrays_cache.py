"""Simulated radiographs are kept on disk: complete and checked, or made anew."""

import functools
import os
import random
import signal
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest
from disks import closed, small_disk
from training import in_new_process, started

from coursekit import xray
from coursekit._xray.array_cache import cached
from coursekit.xray import simulate_chest_xrays

FIELDS = {
    "images": "u1",
    "labels": "i8",
    "lesions": "?",
    "patients": "i8",
    "kinds": "U9",
    "markers": "?",
    "borders": "?",
}


@functools.cache
def right():
    return xray._simulate(8, 32, 0, None)


def films():
    return simulate_chest_xrays(8, size=32)


def assert_right(simulated):
    for name, dtype in FIELDS.items():
        assert getattr(simulated, name).dtype == dtype
        np.testing.assert_array_equal(getattr(simulated, name), right()[name])


def simulate():
    """In a new process."""
    assert_right(films())


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSEKIT_DATA", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def made(monkeypatch):
    """One entry for each time that the films are simulated, not read."""
    right()
    calls, make = [], xray._simulate
    monkeypatch.setattr(xray, "_simulate", lambda *a: calls.append(a) or make(*a))
    return calls


def kept(home):
    """All files in the data home."""
    return [path for path in home.rglob("*") if path.is_file()] if home.exists() else []


def test_the_second_call_reads_what_the_first_one_kept(home, made):
    assert_right(films())
    (file,) = kept(home)
    before = file.stat()
    assert_right(films())
    assert len(made) == 1
    assert (file.stat().st_mtime_ns, file.stat().st_ino) == (before.st_mtime_ns, before.st_ino)


@pytest.mark.parametrize(
    "other", [{"n": 7}, {"size": 33}, {"seed": 1}, {"shortcut": "marker"}, {"shortcut": "border"}, {"shortcut": "size"}]
)
def test_other_arguments_have_a_file_of_their_own(home, made, other):
    films()
    arguments = {"n": 8, "size": 32, "seed": 0, "shortcut": None} | other
    assert simulate_chest_xrays(**arguments).images.shape == (arguments["n"], arguments["size"], arguments["size"])
    assert made == [(8, 32, 0, None), tuple(arguments.values())]
    assert len(kept(home)) == 2


def other_source(name):
    def change(monkeypatch, folder):
        (folder / "changed.py").write_text("BONE = 2\n")
        module = xray if name == "xray" else getattr(xray, name)
        monkeypatch.setattr(module, "__file__", str(folder / "changed.py"))

    return change


def other_package(name):
    return lambda monkeypatch, _: monkeypatch.setattr(
        xray, "version", lambda package: "0.0" if package == name else version(package)
    )


OTHERS = {name: other_source(name) for name in ("anatomy", "radiographs", "film", "ct", "xray")}
OTHERS |= {name: other_package(name) for name in ("numpy", "pillow", "scikit-image", "scipy", "torch")}
OTHERS["CT"] = lambda monkeypatch, _: monkeypatch.setitem(xray.SHA256, "chest_ct.npz", "0" * 64)


@pytest.mark.parametrize("other", OTHERS)
def test_another_simulation_has_a_folder_of_its_own(home, made, monkeypatch, tmp_path, other):
    monkeypatch.setattr(xray, "_simulate", lambda *a: made.append(a) or right())
    films()
    OTHERS[other](monkeypatch, tmp_path)
    films()
    assert len(made) == 2
    assert len({file.parent for file in kept(home)}) == 2


CHANGED = {
    "another shape": lambda arrays: arrays | {"images": arrays["images"][:, :16]},
    "another type": lambda arrays: arrays | {"images": arrays["images"].astype(float)},
    "text as labels": lambda arrays: arrays | {"labels": arrays["labels"].astype(str)},
    "another array": lambda arrays: arrays | {"masks": arrays["lesions"]},
}


@pytest.mark.parametrize("damage", ["cut", "empty", "text", "longer inside", *CHANGED])
def test_a_damaged_file_is_made_anew(home, made, damage):
    films()
    (file,) = kept(home)
    content = file.read_bytes()
    if damage in CHANGED:
        np.savez_compressed(file, **CHANGED[damage](right()))
    else:
        half = len(content) // 2
        damaged = {"cut": content[:half], "empty": b"", "text": b"not found"}
        file.write_bytes(damaged.get(damage, content[:half] + b"0" + content[half:]))
    assert_right(films())
    assert len(made) == 2
    assert_right(films())
    assert len(made) == 2, "the new file is whole"
    assert kept(home) == [file]


def test_a_change_that_makes_numpy_stop_before_the_checksum_is_found(tmp_path):
    file, numbers = tmp_path / "numbers.npz", np.arange(5000)
    np.savez(file, numbers=numbers)
    file.write_bytes(file.read_bytes().replace(b"'<i8'", b"'<i4'"))
    with np.load(file) as archive:
        assert archive["numbers"].shape == numbers.shape
    found = cached(file, {"numbers": (numbers.shape, numbers.dtype)}, lambda: {"numbers": numbers})
    np.testing.assert_array_equal(found["numbers"], numbers)


def test_a_flipped_bit_is_found_or_without_meaning(home, made):
    films()
    (file,) = kept(home)
    content, places = file.read_bytes(), random.Random(0)
    for _ in range(40):
        changed = bytearray(content)
        changed[places.randrange(len(changed))] ^= 1 << places.randrange(8)
        file.write_bytes(changed)
        assert_right(films())
    assert len(made) > 30  # the other bits say when and how the file was made


def test_a_home_that_is_no_folder_does_not_matter(tmp_path, monkeypatch, made):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("COURSEKIT_DATA", str(tmp_path / "file"))
    assert_right(films())
    assert_right(films())
    assert len(made) == 2
    assert (tmp_path / "file").read_text() == ""


@pytest.mark.parametrize("mode", [0o555, 0], ids=["read-only", "locked"])
def test_a_closed_folder_does_not_matter(monkeypatch, made, mode):
    with tempfile.TemporaryDirectory() as name:
        monkeypatch.setenv("COURSEKIT_DATA", name)
        version = xray._version()  # the package itself may lie where the other user cannot read
        monkeypatch.setattr(xray, "_version", lambda: version)
        with closed(Path(name), mode):
            assert_right(films())
            assert_right(films())
        assert os.listdir(name) == []
    assert len(made) == 2


def simulate_on_a_small_disk(home):
    home.mkdir()
    small_disk(home, 4096)
    for _ in range(2):
        assert_right(films())
        assert kept(home) == []


def test_a_full_disk_does_not_matter_and_nothing_is_left(home):
    assert in_new_process(simulate_on_a_small_disk, home) == 0


def test_ctrl_c_while_it_is_written_leaves_nothing(home, monkeypatch):
    def interrupt(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        films()
    assert kept(home) == []


def killed_while_writing():
    os.fsync = lambda file: os.kill(os.getpid(), signal.SIGKILL)
    films()


def test_killed_while_it_is_written_leaves_no_file_of_that_name(home, made):
    assert in_new_process(killed_while_writing) == -signal.SIGKILL
    (left,) = kept(home)
    assert left.suffix != ".npz"
    assert_right(films())
    assert len(made) == 1
    assert len(kept(home)) == 2, "as far as one can tell, another process is still at it"
    os.utime(left, (time.time() - 4000,) * 2)
    (file,) = set(kept(home)) - {left}
    file.write_bytes(b"")
    assert_right(films())
    assert kept(home) == [file]


def test_two_processes_at_once_both_get_them(home):
    with started(simulate) as one, started(simulate) as other:
        for process in (one, other):
            process.join(60)
            assert process.exitcode == 0
    (file,) = kept(home)
    assert file.suffix == ".npz"
