"""The bundled data sets: known tables, real digits, CT in Hounsfield units; damaged files and those of another form."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from small_sets import XRAYS, assert_arrays, npz

from coursekit import data

DATASETS = Path(__file__).parents[1] / "datasets"
LOADERS = (data.load_boston_housing, data.load_pima_diabetes, data.load_mnist_10k, data.load_chest_ct)
BOSTON = ["CRIM", "ZN", "INDUS", "CHAS", "NOX", "RM", "AGE", "DIS", "RAD", "TAX", "PTRATIO", "B", "LSTAT", "MEDV"]
PIMA = ["Pregnancies", "Glucose", "BloodPressure", "SkinThickness", "Insulin", "BMI"]
PIMA += ["DiabetesPedigreeFunction", "Age", "Outcome"]


def test_boston_housing_is_the_known_table():
    table = data.load_boston_housing()
    assert table.shape == (506, 14)
    assert list(table.columns) == BOSTON
    assert not table.isna().any(axis=None)
    assert table.MEDV.between(5, 50).all()
    assert (table.MEDV == 50).sum() == 16
    assert table.CHAS.value_counts().to_dict() == {0: 471, 1: 35}
    assert round(table.MEDV.mean(), 2) == 22.53
    places = data.load_boston_housing(geo=True)
    assert list(places.columns) == ["TOWN", "LON", "LAT", *BOSTON]
    assert places.TOWN.nunique() == 92
    assert places.LON.between(-71.4, -70.8).all()
    assert places.LAT.between(42.0, 42.4).all()
    assert places[BOSTON].equals(table)


def test_pima_diabetes_is_the_known_table():
    table = data.load_pima_diabetes()
    assert table.shape == (768, 9)
    assert list(table.columns) == PIMA
    assert not table.isna().any(axis=None)
    assert table.Outcome.value_counts().to_dict() == {0: 500, 1: 268}
    assert (table[PIMA[1:6]] == 0).sum().tolist() == [5, 35, 227, 374, 11]
    assert table.Age.between(21, 81).all()
    assert table.Glucose.max() == 199


def test_mnist_has_10000_digits_of_ink_on_paper_with_their_labels():
    from sklearn.neighbors import KNeighborsClassifier

    images, labels = data.load_mnist_10k()
    assert (images.shape, images.dtype, images.min(), images.max()) == ((10000, 28, 28), np.uint8, 0, 255)
    assert (labels.shape, labels.dtype) == ((10000,), np.int64)
    assert [count > 800 for count in np.bincount(labels)] == 10 * [True]
    pixels = images.reshape(10000, -1)
    assert len(np.unique(pixels, axis=0)) > 9990
    assert images[:, 0].mean() < 1 < 30 < images.mean()  # dark border, ink in the middle
    assert np.mean(labels[1:] == labels[:-1]) < 0.15  # shuffled
    assert KNeighborsClassifier().fit(pixels[:4000], labels[:4000]).score(pixels[4000:5000], labels[4000:5000]) > 0.9


def test_chest_ct_is_two_patients_in_hounsfield_units():
    volumes = data.load_chest_ct()
    assert [volume.patient for volume in volumes] == [1, 2]
    assert [volume.hu.shape for volume in volumes] == [(48, 256, 256), (61, 256, 256)]
    for volume in volumes:
        assert volume.hu.dtype == np.int16
        assert -1100 <= volume.hu.min() <= -950  # air
        assert 1000 <= volume.hu.max() <= 4000  # bone, metal
        centre = volume.hu[:, 64:192, 64:192]
        assert 0.1 < np.mean(centre < -600) < 0.8  # lung
        assert 0.1 < np.mean((centre > 0) & (centre < 120)) < 0.8  # soft tissue
        assert all(type(side) is float for side in volume.spacing_mm)
        slices, rows, columns = volume.spacing_mm
        assert slices == pytest.approx(5, abs=0.5)
        assert rows == pytest.approx(columns)
    assert sorted(round(volume.spacing_mm[1], 2) for volume in volumes) == [1.14, 1.25]


@pytest.mark.parametrize(("load", "name"), list(zip(LOADERS, data.BUNDLED, strict=True)))
def test_a_damaged_or_missing_file_is_named_with_the_next_step(tmp_path, monkeypatch, load, name):
    monkeypatch.setattr(data, "__file__", str(tmp_path / "coursekit" / "data.py"))
    path = tmp_path / "datasets" / name
    shutil.copytree(DATASETS, path.parent)
    load()
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    for damaged, word in ((content, "damaged"), (content[:-1], "damaged"), (None, "missing")):
        path.unlink() if damaged is None else path.write_bytes(damaged)
        with pytest.raises(data.DataError, match=rf"{name} is {word}\. .*`git checkout -- datasets/{name}`, else "):
            load()


def save(path, **changes):
    """The form of PneumoniaMNIST with changes; None leaves an array out."""
    arrays = {f"{part}_images": images for part, (images, _) in XRAYS.items()}
    arrays |= {f"{part}_labels": labels for part, (_, labels) in XRAYS.items()}
    np.savez(path, **{name: array for name, array in (arrays | changes).items() if array is not None})
    return path


def test_a_file_in_the_form_of_pneumoniamnist_is_read_with_a_test_and_without(tmp_path):
    assert_arrays(data.read_pneumoniamnist(str(save(tmp_path / "three.npz"))), XRAYS)
    *both, test = data.read_pneumoniamnist(save(tmp_path / "two.npz", test_images=None, test_labels=None))
    assert test is None
    assert_arrays(both, {part: XRAYS[part] for part in ("train", "val")})
    larger, flat = np.zeros((4, 64, 64), np.uint8), XRAYS["val"][1].ravel()
    _, val, _ = data.read_pneumoniamnist(save(tmp_path / "larger.npz", val_images=larger, val_labels=flat))
    assert_arrays([val], {"val": (larger, flat)})


IMAGES, LABELS = XRAYS["val"]
OTHER_FORMS = [  # changes, the complaint
    ({"train_images": None}, "got train_images float64"),
    ({"val_labels": None}, "got .* val_labels float64"),
    ({"val_images": IMAGES[..., None]}, r"got val_images uint8 \(4, 28, 28, 1\)"),
    ({"val_images": IMAGES[:, :20]}, r"got val_images uint8 \(4, 20, 28\)"),
    ({"val_images": IMAGES[:0], "val_labels": LABELS[:0]}, r"got val_images uint8 \(0, 28, 28\)"),
    ({"val_labels": LABELS[:3]}, r"val_labels uint8 \(3, 1\)"),
    ({"val_labels": LABELS + 1}, "0 or 1 for each, got"),
]


@pytest.mark.parametrize(("changes", "words"), OTHER_FORMS)
def test_another_form_is_named(tmp_path, changes, words):
    with pytest.raises(data.DataError, match=rf"some\.npz must hold .*{words}.* or call fetch_pneumoniamnist\.$"):
        data.read_pneumoniamnist(save(tmp_path / "some.npz", **changes))


@pytest.mark.parametrize("content", [b"", b"<html>", npz(XRAYS)[:-3000], npz(XRAYS)[100:]])
def test_a_damaged_file_is_named(tmp_path, content):
    (tmp_path / "some.npz").write_bytes(content)
    with pytest.raises(
        data.DataError, match=r"some\.npz is no \.npz file that .* Give another, or call fetch_pneumoniam"
    ):
        data.read_pneumoniamnist(tmp_path / "some.npz")
