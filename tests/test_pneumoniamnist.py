"""Files in the form of PneumoniaMNIST: with test and without, and errors for all else."""

import tempfile
from pathlib import Path

import numpy as np
import pytest
from disks import closed
from small_sets import XRAYS, assert_arrays, npz

from coursekit.data import DataError
from coursekit.xray import read_pneumoniamnist

REAL = Path(__file__).parents[2] / "shared" / "data" / "pneumoniamnist_train_val.npz"  # beside the project
ADVICE = r"\. Give a file in the form of PneumoniaMNIST, or call fetch_pneumoniamnist\.$"
IMAGES, LABELS = XRAYS["val"]


def save(path, **changes):
    """The official form with changes; None leaves an array out."""
    arrays = {
        f"{part}_{kind}": array
        for part, pair in XRAYS.items()
        for kind, array in zip(("images", "labels"), pair, strict=True)
    }
    np.savez(path, **{name: array for name, array in (arrays | changes).items() if array is not None})
    return path


def test_the_official_form_is_read(tmp_path):
    (tmp_path / "some.npz").write_bytes(npz(XRAYS))
    assert_arrays(read_pneumoniamnist(str(tmp_path / "some.npz")), XRAYS)


def test_without_a_test_there_is_none(tmp_path):
    *both, test = read_pneumoniamnist(save(tmp_path / "two.npz", test_images=None, test_labels=None))
    assert test is None
    assert_arrays(both, {part: XRAYS[part] for part in ("train", "val")})


def test_labels_may_be_flat_and_images_larger(tmp_path):
    larger = np.zeros((4, 64, 64), np.uint8)
    _, val, _ = read_pneumoniamnist(save(tmp_path / "some.npz", val_images=larger, val_labels=LABELS.ravel()))
    assert_arrays([val], {"val": (larger, LABELS)})


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"train_images": None}, "lacks train_images"),
        ({"val_labels": None}, "lacks val_labels"),
        ({"test_images": None}, "lacks test_images"),
        ({"test_labels": None}, "lacks test_labels"),
        ({"val_images": IMAGES / 255}, r"val_images is float64 of shape \(4, 28, 28\), not uint8"),
        ({"val_images": IMAGES[..., None]}, r"val_images is uint8 of shape \(4, 28, 28, 1\), not .*\(n, size, size\)"),
        ({"val_images": IMAGES[:, :20]}, r"val_images is uint8 of shape \(4, 20, 28\)"),
        ({"val_images": IMAGES[:0], "val_labels": LABELS[:0]}, r"val_images is uint8 of shape \(0, 28, 28\)"),
        ({"val_labels": LABELS[:3]}, r"val_labels is uint8 of shape \(3, 1\), not whole numbers of shape \(4, 1\)"),
        ({"val_labels": np.repeat(LABELS, 2, axis=1)}, r"val_labels is uint8 of shape \(4, 2\)"),
        ({"val_labels": LABELS.astype(float)}, "val_labels is float64"),
        ({"val_labels": LABELS + 1}, "val_labels holds others than 0 and 1"),
    ],
)
def test_another_form_is_named(tmp_path, changes, words):
    with pytest.raises(DataError, match=f"some.npz:? {words}.*{ADVICE}"):
        read_pneumoniamnist(save(tmp_path / "some.npz", **changes))


@pytest.mark.parametrize("content", [b"", b"<html>", npz(XRAYS)[:-3000], npz(XRAYS)[100:]])
def test_a_damaged_file_is_named(tmp_path, content):
    (tmp_path / "some.npz").write_bytes(content)
    with pytest.raises(DataError, match=r"some\.npz is damaged or no \.npz file \(.*Download it again, or call fetch"):
        read_pneumoniamnist(tmp_path / "some.npz")


def test_a_single_array_and_pickled_objects_are_no_such_file(tmp_path):
    np.save(tmp_path / "one.npy", IMAGES)
    np.savez(tmp_path / "objects.npz", train_images=np.array([{}]))
    for name in ("one.npy", "objects.npz"):
        with pytest.raises(DataError, match=rf"{name} is damaged or no \.npz file"):
            read_pneumoniamnist(tmp_path / name)


def test_a_missing_file_is_named(tmp_path):
    for path in (tmp_path, tmp_path / "no.npz"):
        with pytest.raises(DataError, match=r"is no file\. Give the path of pneumoniamnist\.npz, or call fetch_\w+\.$"):
            read_pneumoniamnist(path)


@pytest.mark.parametrize(
    ("path", "reason"), [("~nosuchuser/x.npz", "Could not determine home directory"), ("a" * 300, "File name too long")]
)
def test_a_path_that_leads_nowhere_is_named(path, reason):
    with pytest.raises(DataError, match=rf"^{path} (cannot be read \({reason}\)|is no file)\. Give .*, or call fetch_"):
        read_pneumoniamnist(path)


def test_a_closed_folder_is_named():
    with tempfile.TemporaryDirectory() as name:
        save(Path(name) / "some.npz")
        words = r"some\.npz (cannot be read \(Permission denied\)|is no file)\. Give "
        with closed(Path(name)), pytest.raises(DataError, match=words):
            read_pneumoniamnist(Path(name) / "some.npz")


@pytest.mark.skipif(not REAL.exists(), reason="the real X-rays are not beside the project")
def test_the_real_train_and_val_have_the_published_numbers():
    (images, labels), (val_images, val_labels), test = read_pneumoniamnist(REAL)
    assert (images.shape, val_images.shape, test) == ((4708, 28, 28), (524, 28, 28), None)
    assert (labels.sum(), val_labels.sum()) == (3494, 389)
