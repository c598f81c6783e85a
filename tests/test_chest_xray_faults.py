"""Trees of chest X-rays that cannot be taken as they are: errors that say what to do, and a warning of leaks."""

import shutil
import tempfile
import warnings
from pathlib import Path

import numpy as np
import pytest
from disks import closed
from xray_tree import kaggle_tree, picture

from coursekit.data import DataError
from coursekit.xray import ChestXrayFolder


@pytest.fixture
def tree(tmp_path):
    """Without the second copy."""
    tree = kaggle_tree(tmp_path / "unpacked")
    shutil.rmtree(tree / "chest_xray")
    return tree


def rename(tree, name, other):
    (tree / name).rename(tree / other)


WRONG = {
    "one class only": (
        lambda tree: shutil.rmtree(tree / "test" / "NORMAL"),
        r"/test/NORMAL has no X-rays\. Unpack the archive again, delete test if it shall be empty, or .* folder\.$",
    ),
    "an empty class": (
        lambda tree: (tree / "val" / "PNEUMONIA" / "person1946_bacteria_4874.jpeg").unlink(),
        r"/val/PNEUMONIA has no X-rays\. Unpack",
    ),
    "two empty classes": (
        lambda tree: [path.unlink() for path in (tree / "val").glob("*/*.jpeg")],
        r"/val/NORMAL has no X-rays\. Unpack the archive again, delete val if",
    ),
    "a link to nothing as a class": (
        lambda tree: (shutil.rmtree(tree / "test" / "NORMAL"), (tree / "test" / "NORMAL").symlink_to(tree / "gone")),
        r"/test/NORMAL is a link to nothing\. Mend it, or give another folder\.$",
    ),
    "a part that is a link to itself": (
        lambda tree: (shutil.rmtree(tree / "test"), (tree / "test").symlink_to(tree / "test")),
        r"/test is a link to nothing\. Mend it, or give another folder\.$",
    ),
    "a strange name": (
        lambda tree: rename(tree, "test/NORMAL/IM-0001-0001.jpeg", "test/NORMAL/chest.jpeg"),
        r"/test/NORMAL/chest\.jpeg is not named .*Move it out of the folder, or give it a name such as \S+ or \S+\.$",
    ),
    "a normal one in PNEUMONIA": (
        lambda tree: picture(tree / "test" / "PNEUMONIA" / "IM-0002-0001.jpeg"),
        r"IM-0002-0001\.jpeg is of kind normal by its name, but lies in PNEUMONIA\. Move it to where it belongs\.$",
    ),
    "a virus in NORMAL": (
        lambda tree: picture(tree / "train" / "NORMAL" / "person5_virus_1.jpeg"),
        r"person5_virus_1\.jpeg is of kind virus by its name, but lies in NORMAL\. Move",
    ),
    "copied to val": (
        lambda tree: shutil.copy(tree / "train" / "NORMAL" / "IM-0115-0001.jpeg", tree / "val" / "NORMAL"),
        r"/val/NORMAL/IM-0115-0001\.jpeg is a copy of .*/train/NORMAL/IM-0115-0001\.jpeg: .*Delete one of the two\.$",
    ),
    "copied to val with another ending": (
        lambda tree: shutil.copy(tree / "train/NORMAL/IM-0115-0001.jpeg", tree / "val/NORMAL/IM-0115-0001.JPG"),
        r"/val/NORMAL/IM-0115-0001\.JPG is a copy of .*/train/NORMAL/IM-0115-0001\.jpeg: .*Delete one of the two\.$",
    ),
    "nothing": (shutil.rmtree, r"chest_xray is no folder\. Give the folder that holds chest_xray; unpack an archive"),
    "an archive": (
        lambda tree: (shutil.rmtree(tree), tree.write_bytes(b"PK")),
        r"chest_xray is no folder\. Give the folder that holds chest_xray; unpack an archive first\.$",
    ),
    "other folders": (
        lambda tree: [rename(tree, part, f"{part}ing") for part in ("train", "val", "test")],
        r"holds no X-rays in train/NORMAL, .*Give the folder that holds chest_xray, or that of fetch_chest_xray\(\)\.$",
    ),
}


@pytest.mark.parametrize("fault", WRONG)
def test_a_tree_that_cannot_be_taken_is_named_with_the_next_step(tree, fault):
    spoil, words = WRONG[fault]
    spoil(tree)
    with pytest.raises(DataError, match=words):
        ChestXrayFolder(tree)


def test_another_picture_of_the_same_name_is_no_copy(tree):
    picture(tree / "train" / "NORMAL" / "IM-0115-0001.JPG", seed=99)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(ChestXrayFolder(tree)) == 13


def test_patients_in_two_parts_are_named(tree):
    rename(tree, "train/PNEUMONIA/person1_bacteria_2.JPEG", "test/PNEUMONIA/person1_bacteria_2.JPEG")
    picture(tree / "val" / "NORMAL" / "IM-0115-0009.jpeg", seed=99)
    words = (
        r"^Patients are in more than one part of \S+chest_xray \(2, such as IM-0115\), so that .*"
        r"Join the parts and split them by split_by_patient\.$"
    )
    with pytest.warns(UserWarning, match=words) as caught:
        xrays = ChestXrayFolder(tree)
    assert caught[0].filename == __file__
    assert len(xrays) == 13
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(xrays.part("test")) == 4


def test_a_part_without_folders_is_absent_not_empty(tree):
    for name in ("NORMAL", "PNEUMONIA"):
        shutil.rmtree(tree / "test" / name)
    assert set(ChestXrayFolder(tree).parts) == {"train", "val"}


def test_a_picture_that_is_a_link_is_read_and_one_to_nothing_is_named(tree, tmp_path, monkeypatch):
    monkeypatch.setenv("COURSEKIT_DATA", str(tmp_path / "home"))
    aside, name = tmp_path / "aside.jpeg", tree / "test" / "NORMAL" / "IM-0001-0001.jpeg"
    expected = ChestXrayFolder(tree).shapes()
    name.rename(aside)
    name.symlink_to(aside)
    np.testing.assert_array_equal(ChestXrayFolder(tree).shapes(), expected)
    aside.unlink()
    name.with_suffix(".JPG").symlink_to(aside)  # of the same name, but nobody can tell whether it is a copy
    xrays = ChestXrayFolder(tree)
    assert len(xrays) == 13
    for read in (xrays.shapes, xrays.images):
        with pytest.raises(
            DataError, match=r"IM-0001-0001\.(jpeg|JPG) cannot be read \(.*No such file .*Folder again\.$"
        ):
            read()


@pytest.mark.parametrize("root", [None, 3, "", b"chest_xray", ["chest_xray"]])
def test_the_root_must_be_a_path(root):
    with pytest.raises(TypeError, match=r"^root: expected the path of a folder, got"):
        ChestXrayFolder(root)


def test_the_home_of_nobody_is_named():
    words = r"^~nosuchuser/x cannot be read \(Could not determine home directory\)\. .* or give another folder\.$"
    with pytest.raises(DataError, match=words):
        ChestXrayFolder("~nosuchuser/x")


def test_a_name_that_is_too_long_is_named():
    with pytest.raises(DataError, match=r"a{300} (cannot be read \(File name too long\)|is no folder)\. .*\.$"):
        ChestXrayFolder("a" * 300)


@pytest.mark.parametrize("place", [".", "chest_xray", "chest_xray/train/PNEUMONIA"])
def test_a_closed_folder_is_named(place):
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        kaggle_tree(Path(name))
        words = r"cannot be read \(Permission denied\)\. Get the right to read it, or"
        with closed(Path(name) / place), pytest.raises(DataError, match=words):
            ChestXrayFolder(Path(name) / "chest_xray")
