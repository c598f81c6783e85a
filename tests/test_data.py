"""What is in the bundled data sets: the known tables, real digits, CT in Hounsfield units."""

import numpy as np
import pytest

from coursekit import data

BOSTON = ["CRIM", "ZN", "INDUS", "CHAS", "NOX", "RM", "AGE", "DIS", "RAD", "TAX", "PTRATIO", "B", "LSTAT", "MEDV"]
PIMA = [
    "Pregnancies",
    "Glucose",
    "BloodPressure",
    "SkinThickness",
    "Insulin",
    "BMI",
    "DiabetesPedigreeFunction",
    "Age",
    "Outcome",
]


def test_boston_housing_is_the_known_table():
    table = data.load_boston_housing()
    assert table.shape == (506, 14)
    assert list(table.columns) == BOSTON
    assert all(table[column].dtype.kind in "if" for column in BOSTON)
    assert not table.isna().any(axis=None)
    assert table.MEDV.between(5, 50).all()
    assert (table.MEDV == 50).sum() == 16
    assert set(table.CHAS) == {0, 1}
    assert table.CHAS.sum() == 35
    assert table.RM.between(3.5, 8.8).all()
    assert table.NOX.between(0.38, 0.88).all()
    assert round(table.MEDV.mean(), 2) == 22.53


def test_boston_housing_gives_the_known_linear_regression():
    from sklearn.linear_model import LinearRegression
    from sklearn.metrics import mean_absolute_error, mean_squared_error
    from sklearn.model_selection import train_test_split

    table = data.load_boston_housing()
    parts = train_test_split(table.drop(columns="MEDV"), table.MEDV, test_size=0.3, random_state=123)
    train_x, test_x, train_y, test_y = parts
    predicted = LinearRegression().fit(train_x, train_y).predict(test_x)
    assert mean_squared_error(test_y, predicted) == pytest.approx(28.41, abs=0.01)
    assert mean_absolute_error(test_y, predicted) == pytest.approx(3.69, abs=0.01)


def test_boston_housing_with_places_has_92_towns_near_boston():
    table = data.load_boston_housing(geo=True)
    assert sorted(table.columns) == sorted(["TOWN", "LON", "LAT", *BOSTON])
    assert list(table.columns)[-1] == "MEDV"
    assert table.TOWN.nunique() == 92
    assert table.LON.between(-71.4, -70.8).all()
    assert table.LAT.between(42.0, 42.4).all()
    assert table[BOSTON].equals(data.load_boston_housing())


def test_pima_diabetes_is_the_known_table():
    table = data.load_pima_diabetes()
    assert table.shape == (768, 9)
    assert list(table.columns) == PIMA
    assert all(table[column].dtype.kind in "if" for column in PIMA)
    assert not table.isna().any(axis=None)
    assert set(table.Outcome) == {0, 1}
    assert table.Outcome.sum() == 268
    zeros = (table[["Glucose", "BloodPressure", "SkinThickness", "Insulin", "BMI"]] == 0).sum()
    assert zeros.tolist() == [5, 35, 227, 374, 11]
    assert table.Age.between(21, 81).all()
    assert table.Glucose.max() == 199


def test_mnist_has_10000_digits_of_ink_on_paper():
    images, labels = data.load_mnist_10k()
    assert (images.dtype, images.shape) == (np.uint8, (10000, 28, 28))
    assert (labels.dtype, labels.shape) == (np.int64, (10000,))
    assert (images.min(), images.max()) == (0, 255)
    assert np.bincount(labels).min() > 800
    assert len(np.bincount(labels)) == 10
    assert len(np.unique(images.reshape(10000, -1), axis=0)) > 9990
    assert images[:, 0].mean() < 1 < 30 < images.mean()  # dark border, ink in the middle
    assert np.mean(labels[1:] == labels[:-1]) < 0.15  # shuffled


def test_mnist_labels_belong_to_their_images():
    from sklearn.neighbors import KNeighborsClassifier

    images, labels = data.load_mnist_10k()
    pixels = images.reshape(10000, -1)
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
        assert len(volume.spacing_mm) == 3
        assert all(type(side) is float for side in volume.spacing_mm)
        assert volume.spacing_mm[0] == pytest.approx(5, abs=0.5)
        assert volume.spacing_mm[1] == pytest.approx(volume.spacing_mm[2])
    assert sorted(round(volume.spacing_mm[1], 2) for volume in volumes) == [1.14, 1.25]


def test_two_loads_do_not_share_memory():
    data.load_mnist_10k()[0][:] = 0
    assert data.load_mnist_10k()[0].any()
    data.load_chest_ct()[0].hu[:] = 0
    assert data.load_chest_ct()[0].hu.any()


@pytest.mark.parametrize("geo", [None, 1, "yes", 0.0])
def test_geo_must_be_true_or_false(geo):
    with pytest.raises(TypeError, match="geo: expected True or False"):
        data.load_boston_housing(geo=geo)
