"""Chest X-rays in folders: what is read and what is named, how they are decoded and kept, the split by patient."""

import hashlib
import os
import shutil
import tempfile
import warnings
from collections import Counter
from pathlib import Path

import numpy as np
import pandas
import pytest
from disks import closed
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from xray_tree import XRAYS, kaggle_tree, picture, texture

from coursekit import xray
from coursekit.errors import DataError
from coursekit.xray import ChestXrayFolder, patient_id, split_by_patient

SIZE = 48


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    return kaggle_tree(tmp_path_factory.mktemp("unpacked"))


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSEKIT_DATA", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def tree(unpacked, tmp_path):
    """The archive's chest_xray without the second copy, for a test that may change it."""
    return shutil.copytree(unpacked, tmp_path / "chest_xray", ignore=shutil.ignore_patterns("chest_xray"))


@pytest.fixture
def decoded(monkeypatch):
    """A list that gets each picture that is decoded, not read from what is kept."""
    paths, decode = [], xray.decode
    monkeypatch.setattr(xray, "decode", lambda path, *a: paths.append(path) or decode(path, *a))
    return paths


def quiet(root):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return ChestXrayFolder(root)


@pytest.mark.parametrize(
    ("name", "patient"),
    [(path.rpartition("/")[2], patient) for path, (_, patient, _) in XRAYS.items()]
    + [("NORMAL-1049278-0001.jpeg", "1049278"), ("BACTERIA-306-0002.tif", "306"), ("VIRUS-306-0009.bmp", "306")],
)
def test_the_name_tells_the_patient(name, patient):
    assert patient_id(name) == patient_id(Path("chest_xray") / "train" / name) == patient


@pytest.mark.parametrize(
    "name",
    [
        *("person1.jpeg", "person_bacteria_1.jpeg", "person1_fungus_1.jpeg", "IM-0115", "IM-0115.jpeg", "CNV-1-1.jpeg"),
        *("._person1_bacteria_1.jpeg", "person1_bacteria_1.jpeg.txt", "person1_bacteria_1 (1).jpeg"),
    ],
)
def test_another_name_tells_no_patient(name):
    with pytest.raises(ValueError, match=r"^filename must be a name like person1_bacteria_2\.jpeg, .*, got '"):
        patient_id(name)


@pytest.mark.parametrize("root", [".", "..", "chest_xray"])
def test_copy_shadows_and_litter_in_the_archive_are_passed_over(unpacked, root):
    xrays = quiet(str(unpacked / root))
    inner = "chest_xray" if root == "chest_xray" else "."
    assert xrays.paths == [unpacked / inner / name for name in XRAYS]
    known = zip(xrays.kinds.tolist(), xrays.patients.tolist(), xrays.groups.tolist(), strict=True)
    assert list(known) == list(XRAYS.values())
    assert xrays.labels.dtype == np.int64
    assert xrays.labels.tolist() == [kind != "normal" for kind, _, _ in XRAYS.values()]
    assert xrays.parts.tolist() == [name.split("/")[0] for name in XRAYS]
    assert xrays.shapes().dtype == np.int64
    assert xrays.shapes().tolist() == [[60, 90 + 8 * index] for index in range(12)]
    assert xrays.unused == []


def test_spelling_of_folders_and_format_of_pictures_do_not_matter(tree):
    for old, new in {
        "train/NORMAL": "train/normal",
        "train/PNEUMONIA": "train/Pneumonia ",
        "train": "Training",
        "val": " valid",
        "test/NORMAL": "test/Normal",
        "test": "TEST",
    }.items():
        (tree / old).rename(tree / new)
    for seed, ending in enumerate(("tif", "TIFF", "bmp", "png"), 50):
        picture(tree / "Training" / "normal" / f"NORMAL-{seed}-0001.{ending}", seed=seed)
    xrays = quiet(tree)
    assert Counter(zip(xrays.parts.tolist(), xrays.kinds.tolist(), strict=True)) == {
        **{("train", "normal"): 7, ("train", "bacteria"): 2, ("train", "virus"): 2},
        **{("val", "normal"): 1, ("val", "bacteria"): 1, ("test", "normal"): 1, ("test", "virus"): 2},
    }
    png = [path.suffix for path in xrays.paths].index(".png")
    np.testing.assert_array_equal(xray.decode(xrays.paths[png], 60, "crop"), texture(60, 90, 53)[:, 15:75])


def test_what_is_not_read_is_counted_and_named(tree):
    for name in ("a.jpeg", "b.jpeg", "c.jpeg"):
        picture(tree / "train" / "COVID" / name)
    picture(tree / "train" / "NORMAL" / "more" / "IM-9000-0001.jpeg")  # one folder too deep
    (tree / "test" / "PNEUMONIA" / "1.dcm").write_bytes(b"")
    (tree / "labels.csv").write_text("")
    with pytest.warns(UserWarning, match="Not used") as caught:
        xrays = ChestXrayFolder(tree)
    message = str(caught[0].message)
    assert message.startswith(f"Not used: 6 file(s) below {tree}: 3 in train/COVID, ")
    assert ", such as labels.csv. .csv is a table, perhaps of labels" in message
    assert " .dcm is DICOM: save each film as an 8-bit PNG" in message
    assert caught[0].filename == __file__
    assert (len(xrays.paths), len(xrays.unused)) == (12, 6)


def test_of_the_second_copy_only_what_the_first_lacks_is_named(unpacked, tmp_path):
    whole = shutil.copytree(unpacked, tmp_path / "chest_xray")
    (whole / "train" / "PNEUMONIA" / "person1_bacteria_1.jpeg").unlink()
    with pytest.warns(UserWarning, match=r"^Not used: 1 file.* below .*: 1 in chest_xray/train/PNEUMONIA, such as p"):
        assert len(ChestXrayFolder(whole).paths) == 11
    for part in ("train", "val", "test"):
        shutil.rmtree(whole / part)
    assert {path.parents[2] for path in quiet(whole).paths} == {whole / "chest_xray"}


WRONG = {
    "one class only": (lambda tree: shutil.rmtree(tree / "test/NORMAL"), r"test lacks a class of films\. Unpack it"),
    "a strange name": (
        lambda tree: (tree / "test/NORMAL/IM-0001-0001.jpeg").rename(tree / "test/NORMAL/chest.jpeg"),
        r"/test/NORMAL/chest\.jpeg is no normal film by its name; names are like person1_bacteria_2.*\. Move it\.$",
    ),
    "misplaced": (
        lambda tree: picture(tree / "val/PNEUMONIA/IM-2-1.png"),
        r"IM-2-1\.png is no pneumonia film by its n",
    ),
    "nothing": (shutil.rmtree, r"chest_xray is no folder\. Give the one that holds train, val and test; "),
    "no parts": (
        lambda tree: (
            [shutil.rmtree(tree / part) for part in ("val", "test")]
            + [(tree / "train" / name).rename(tree / name) for name in ("NORMAL", "PNEUMONIA")]
        ),
        r"holds no films in train/NORMAL, .*, but 7 file.* below .*: 4 in PNEUMONIA, 3 in NORMAL, such as ",
    ),
}


@pytest.mark.parametrize("fault", WRONG)
def test_a_tree_that_cannot_be_taken_is_named_with_the_next_step(tree, fault):
    spoil, words = WRONG[fault]
    spoil(tree)
    with pytest.raises(DataError, match=words):
        ChestXrayFolder(tree)


@pytest.mark.parametrize(
    ("files", "words"),
    {
        "NIH": (["Data_Entry_2017.csv", "images/0001_000.png"], r"2 file.*\.csv is a table, .* NIH, CheXpert and"),
        "CheXpert": (["train.csv", "train/patient1/study1/view1_frontal.jpg"], r"\.csv is a table, .*sort the films"),
        "RSNA": (["stage_2_train_labels.csv", "stage_2/0004.dcm"], r"\.csv is .* \.dcm is DICOM: save each"),
        "NIfTI": (["imagesTr/lung_001.nii.gz"], r"1 file.*\.nii is NIfTI, which holds CT and MR: not radiographs"),
        "zip": (["chest-xray-pneumonia.zip"], r"\.zip is an archive: unpack it first"),
        "nothing": ([], r"but 0 file\(s\) below .*: nothing\. Give the folder"),
    }.values(),
)
def test_what_the_course_does_not_take_is_told_what_it_is(tmp_path, files, words):
    for name in files:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    with pytest.raises(DataError, match=words):
        ChestXrayFolder(tmp_path)
    if len(files) == 1:  # the file itself
        with pytest.raises(DataError, match=rf"{files[0]} is no folder\. .*; unpack an archive\.$"):
            ChestXrayFolder(tmp_path / files[0])


def test_a_closed_folder_is_named():
    with tempfile.TemporaryDirectory() as name:  # of pytest's own folders nobody else may enter any
        Path(name).chmod(0o755)
        tree = kaggle_tree(Path(name))
        words = r"PNEUMONIA cannot be read \(Permission denied\)\. Give a folder that you may read\.$"
        with closed(tree / "train" / "PNEUMONIA"), pytest.raises(DataError, match=words):
            ChestXrayFolder(tree)


def test_patients_in_two_parts_are_named_also_a_film_that_was_copied(tree):
    (tree / "train/PNEUMONIA/person1_bacteria_2.JPEG").rename(tree / "test/PNEUMONIA/person1_bacteria_2.JPEG")
    shutil.copy(tree / "train" / "NORMAL" / "IM-0115-0001.jpeg", tree / "val" / "NORMAL")
    with pytest.warns(UserWarning, match=r"^Patients are in two parts, such as IM-0115: use split_by_p") as caught:
        ChestXrayFolder(tree)
    assert caught[0].filename == __file__


@pytest.mark.parametrize("shape", [(60, 90), (1003, 1301), (20, 30)])
@pytest.mark.parametrize("mode", ["L", "RGB"])
@pytest.mark.parametrize("size", [8, 64])
def test_a_picture_is_that_of_pillow_at_full_resolution(tmp_path, shape, mode, size):
    path = tmp_path / "xray.jpeg"
    Image.fromarray(texture(*shape)).convert(mode).save(path, quality=95)
    whole = Image.open(path).convert("L")
    side, (width, height) = min(whole.size), whole.size
    middle = ((width - side) / 2, (height - side) / 2, (width + side) / 2, (height + side) / 2)
    for resize, box in (("squash", None), ("crop", middle)):
        right = np.asarray(whole.resize((size, size), Image.Resampling.BILINEAR, box), int)
        # JPEG's own reduction averages a little differently.
        assert np.abs(xray.decode(path, size, resize) - right).max() <= 4


def test_crop_keeps_proportions_and_squash_shows_all(tmp_path):
    wide = np.zeros((40, 80), np.uint8)
    wide[:, 20:40] = 255  # the left half of the square in the middle
    for turn in (np.asarray, np.transpose):
        Image.fromarray(turn(wide)).save(tmp_path / "film.png")
        crop, squash = (turn(xray.decode(tmp_path / "film.png", 40, resize)) for resize in ("crop", "squash"))
        np.testing.assert_array_equal(crop, wide[:, 20:60])
        assert (squash[:, 11:19] == 255).all()
        assert not squash[:, [*range(9), *range(21, 40)]].any()


@pytest.mark.parametrize("mode", ["P", "1", "LA", "RGBA", "CMYK"])
def test_other_modes_become_grey(tmp_path, mode):
    path = tmp_path / f"xray.{'jpeg' if mode == 'CMYK' else 'png'}"
    Image.fromarray(texture(60, 60)).convert(mode).save(path)
    right = np.asarray(Image.open(path).convert("L"), int)
    assert np.abs(xray.decode(path, 60, "squash") - right).max() <= 1


def test_whoever_changes_the_decoding_raises_the_version(tmp_path):
    rows, columns = np.mgrid[:90, :70]
    Image.fromarray(((rows * rows + 7 * columns) % 256).astype(np.uint8)).save(tmp_path / "film.png")
    pictures = b"".join(xray.decode(tmp_path / "film.png", 40, resize).tobytes() for resize in ("squash", "crop"))
    known = (1, "6638ac13154bfd76")
    assert (xray.VERSION, hashlib.sha256(pictures).hexdigest()[:16]) == known, (
        "The pictures have changed: raise VERSION, so that nobody reads those kept before, and write both down here."
    )


def cut(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


BAD = {
    "cut": (cut, r"\(.*truncated.*\)\. Replace it"),
    "empty": (lambda path: path.write_bytes(b""), "cannot identify image file"),
    "gone": (lambda path: path.unlink(), "No such file"),
    "16 bits": (lambda path: Image.new("I;16", (9, 9), 3599).save(path, "PNG"), "it has more than 8 bits: choose"),
}


@pytest.mark.parametrize("bad", BAD)
def test_a_bad_picture_is_named_and_nothing_is_kept(tree, home, bad):
    xrays, (spoil, words) = quiet(tree), BAD[bad]
    spoil(tree / "test" / "PNEUMONIA" / "person10_virus_35.jpeg")
    with pytest.raises(DataError, match=rf"person10_virus_35\.jpeg cannot be read .*{words}"):
        xrays.images(SIZE)
    assert not list(home.rglob("*.npz"))
    if bad != "cut":  # the size stands at the beginning of a file
        with pytest.raises(DataError, match=rf"person10_virus_35\.jpeg cannot be read .*{words}"):
            xrays.shapes()


def test_the_second_call_reads_what_the_first_one_kept(unpacked, home, decoded):
    first = ChestXrayFolder(unpacked).images(SIZE)
    assert (first.dtype, first.shape) == (np.uint8, (12, SIZE, SIZE))
    right = [xray.decode(unpacked / name, SIZE, "squash") for name in XRAYS]
    assert len(decoded) == 24, "12 of them by this test"
    np.testing.assert_array_equal(first, right)
    first[:] = 0  # changes nothing but the array
    np.testing.assert_array_equal(ChestXrayFolder(unpacked / "..").images(SIZE), right)
    assert len(decoded) == 24
    with pytest.raises(ValueError, match=r"^size must be at most 1024, got 2000"):
        ChestXrayFolder(unpacked).images(2000)
    with pytest.raises(ValueError, match=r"^resize must be 'squash' or 'crop', got 'stretch'"):
        ChestXrayFolder(unpacked).images(SIZE, "stretch")


def test_sizes_ways_trees_and_versions_are_not_mixed_up(tree, home, decoded, tmp_path, monkeypatch):
    other = shutil.copytree(tree, tmp_path / "other")
    picture(other / "val/NORMAL/NORMAL2-IM-1427-0001.jpeg", seed=50)
    variants = [(tree, SIZE, "squash"), (tree, SIZE, "crop"), (tree, 32, "squash"), (other, SIZE, "squash")]
    pictures = [quiet(root).images(size, resize) for root, size, resize in variants]
    assert len({array.tobytes() for array in pictures}) == 4
    decoded.clear()
    for (root, size, resize), right in zip(variants, pictures, strict=True):
        np.testing.assert_array_equal(quiet(root).images(size, resize), right)
    assert decoded == []
    monkeypatch.setattr(xray, "VERSION", xray.VERSION + 1)
    quiet(tree).images(SIZE)
    assert len(decoded) == 12


CHANGES = {
    "content": lambda tree: picture(tree / "val/NORMAL/NORMAL2-IM-1427-0001.jpeg", seed=50),
    "time": lambda tree: os.utime(tree / "val/NORMAL/NORMAL2-IM-1427-0001.jpeg", (1, 1)),
    "added": lambda tree: picture(tree / "val/NORMAL/NORMAL2-IM-1428-0001.jpeg"),
    "renamed": lambda tree: (tree / "test/NORMAL/IM-0001-0001.jpeg").rename(tree / "test/NORMAL/IM-0002-0001.jpeg"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_source_is_decoded_anew_in_place_of_the_old(tree, home, decoded, change):
    quiet(tree).images(SIZE)
    CHANGES[change](tree)
    decoded.clear()
    xrays = quiet(tree)
    images = xrays.images(SIZE)
    assert len(decoded) == len(xrays.paths)
    np.testing.assert_array_equal(images, [xray.decode(path, SIZE, "squash") for path in xrays.paths])
    assert len(list(home.rglob("*.npz"))) == 1


SHARES = st.lists(st.integers(1, 9), min_size=2, max_size=4).map(lambda parts: [n / sum(parts) for n in parts])


@st.composite
def possible(draw):
    """Patients with one label each, enough for the parts, in any order of rows."""
    shares = draw(SHARES)
    labels = [label for label in range(draw(st.integers(1, 3))) for _ in range(draw(st.integers(len(shares), 12)))]
    sizes = draw(st.lists(st.integers(1, 30), min_size=len(labels), max_size=len(labels)))
    patients, labels = np.repeat(np.arange(len(sizes)), sizes), np.repeat(labels, sizes)
    order = draw(st.randoms(use_true_random=False)).sample(range(len(patients)), len(patients))
    return patients[order], labels[order], shares


def assert_a_split(parts, patients, labels, shares):
    assert len(parts) == len(shares)
    np.testing.assert_array_equal(np.sort(np.concatenate(parts)), np.arange(len(patients)))
    for part in parts:
        assert part.dtype == np.int64
        assert (np.diff(part) > 0).all()
        assert set(labels[part]) == set(labels)
    assert sum(len(set(patients[part])) for part in parts) == len(set(patients)), "somebody is in two parts"


@given(possible(), st.integers(0, 2**40))
def test_nobody_is_in_two_parts_and_each_part_has_its_share_of_each_label(case, seed):
    patients, labels, shares = case
    parts = split_by_patient(patients, labels, shares, seed)
    assert_a_split(parts, patients, labels, shares)
    most = max(Counter(patients.tolist()).values())
    # A part that is less full than the others gets one patient more, and only then. All others may have done so.
    for label in set(labels):
        for part, share in zip(parts, shares, strict=True):
            excess = (labels[part] == label).sum() - share * (labels == label).sum()
            assert -(len(shares) - 1) * most - 1e-9 <= excess <= most + 1e-9
    names = split_by_patient([f"IM-{n:04}" for n in patients], labels.astype(str), tuple(shares), seed)
    for part, same in zip(parts, names, strict=True):
        np.testing.assert_array_equal(part, same)


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 1)), min_size=1, max_size=60), SHARES)
def test_patients_with_several_labels_are_split_or_refused(pairs, shares):
    patients, labels = np.array(pairs).T
    if min(len(set(patients[labels == label])) for label in set(labels)) >= len(shares):
        assert_a_split(split_by_patient(patients, labels, shares), patients, labels, shares)
    else:
        with pytest.raises(ValueError, match=rf"^patients: \d+ with the label \d cannot be in {len(shares)} parts$"):
            split_by_patient(patients, labels, shares)


def test_everybody_has_the_same_chance_to_be_in_the_test():
    sizes = [30, 20, 10, 5] + [1, 2] * 150
    patients = np.repeat(np.arange(len(sizes)), sizes)
    labels = np.repeat([number % 3 == 0 for number in range(len(sizes))], sizes)
    tests = [split_by_patient(patients, labels, seed=seed)[1] for seed in range(150)]
    drawn = Counter(patient for test in tests for patient in set(patients[test].tolist()))
    share = np.array([drawn[number] / 150 for number in range(len(sizes))])
    assert abs(share - 0.2).max() < 0.14  # of 304 shares with a standard deviation of 0.033
    assert len({tuple(test) for test in tests}) == 150


def test_columns_of_pandas_do_and_impossible_splits_are_named():
    train, test = split_by_patient(pandas.Series([f"person{n}_virus" for n in range(10)]), pandas.Series([0, 1] * 5))
    assert sorted([*train, *test]) == list(range(10))
    with pytest.raises(ValueError, match=r"^patients: found no way to give each of the 2 parts a patient with every"):
        split_by_patient([0, 0, 1, 1, 2, 2], [0, 1, 1, 2, 2, 0], (0.5, 0.5))  # two of three never have all labels
