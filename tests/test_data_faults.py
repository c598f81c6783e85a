"""A damaged, missing or unreadable data file is noticed and named, with the next step to take."""

import hashlib
import shutil
import tempfile
from pathlib import Path

import pytest
from disks import closed

from coursekit import _bundled, data

DATASETS = Path(__file__).parents[1] / "datasets"
LOADERS = {
    "boston_housing.csv": data.load_boston_housing,
    "pima_diabetes.csv": data.load_pima_diabetes,
    "mnist_10k.npz": data.load_mnist_10k,
    "chest_ct.npz": data.load_chest_ct,
}


def test_every_file_has_its_recorded_sum_and_all_are_small():
    assert set(_bundled.SHA256) == set(LOADERS)
    for name, expected in _bundled.SHA256.items():
        assert hashlib.sha256((DATASETS / name).read_bytes()).hexdigest() == expected, name
    assert sum((DATASETS / name).stat().st_size for name in LOADERS) < 13_000_000


@pytest.fixture
def copies(monkeypatch):
    """A copy of the data files, which the loaders read instead; its path. Any user may enter it."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        copied = Path(shutil.copytree(DATASETS, Path(folder) / "datasets"))
        monkeypatch.setattr(_bundled, "__file__", str(Path(folder) / "coursekit" / "_bundled.py"))
        yield copied


def assert_refused(name, word):
    with pytest.raises(data.DataError) as caught:
        LOADERS[name]()
    message = str(caught.value)
    assert name in message
    assert word in message
    assert message.endswith(f"in a clone run `git checkout -- datasets/{name}`, else reinstall coursekit.")


@pytest.mark.parametrize("name", LOADERS)
def test_a_whole_copy_loads_and_one_flipped_bit_is_noticed(copies, name):
    LOADERS[name]()
    content = bytearray((copies / name).read_bytes())
    content[len(content) // 2] ^= 1
    (copies / name).write_bytes(content)
    assert_refused(name, "damaged")


@pytest.mark.parametrize("name", LOADERS)
@pytest.mark.parametrize("eighths", [0, 4, 7])
def test_a_cut_file_is_noticed(copies, name, eighths):
    content = (copies / name).read_bytes()
    (copies / name).write_bytes(content[: len(content) * eighths // 8])
    assert_refused(name, "damaged")
    (copies / name).write_bytes(content[:-1])
    assert_refused(name, "damaged")


@pytest.mark.parametrize("name", LOADERS)
def test_a_missing_file_is_named_with_the_next_step(copies, name):
    (copies / name).unlink()
    assert_refused(name, "missing")


@pytest.mark.parametrize("name", LOADERS)
@pytest.mark.parametrize("locked", ["file", "folder"])
def test_an_unreadable_file_is_named_with_the_next_step(copies, name, locked):
    path = copies / name if locked == "file" else copies
    with closed(path):
        assert_refused(name, "cannot be read (Permission denied)")
