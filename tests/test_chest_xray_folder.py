"""The Kaggle tree of chest X-rays: which files are read, and what their names tell."""

import shutil
import tarfile
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from xray_tree import COLOURED, XRAYS, kaggle_tree

from coursekit.data import DataError
from coursekit.xray import ChestXrayFolder

REAL = Path(__file__).parents[2] / "shared" / "data" / "kermany_train_224.tar"  # beside the project, for measuring


@pytest.fixture
def tree(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSEKIT_DATA", str(tmp_path / "home"))
    (tmp_path / "unpacked").mkdir()
    return kaggle_tree(tmp_path / "unpacked")


@pytest.mark.parametrize("root", [".", "..", "chest_xray"])
def test_everything_else_in_the_tree_is_passed_over(tree, root):
    xrays = ChestXrayFolder(str(tree / root))
    assert [
        path.relative_to(tree.resolve() / ("chest_xray" if root == "chest_xray" else "")) for path in xrays.paths
    ] == [Path(name) for name in XRAYS]
    assert len(xrays) == 12
    assert list(zip(xrays.kinds.tolist(), xrays.patients.tolist(), xrays.groups.tolist(), strict=True)) == list(
        XRAYS.values()
    )
    assert xrays.labels.dtype == np.int64
    assert xrays.labels.tolist() == [kind != "normal" for kind, _, _ in XRAYS.values()]
    assert xrays.parts.tolist() == [name.split("/")[0] for name in XRAYS]
    assert not xrays.as_published
    assert repr(xrays).endswith(
        "train 3 normal, train 2 bacteria, train 2 virus, val 1 normal, val 1 bacteria, test 1 normal, test 2 virus>"
    )


def test_a_part_has_the_same_attributes_and_images(tree):
    xrays = ChestXrayFolder(tree)
    images = xrays.images(32)
    for name, rows in {"train": slice(0, 7), "val": slice(7, 9), "test": slice(9, 12)}.items():
        part = xrays.part(name)
        assert len(part) == len(part.paths) == rows.stop - rows.start
        assert part.paths == xrays.paths[rows]
        for attribute in ("labels", "kinds", "patients", "groups", "parts"):
            np.testing.assert_array_equal(getattr(part, attribute), getattr(xrays, attribute)[rows])
        np.testing.assert_array_equal(part.images(32), images[rows])
        np.testing.assert_array_equal(part.part(name).images(32), images[rows])
        np.testing.assert_array_equal(part.shapes(), xrays.shapes()[rows])
    assert len(xrays) == 12


@pytest.mark.parametrize("name", ["Train", "", None, 0, ["train"]])
def test_there_are_three_parts(tree, name):
    with pytest.raises(ValueError, match=r"^name: expected 'train', 'val' or 'test', got"):
        ChestXrayFolder(tree).part(name)


def test_a_part_may_be_missing(tree):
    shutil.rmtree(tree / "chest_xray")
    shutil.rmtree(tree / "test")
    shutil.rmtree(tree / "val" / "NORMAL")
    shutil.rmtree(tree / "val" / "PNEUMONIA")
    xrays = ChestXrayFolder(tree)
    assert set(xrays.parts) == {"train"}
    for name in ("val", "test"):
        with pytest.raises(DataError, match=rf"has no X-rays in {name}\. .*another part\.$"):
            xrays.part(name)


def test_the_copy_is_read_only_where_the_outer_tree_has_no_xray(tree):
    (tree / "train" / "PNEUMONIA" / "person1_bacteria_1.jpeg").unlink()
    assert len(ChestXrayFolder(tree)) == 11
    for part in ("train", "val", "test"):
        shutil.rmtree(tree / part)
    assert {path.parents[2] for path in ChestXrayFolder(tree).paths} == {tree.resolve() / "chest_xray"}


def test_the_numbers_of_the_published_set_are_known(tmp_path):
    published = {
        "train/NORMAL/IM-{}-0001.jpeg": 1341,
        "train/PNEUMONIA/person{}_bacteria_1.jpeg": 2530,
        "train/PNEUMONIA/person{}_virus_1.jpeg": 1345,
        "val/NORMAL/IM-{}-0001.jpeg": 8,
        "val/PNEUMONIA/person{}_bacteria_1.jpeg": 8,
        "test/NORMAL/IM-{}-0001.jpeg": 234,
        "test/PNEUMONIA/person{}_bacteria_1.jpeg": 242,
        "test/PNEUMONIA/person{}_virus_1.jpeg": 148,
    }
    for start, (name, number) in enumerate(published.items()):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        for index in range(number):
            (tmp_path / name.format(10_000 * start + index)).touch()
    xrays = ChestXrayFolder(tmp_path)
    assert len(xrays) == 5856
    assert xrays.as_published
    assert xrays.part("val").as_published
    xrays.paths[-1].unlink()
    assert not ChestXrayFolder(tmp_path).as_published
    assert not ChestXrayFolder(tmp_path).part("test").as_published
    assert ChestXrayFolder(tmp_path).part("train").as_published


def test_shapes_are_those_of_the_files(tree):
    xrays = ChestXrayFolder(tree)
    assert xrays.shapes().dtype == np.int64
    assert xrays.shapes().tolist() == [[60, 90 + 8 * index] for index in range(12)]
    xrays.paths[3].write_bytes(b"no picture")
    with pytest.raises(DataError, match=r"person1_bacteria_1\.jpeg cannot be read .*call ChestXrayFolder again\.$"):
        xrays.shapes()


def test_colours_become_luminance(tree):
    coloured = Image.open(tree / COLOURED)
    assert coloured.mode == "RGB"
    expected = np.asarray(coloured.convert("L").resize((32, 32), Image.Resampling.BILINEAR), int)
    image = ChestXrayFolder(tree).images(32)[list(XRAYS).index(COLOURED)]
    assert np.abs(image - expected).max() <= 2  # luminance is taken before or after the colours are rounded


@pytest.mark.skipif(not REAL.exists(), reason="the real X-rays are not beside the project")
def test_the_real_train_and_val_have_the_published_numbers(tmp_path):
    with tarfile.open(REAL) as archive:
        archive.extractall(tmp_path, filter="data")
    xrays = ChestXrayFolder(tmp_path)
    assert xrays.as_published
    assert Counter(xrays.parts.tolist()) == {"train": 5216, "val": 16}
    train = xrays.part("train")
    assert Counter(train.kinds.tolist()) == {"normal": 1341, "bacteria": 2530, "virus": 1345}
    assert train.labels.sum() == 3875
    assert xrays.part("val").labels.tolist() == [0] * 8 + [1] * 8
    assert max(Counter(xrays.patients.tolist()).values()) == 30
    kinds = dict(zip(xrays.patients.tolist(), xrays.kinds.tolist(), strict=True))
    assert Counter(kinds.values()) == {"normal": 1219, "bacteria": 1360, "virus": 1090}
    assert len(set(xrays.groups)) == 1642 + 1008
    assert not set(train.patients) & set(xrays.part("val").patients)
