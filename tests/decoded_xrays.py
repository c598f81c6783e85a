"""What the tests of decoded X-rays have in common: how they are read, what they must be, what is kept of them."""

import os

import numpy as np
import pytest
from small_sets import data_home
from xray_tree import kaggle_tree

from coursekit._xray import image_cache
from coursekit.xray import ChestXrayFolder

SIZE = 48
DECODE = image_cache.decode


@pytest.fixture
def home(tmp_path, monkeypatch):
    return data_home(tmp_path, monkeypatch)


@pytest.fixture
def tree(home, tmp_path):
    return kaggle_tree(tmp_path / "unpacked")


def images(tree, size=SIZE, resize="squash"):
    return ChestXrayFolder(tree).images(size, resize)


def expected(tree, size=SIZE, resize="squash"):
    return np.stack([DECODE(path, size, resize) for path in ChestXrayFolder(tree).paths])


def assert_right(tree, *arguments):
    read = images(tree, *arguments)
    assert (read.dtype, type(read)) == (np.uint8, np.ndarray)
    np.testing.assert_array_equal(read, expected(tree, *arguments))


def kept(home):
    """All files of the cache but its locks."""
    return sorted(path for path in home.rglob("*") if path.is_file() and path.suffix != ".lock")


def touch(path):
    status = path.stat()
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 1_000_000))


def count_decoding(monkeypatch):
    """A list that gets each picture that is decoded, not read from what is kept."""
    paths = []
    monkeypatch.setattr(image_cache, "decode", lambda path, *a: paths.append(path) or DECODE(path, *a))
    return paths
