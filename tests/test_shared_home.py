"""One data home for two notebooks that start at once, and for several users, of whom some may not write there."""

import os
import stat
import tempfile
import threading
import warnings
from pathlib import Path
from unittest.mock import patch

import numpy as np
import numpy.testing  # now: another user perhaps cannot read it
import pytest
from kernels import execute, notebook, texts
from PIL import Image
from small_sets import XRAYS as DIGITS
from small_sets import assert_arrays, npz
from training import start
from xray_tree import XRAYS, kaggle_tree

from coursekit import data, xray

SIZE = 48
FIRST = """
import hashlib, os, time
from pathlib import Path
from coursekit import xray
def digest(*arrays):
    return hashlib.sha256(b"".join(a.tobytes() for a in arrays)).hexdigest()
"""
TOGETHER = f"""
def meet(what):
    Path({{own!r}} + what).touch()
    limit = time.monotonic() + 120
    while not Path({{other!r}} + what).exists():
        assert time.monotonic() < limit
        time.sleep(0.001)
meet("simulate")
films = xray.simulate_chest_xrays(8, size=32)
folder = xray.ChestXrayFolder({{tree!r}})
meet("decode")
pictures = folder.images({SIZE})
print(digest(*films, films.kinds), digest(pictures))
"""


def files(home):
    """All files below a folder but the locks: path -> when and with which number it was made."""
    found = {path: path.stat() for path in home.rglob("*") if path.is_file() and path.suffix != ".lock"}
    return {path: (status.st_mtime_ns, status.st_ino) for path, status in found.items()}


def test_two_notebooks_that_begin_in_one_fresh_home_get_the_same(tmp_path):
    tree, home = kaggle_tree(tmp_path / "unpacked"), tmp_path / "home"
    signs = [str(tmp_path / f"ready {number}") for number in range(2)]
    books = [
        notebook(FIRST, TOGETHER.format(own=own, other=other, tree=str(tree)))
        for own, other in zip(signs, signs[::-1], strict=True)
    ]
    environment = {"COURSEKIT_DATA": str(home), "IPYTHONDIR": str(tmp_path / "ipython")}
    threads = [threading.Thread(target=execute, args=(book, tmp_path, environment)) for book in books]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(300)
    first, second = (texts(book.cells[-1]) for book in books)
    assert first == second
    assert first[1] == "", "no warning"
    assert {path.suffix for path in files(home)} == {".npz", ".npy"}
    assert len(files(home)) == 2
    with patch.object(xray, "_simulate", side_effect=AssertionError("it is there")), pytest.MonkeyPatch.context() as m:
        m.setenv("COURSEKIT_DATA", str(home))
        assert f"{digest_here(tree)}\n" == first[0]


def digest_here(tree):
    scope = {}
    exec(FIRST, scope)
    films = xray.simulate_chest_xrays(8, size=32)
    pictures = xray.ChestXrayFolder(tree).images(SIZE)
    return f"{scope['digest'](*films, films.kinds)} {scope['digest'](pictures)}"


@pytest.fixture
def shared(monkeypatch):
    """A folder that every user may enter, with the tree of X-rays, and a data home that one of them has filled."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        kaggle_tree(folder / "unpacked")
        home = folder / "home"
        monkeypatch.setenv("COURSEKIT_DATA", str(home))
        (home / "PneumoniaMNIST").mkdir(parents=True)
        (home / "PneumoniaMNIST" / "pneumoniamnist.npz").write_bytes(npz(DIGITS))
        xray.simulate_chest_xrays(8, size=32)
        xray.ChestXrayFolder(folder / "unpacked").images(SIZE)
        yield folder
        for path in (home, *home.rglob("*")):
            path.chmod(path.stat().st_mode | stat.S_IRWXU)


def become(user):
    """Another user for the rest of this process, if that is allowed, who perhaps cannot read Python or the package."""
    version = xray._version()
    xray._version = lambda: version
    Image.init()  # loads the readers of all formats while it can
    if not os.geteuid():
        os.setgid(user)
        os.setuid(user)


def use(folder, user):
    """All that the home holds is read by another user, who makes nothing anew."""
    xray.simulate_chest_xrays(8, size=32)
    xray.ChestXrayFolder(folder / "unpacked").images(SIZE)
    become(user)
    made = patch.object(xray, "_simulate", side_effect=AssertionError("it is there"))
    decoded = patch("PIL.Image.Image.convert", side_effect=AssertionError("it is there"))
    with warnings.catch_warnings(), made, decoded:
        warnings.simplefilter("error")
        films = xray.simulate_chest_xrays(8, size=32)
        assert films.images.shape == (8, 32, 32)
        assert len(xray.ChestXrayFolder(folder / "unpacked").images(SIZE)) == len(XRAYS)
        assert_arrays(xray.read_pneumoniamnist(data.data_home() / "PneumoniaMNIST" / "pneumoniamnist.npz"), DIGITS)


def use_more(folder, user, own):
    """What the home does not hold is made anew, each time, with a word about it where it takes long."""
    os.environ["COURSEKIT_DATA"] = str(own)
    expected = xray.simulate_chest_xrays(4, size=32, seed=5).images
    os.environ["COURSEKIT_DATA"] = str(folder / "home")
    use(folder, user)
    if os.geteuid():
        np.testing.assert_array_equal(xray.simulate_chest_xrays(4, size=32, seed=5).images, expected)
        with pytest.warns(UserWarning, match=r"could not be kept in .* \(Permission denied\).* set COURSEKIT"):
            assert len(xray.ChestXrayFolder(folder / "unpacked").images(SIZE + 1)) == len(XRAYS)


def test_several_users_share_a_home_that_they_cannot_write(shared, tmp_path):
    before = files(shared / "home")
    for path in (shared / "home", *(shared / "home").rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    processes = [start(use, shared, 65533), start(use_more, shared, 65534, tmp_path)]
    for process in processes:
        process.join(300)
    assert [process.exitcode for process in processes] == [0, 0]
    assert files(shared / "home") == before
