"""What is promised to vary from patient to patient and from film to film does, and so does what a shortcut ties."""

import numpy as np
import pytest

from coursekit._xray.film import develop
from coursekit._xray.radiographs import Body, Geometry
from coursekit.xray import simulate_chest_xrays


@pytest.fixture(scope="module")
def bodies():
    return [Body(0, patient, "normal") for patient in range(20)]


def test_the_size_shortcut_reaches_the_films(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSEKIT_DATA", str(tmp_path / "home"))
    chance, tied = (simulate_chest_xrays(16, size=64, shortcut=shortcut) for shortcut in (None, "size"))
    np.testing.assert_array_equal(tied.labels, chance.labels)
    sick = tied.labels == 1
    assert (tied.lesions[sick].sum(axis=(1, 2)) < chance.lesions[sick].sum(axis=(1, 2))).all()


def test_patients_are_of_two_bodies_of_all_sizes_and_shapes(bodies):
    assert len({id(body.anatomy) for body in bodies}) == 2
    for name in ("width", "height", "soft", "bone", "lung"):
        assert np.std([getattr(body, name) for body in bodies]) > 0.02, name
    assert np.std([body.warp for body in bodies]) > 0.5


def test_a_warp_moves_what_the_film_shows(bodies):
    body = Body(0, 0, "normal")
    warped = Geometry(body, 0, 0, 32, 0, None)
    body.warp[:] = 0
    straight = Geometry(body, 0, 0, 32, 0, None)
    for axis in ("x", "z"):
        moved = getattr(warped, axis) - getattr(straight, axis)
        assert 1 < np.std(moved) < 20  # mm


def test_films_of_a_patient_differ_in_position_rotation_and_breath(bodies):
    films = [Geometry(bodies[0], 0, visit, 32, 0, None) for visit in range(20)]
    middle, front = (len(films[0].x) // 2, 16, 16), (0, 16, 16)
    for axis in ("x", "z"):
        at = [getattr(film, axis) for film in films]
        assert np.std([place[middle] for place in at]) > 4, f"{axis} in mm: shift"
        assert np.std([place[front] - place[middle] for place in at]) > 2, f"{axis} in mm: yaw and pitch"
    turned = [film.z[middle[0], 16, 30] - film.z[middle[0], 16, 2] for film in films]
    assert np.std(turned) > 4, "in mm: roll"
    # Width shows the zoom alone, height also the breath, which moves what is below the apex.
    heights = np.array([np.ptp(film.z[middle[0], 2:31, 16]) for film in films])
    widths = np.array([np.ptp(film.x[middle[0], 16, 2:31]) for film in films])
    assert np.std(widths) > 5
    assert np.std(heights / widths) > 0.02


def test_consolidations_grow_or_shrink_from_visit_to_visit():
    for patient, kind in ((0, "bacterial"), (1, "viral")):
        body = Body(0, patient, kind)
        places = Geometry(body, 0, 0, 32, 1, None).places()
        sizes = [body.consolidation(places, visit).sum() for visit in range(6)]
        assert np.std(sizes) > 0.05 * np.mean(sizes)


class SameExposure:
    """Random numbers whose noise differs while scatter, photons, contrast and gamma are always the same."""

    def __init__(self, seed, exposure=(0.1, 3.8, 0.01, 1.0)):
        self.exposure, self.poisson = exposure, np.random.default_rng(seed).poisson

    def uniform(self, low, high):
        assert all(np.less_equal(low, self.exposure)), "these are not the ranges of the exposure"
        assert all(np.less_equal(self.exposure, high))
        return self.exposure


@pytest.fixture(scope="module")
def attenuation():
    """A chest without its wall: two lungs, the middle between them, and air beside."""
    across = np.linspace(-1, 1, 64)
    distance = np.hypot(across, across[:, None])
    return np.where(distance < 0.9, 3 - 2 * (np.abs(np.abs(across) - 0.4) < 0.25), 0.0)


def test_films_are_noisy(attenuation):
    one, other, same = (develop(attenuation, SameExposure(seed)) for seed in (0, 1, 0))
    np.testing.assert_array_equal(one, same)
    assert (np.abs(one - other) > 1 / 255).mean() > 0.3


EXPOSURES = {"scatter": (0.2, 3.8, 0.01, 1.0), "photons": (0.1, 4.4, 0.01, 1.0)}
EXPOSURES |= {"contrast": (0.1, 3.8, 0.014, 1.0), "gamma": (0.1, 3.8, 0.01, 1.2)}


@pytest.mark.parametrize("other", EXPOSURES)
def test_each_part_of_the_exposure_changes_the_film(attenuation, other):
    one, changed = (develop(attenuation, SameExposure(0, *exposure)) for exposure in ((), (EXPOSURES[other],)))
    assert (np.abs(one - changed) > 1 / 255).mean() > 0.1


def test_the_exposure_is_drawn_anew_for_each_film(attenuation):
    films = [develop(attenuation, np.random.default_rng(seed)) for seed in range(8)]
    lungs = [film[attenuation == 1].mean() for film in films]
    assert np.std(lungs) > 0.01
