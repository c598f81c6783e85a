"""Simulated radiographs: repeatable, balanced, with lesions where they should be, and kept on disk."""

import numpy as np
import pytest

from coursekit import xray
from coursekit._xray import film, radiographs
from coursekit._xray.anatomy import MARGIN, _without_table, anatomies
from coursekit.ct import hu_to_mu
from coursekit.data import load_chest_ct
from coursekit.xray import simulate_chest_xrays

FIELDS = ("images", "labels", "lesions", "patients", "kinds", "markers", "borders")


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSEKIT_DATA", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture(scope="module")
def films(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COURSEKIT_DATA", str(tmp_path_factory.mktemp("films")))
        return simulate_chest_xrays(24, size=64)


def same(one, other, count=None):
    return all(np.array_equal(getattr(one, name)[:count], getattr(other, name)[:count]) for name in FIELDS)


def test_it_unpacks_into_images_labels_lesions_and_patients(films):
    images, labels, lesions, patients = films
    assert (images.dtype, labels.dtype, lesions.dtype, patients.dtype) == (np.uint8, np.int64, np.bool_, np.int64)
    assert images.shape == lesions.shape == films.markers.shape == films.borders.shape == (24, 64, 64)
    assert labels.shape == patients.shape == films.kinds.shape == (24,)


def test_a_seed_gives_the_same_films_and_another_seed_others(films, home, monkeypatch):
    monkeypatch.setenv("COURSEKIT_DATA", str(home / "elsewhere"))
    assert same(films, simulate_chest_xrays(24, size=64))
    other = simulate_chest_xrays(24, size=64, seed=1)
    assert (films.images != other.images).mean(axis=(1, 2)).min() > 0.5
    assert (films.labels != other.labels).any()


def test_a_film_does_not_depend_on_how_many_there_are(films):
    assert same(films, simulate_chest_xrays(11, size=64), 11)


def test_any_even_number_is_balanced(films):
    assert (films.labels.reshape(-1, 2).sum(axis=1) == 1).all()
    assert 0 < films.labels[::2].sum() < 12  # the order within a pair is left to chance


def test_a_patient_has_four_films_one_label_and_one_kind(films):
    assert (np.bincount(films.patients) == 4).all()
    for patient in range(6):
        own = films.patients == patient
        assert len(set(films.labels[own])) == len(set(films.kinds[own])) == 1
        assert len(np.unique(films.images[own], axis=0)) == 4
    assert ((films.kinds == "normal") == (films.labels == 0)).all()
    assert (films.kinds == "bacterial").sum() == 8
    assert (films.kinds == "viral").sum() == 4


def test_lesions_are_where_the_label_is_1_and_viral_ones_in_both_lungs(films):
    areas = films.lesions.mean(axis=(1, 2))
    assert (areas[films.labels == 0] == 0).all()
    assert (areas[films.labels == 1] > 0.005).all()
    viral = films.lesions[films.kinds == "viral"]
    assert viral[:, :, :32].any(axis=(1, 2)).all()
    assert viral[:, :, 32:].any(axis=(1, 2)).all()


def attenuations(monkeypatch, index):
    """Attenuation of a film with and without its lesion; of the lungs' air where it falls on the film; and the film."""
    taken, samples = [], []
    develop, sample = radiographs.develop, radiographs.Geometry.sample
    monkeypatch.setattr(radiographs, "develop", lambda *a: develop(taken.append(a[0]) or a[0], a[1]))
    monkeypatch.setattr(radiographs.Geometry, "sample", lambda *a: samples.append(sample(*a)) or samples[-1])
    film = radiographs.radiograph(index, 64, 0, None)
    monkeypatch.setattr(radiographs.Body, "consolidation", lambda self, places, visit: np.zeros(places.shape[1:]))
    without = radiographs.radiograph(index, 64, 0, None)
    monkeypatch.undo()
    return *taken, samples[0][1].sum(axis=0), film, without


@pytest.mark.parametrize("kind", ["bacterial", "viral"])
def test_a_lesion_dims_the_rays_within_its_mask_and_the_lung_only(films, monkeypatch, kind):
    for index in np.flatnonzero(films.kinds == kind)[:3]:
        sick, healthy, air, film, without = attenuations(monkeypatch, index)
        added = sick - healthy
        assert (added >= -1e-6).all()
        assert (added <= air + 1e-5).all(), "more than all of the lungs' air has been filled"
        np.testing.assert_array_equal(film.lesion, added >= 0.07)
        np.testing.assert_array_equal(film.image, films.images[index])
        brighter = film.image.astype(int) - without.image
        inside = film.lesion & ~film.border & ~film.marker
        assert brighter[inside].mean() > 4
        assert brighter[inside].mean() > brighter[~film.lesion].mean() + 4


def test_air_is_black_the_spine_bright_and_the_heart_on_the_right_of_the_picture():
    mean = np.zeros((64, 64))
    for index in range(12):
        mean += radiographs.radiograph(index, 64, 3, "marker").image / 12
    lung_left, spine, lung_right = mean[24:36, 14:22].mean(), mean[24:36, 29:35].mean(), mean[24:36, 42:50].mean()
    assert max(lung_left, lung_right) + 50 < spine
    assert mean[36:44, 36:42].mean() > mean[36:44, 22:28].mean() + 15  # heart against right lung
    assert mean[52:60, 16:48].mean() > lung_left + 50  # abdomen


def test_the_slabs_add_up_to_the_rays_through_the_ct():
    for anatomy, volume in zip(anatomies(), load_chest_ct(), strict=True):
        body, _ = _without_table(np.clip(volume.hu, -1000, 1500).astype(np.float32))
        expected = hu_to_mu(body).sum(axis=1) * volume.spacing_mm[1]
        rows = expected.shape[0] * 2  # 5 mm slices, 2.5 mm rows
        halves = anatomy.soft.sum(axis=0)[MARGIN : MARGIN + rows, MARGIN:-MARGIN].reshape(-1, 2, 256).mean(axis=1)
        error = (halves - expected)[2:-2]
        assert np.sqrt((error**2).mean()) < 0.02 * expected.mean()
        assert abs(error.mean()) < 0.003 * expected.mean()


def test_the_table_goes_and_the_lungs_without_the_trachea_are_found():
    down, across = np.mgrid[-64:64, -64:64] * 2
    hu = np.full((12, 256, 256), -1000.0, np.float32)
    body, table = (down / 70) ** 2 + (across / 110) ** 2 < 1, np.zeros((128, 128), bool)
    lungs = (down / 45) ** 2 + ((np.abs(across) - 55) / 35) ** 2 < 1
    trachea = down**2 + across**2 < 8**2
    table[110:113] = True
    layer = np.select([trachea, lungs, body, table], [-1000, -850, 30, 200], -1000)
    hu[:] = layer.repeat(2, 0).repeat(2, 1)
    cleaned, lung = _without_table(hu.copy())
    assert (cleaned[:, 220:] == -1000).all()
    np.testing.assert_array_equal(cleaned[:, :210], hu[:, :210])
    expected = lungs.repeat(2, 0).repeat(2, 1)
    assert (lung & ~expected).sum() == 0
    assert lung.sum() > 0.95 * 12 * expected.sum()


def presence(shortcut, label):
    """Whether 150 films have a marker and a border."""
    found = []
    for number in range(150):
        random = np.random.default_rng([number, label])
        marker, border = film.nuisances(np.full((64, 64), 0.5), random, label, shortcut)
        found.append((marker.any(), border.any()))
    return np.mean(found, axis=0)


@pytest.mark.parametrize("label", [0, 1])
def test_without_a_shortcut_marker_and_border_are_left_to_chance(label):
    assert (np.abs(presence(None, label) - 0.5) < 0.15).all()  # 3.7 standard errors
    assert (np.abs(presence("size", label) - 0.5) < 0.15).all()


@pytest.mark.parametrize(("shortcut", "place"), [("marker", 0), ("border", 1)])
def test_a_tied_nuisance_tells_the_label_and_the_other_one_does_not(shortcut, place):
    without, with_pneumonia = presence(shortcut, 0), presence(shortcut, 1)
    assert (without[place], with_pneumonia[place]) == (0, 1)
    assert (np.abs([without[1 - place] - 0.5, with_pneumonia[1 - place] - 0.5]) < 0.15).all()


def fields(shortcut, label):
    """How many mm 40 films show across."""
    body = radiographs.Body(0, 0, "normal")
    body.warp[:] = 0
    wide = []
    for visit in range(40):
        x = radiographs.Geometry(body, 0, visit, 32, label, shortcut).x
        wide.append(np.ptp(x[0, 16]))
    return np.array(wide)


def test_the_size_shortcut_shows_bodies_with_pneumonia_smaller():
    assert fields("size", 1).min() > fields("size", 0).max() * 1.2
    np.testing.assert_array_equal(fields(None, 0), fields(None, 1))
    assert np.ptp(fields(None, 0)) > 30


@pytest.mark.parametrize("shortcut", ["marker", "border"])
def test_a_shortcut_changes_nothing_but_its_nuisance(films, shortcut):
    tied = simulate_chest_xrays(16, size=64, shortcut=shortcut)
    assert (tied.lesions == films.lesions[:16]).all()
    assert ((tied.markers if shortcut == "marker" else tied.borders).any(axis=(1, 2)) == tied.labels).all()
    changed = tied.images != films.images[:16]
    nuisances = tied.markers | tied.borders | films.markers[:16] | films.borders[:16]
    around = nuisances | np.roll(nuisances, 1, 1) | np.roll(nuisances, -1, 1)
    around |= np.roll(around, 1, 2) | np.roll(around, -1, 2)
    assert changed.any()
    assert not (changed & ~around).any()


def test_an_r_is_on_the_left_of_the_picture_and_an_l_on_the_right():
    sides = []
    for number in range(20):
        letter = film._letter(128, np.random.default_rng(number)) > 0.5
        rows, columns = np.nonzero(letter)
        box = letter[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
        filled = box[: len(box) // 2, box.shape[1] // 2 :].any()  # above right an R has its bow, an L nothing
        assert filled == (columns.mean() < 64)
        assert not (32 < columns.mean() < 96)
        sides.append(filled)
    assert 4 < sum(sides) < 16


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"n": 0}, ValueError, "n must be at least 1, got 0"),
        ({"n": True}, TypeError, "n must be a whole number, got bool"),
        ({"n": 8.0}, TypeError, "n must be a whole number, got float"),
        ({"size": 31}, ValueError, "size must be at least 32, got 31"),
        ({"size": 513}, ValueError, "size must be at most 512, got 513"),
        ({"seed": -1}, ValueError, "seed must be at least 0, got -1"),
        (
            {"shortcut": "letter"},
            ValueError,
            "shortcut must be None or one of 'marker', 'border', 'size', got 'letter'",
        ),
    ],
)
def test_a_wrong_argument_is_named_before_any_work(monkeypatch, home, arguments, error, message):
    monkeypatch.setattr(xray, "cached", None)
    with pytest.raises(error, match=f"^{message}$"):
        simulate_chest_xrays(**{"n": 8, "size": 64} | arguments)
    assert not home.exists()
