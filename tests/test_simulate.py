"""Simulated radiographs: repeatable, balanced, varied, with lesions where they should be, and kept on disk."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest
from disks import closed
from xray_tree import kaggle_tree

from coursekit import simulate, xray
from coursekit.ct import hu_to_mu
from coursekit.data import load_chest_ct
from coursekit.simulate import Body, Rays, kept, simulate_chest_xrays

FIELDS = dict(images="u1", labels="i8", lesions="?", patients="i8", kinds="U9", markers="?", borders="?")


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
    assert all(one is other for one, other in zip(films, vars(films).values(), strict=False))
    for name, dtype in FIELDS.items():
        assert getattr(films, name).dtype == dtype
        assert getattr(films, name).shape == ((24,) if name in ("labels", "patients", "kinds") else (24, 64, 64))


def test_a_seed_gives_the_same_films_however_many_and_another_seed_others(films):
    assert same(films, simulate_chest_xrays(11, size=64), 11)
    other = simulate_chest_xrays(8, size=64, seed=1)
    assert (films.images[:8] != other.images).mean(axis=(1, 2)).min() > 0.5
    assert (films.labels[:8] != other.labels).any()


def test_any_even_number_is_balanced_and_a_patient_has_four_films_of_one_kind(films):
    assert (films.labels.reshape(-1, 2).sum(axis=1) == 1).all()
    assert 0 < films.labels[::2].sum() < 12  # the order within a pair is left to chance
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
    for half in np.split(films.lesions[films.kinds == "viral"], 2, axis=2):
        assert half.any(axis=(1, 2)).all()


def attenuations(monkeypatch, index):
    """Attenuation of a film with and without its lesion; of the lungs' air where it falls on the film; the films."""
    taken, samples = [], []
    develop, through = simulate.develop, Rays.through
    monkeypatch.setattr(simulate, "develop", lambda *a: develop(taken.append(a[0]) or a[0], a[1]))
    monkeypatch.setattr(Rays, "through", lambda *a: samples.append(through(*a)) or samples[-1])
    ill = simulate.radiograph(index, 64, 0, None)
    monkeypatch.setattr(Body, "consolidation", lambda self, places, visit: np.zeros(places.shape[1:]))
    healthy = simulate.radiograph(index, 64, 0, None)
    monkeypatch.undo()
    return *taken, samples[0][1].sum(axis=0), ill, healthy


@pytest.mark.parametrize("kind", ["bacterial", "viral"])
def test_a_lesion_dims_the_rays_within_its_mask_and_the_lung_only(films, monkeypatch, kind):
    for index in np.flatnonzero(films.kinds == kind)[:2]:
        ill, healthy, air, (image, _, lesion, *_, marker, border), (without, *_) = attenuations(monkeypatch, index)
        added = ill - healthy
        assert (added >= -1e-6).all()
        assert (added <= air + 1e-5).all(), "more than all of the lungs' air has been filled"
        np.testing.assert_array_equal(lesion, added >= 0.07)
        np.testing.assert_array_equal(image, films.images[index])
        brighter = image.astype(int) - without
        inside = lesion & ~border & ~marker
        assert brighter[inside].mean() > 4
        assert brighter[inside].mean() > brighter[~lesion].mean() + 4


def test_air_is_black_the_spine_bright_and_the_heart_on_the_right_of_the_picture():
    mean = np.mean([simulate.radiograph(index, 64, 3, "marker")[0] for index in range(12)], axis=0)
    lung_left, spine, lung_right = mean[24:36, 14:22].mean(), mean[24:36, 29:35].mean(), mean[24:36, 42:50].mean()
    assert max(lung_left, lung_right) + 50 < spine
    assert mean[36:44, 36:42].mean() > mean[36:44, 22:28].mean() + 15  # heart against right lung
    assert mean[52:60, 16:48].mean() > lung_left + 50  # abdomen


def test_the_slabs_add_up_to_the_rays_through_the_ct():
    margin = simulate.MARGIN
    for anatomy, volume in zip(simulate.anatomies(), load_chest_ct(), strict=True):
        body, _ = simulate._without_table(np.clip(volume.hu, -1000, 1500).astype(np.float32))
        expected = hu_to_mu(body).sum(axis=1) * volume.spacing_mm[1]
        rows = expected.shape[0] * 2  # 5 mm slices, 2.5 mm rows
        halves = anatomy.soft.sum(axis=0)[margin : margin + rows, margin:-margin].reshape(-1, 2, 256).mean(axis=1)
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
    cleaned, lung = simulate._without_table(hu.copy())
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
        marker, border = simulate.nuisances(np.full((64, 64), 0.5), random, label, shortcut)
        found.append((marker.any(), border.any()))
    return np.mean(found, axis=0)


@pytest.mark.parametrize(("shortcut", "place"), [("marker", 0), ("border", 1), (None, None), ("size", None)])
def test_a_tied_nuisance_tells_the_label_and_all_else_is_left_to_chance(shortcut, place):
    chance = np.array([presence(shortcut, label) for label in (0, 1)])
    if place is not None:
        assert chance[:, place].tolist() == [0, 1]
        chance = chance[:, 1 - place]
    assert (np.abs(chance - 0.5) < 0.15).all()  # 3.7 standard errors


def test_the_size_shortcut_shows_bodies_with_pneumonia_smaller(films):
    def across(shortcut, label):
        """How many mm 40 films show."""
        body = Body(0, 0, "normal")
        body.warp[:] = 0
        return np.array([np.ptp(Rays(body, visit, 32, label, shortcut).x[0, 16]) for visit in range(40)])

    assert across("size", 1).min() > across("size", 0).max() * 1.2
    np.testing.assert_array_equal(across(None, 0), across(None, 1))
    assert np.ptp(across(None, 0)) > 30
    tied = simulate_chest_xrays(8, size=64, shortcut="size")
    ill = tied.labels == 1
    np.testing.assert_array_equal(tied.labels, films.labels[:8])
    assert (tied.lesions[ill].sum(axis=(1, 2)) < films.lesions[:8][ill].sum(axis=(1, 2))).all()


@pytest.mark.parametrize("shortcut", ["marker", "border"])
def test_a_shortcut_changes_nothing_but_its_nuisance(films, shortcut):
    tied = simulate_chest_xrays(16, size=64, shortcut=shortcut)
    assert (tied.lesions == films.lesions[:16]).all()
    assert ((tied.markers if shortcut == "marker" else tied.borders).any(axis=(1, 2)) == tied.labels).all()
    changed = tied.images != films.images[:16]
    around = tied.markers | tied.borders | films.markers[:16] | films.borders[:16]
    for axis in (1, 2):
        around = around | np.roll(around, 1, axis) | np.roll(around, -1, axis)
    assert changed.any()
    assert not (changed & ~around).any()


def test_an_r_is_on_the_left_of_the_picture_and_an_l_on_the_right():
    for number in range(20):
        letter = simulate._letter(128, np.random.default_rng(number)) > 0.5
        rows, columns = np.nonzero(letter)
        box = letter[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
        filled = box[: len(box) // 2, box.shape[1] // 2 :].any()  # above right an R has its bow, an L nothing
        assert filled == (columns.mean() < 64)
        assert not (32 < columns.mean() < 96)


def test_patients_are_of_two_bodies_of_all_sizes_and_shapes():
    bodies = [Body(0, patient, "normal") for patient in range(20)]
    assert len({id(body.anatomy) for body in bodies}) == 2
    for name in ("width", "height"):
        assert np.std([getattr(body, name) for body in bodies]) > 0.02, name
    for anatomy in simulate.anatomies():  # fat, bone and air change one by one
        tissues = np.array([body.tissue[:, 60:80, 100:160].sum(axis=0) for body in bodies if body.anatomy is anatomy])
        assert np.linalg.matrix_rank(tissues.reshape(len(tissues), -1), tol=1e-2) == 3
        assert np.std(tissues.mean(axis=(1, 2))) > 0.02
    warped, bodies[0].warp = Rays(bodies[0], 0, 32, 0, None), np.zeros((2, 3, 5, 5))
    assert 1 < np.std(warped.x - Rays(bodies[0], 0, 32, 0, None).x) < 20  # mm


def test_films_of_a_patient_differ_in_position_rotation_and_breath():
    films = [Rays(Body(0, 0, "normal"), visit, 32, 0, None) for visit in range(20)]
    middle, front = (len(films[0].x) // 2, 16, 16), (0, 16, 16)
    for axis in ("x", "z"):
        at = [getattr(film, axis) for film in films]
        assert np.std([place[middle] for place in at]) > 4, f"{axis} in mm: shift"
        assert np.std([place[front] - place[middle] for place in at]) > 2, f"{axis} in mm: yaw and pitch"
    assert np.std([film.z[middle[0], 16, 30] - film.z[middle[0], 16, 2] for film in films]) > 4, "in mm: roll"
    # Width shows the zoom alone, height also the breath, which moves what is below the apex.
    heights = np.array([np.ptp(film.z[middle[0], 2:31, 16]) for film in films])
    widths = np.array([np.ptp(film.x[middle[0], 16, 2:31]) for film in films])
    assert np.std(widths) > 5
    assert np.std(heights / widths) > 0.02


class Exposed:
    """Random numbers whose noise differs while scatter, photons, contrast and gamma are chosen."""

    def __init__(self, seed, exposure=(0.1, 3.8, 0.01, 1.0)):
        self.exposure, self.poisson = exposure, np.random.default_rng(seed).poisson

    def uniform(self, low, high):
        assert all(least <= value <= most for least, value, most in zip(low, self.exposure, high, strict=True))
        return self.exposure


def test_noise_and_each_part_of_the_exposure_change_the_film():
    across = np.linspace(-1, 1, 64)
    distance = np.hypot(across, across[:, None])  # two lungs, the middle between them, and air beside
    chest = np.where(distance < 0.9, 3 - 2 * (np.abs(np.abs(across) - 0.4) < 0.25), 0.0)
    one, again, other = (simulate.develop(chest, Exposed(seed)) for seed in (0, 0, 1))
    np.testing.assert_array_equal(one, again)
    assert (np.abs(one - other) > 1 / 255).mean() > 0.3
    for exposure in ((0.2, 3.8, 0.01, 1.0), (0.1, 4.4, 0.01, 1.0), (0.1, 3.8, 0.014, 1.0), (0.1, 3.8, 0.01, 1.2)):
        assert (np.abs(one - simulate.develop(chest, Exposed(0, exposure))) > 1 / 255).mean() > 0.1, exposure
    films = [simulate.develop(chest, np.random.default_rng(seed)) for seed in range(8)]
    assert np.std([film[chest == 1].mean() for film in films]) > 0.01, "the exposure is drawn anew for each film"


VERSION = 1
MEANS = [151.1, 107.4, 148.5, 142.5, 143.2, 124.8, 132.0, 134.9, 123.2, 132.8, 127.1, 107.7]
MEANS += [123.9, 129.3, 105.7, 128.8, 153.2, 112.3, 164.6, 157.2, 125.9, 152.8, 122.3, 176.7]
AREAS = {"lesions": 4962, "markers": 282, "borders": 5513}


def test_whoever_changes_the_pictures_raises_the_version(films):
    """Not their digest: on another kind of processor one film in ten has other noise."""
    what = "The pictures have changed: raise VERSION, so that nobody reads those kept before, and write all down here."
    assert (np.abs(films.images.mean(axis=(1, 2)) - MEANS) < 0.06).sum() >= 20, what
    areas = {name: int(getattr(films, name).sum()) for name in AREAS}
    assert areas == pytest.approx(AREAS, rel=0.002), what
    assert simulate.VERSION == VERSION, what


def test_the_second_call_reads_what_the_first_one_kept_and_others_nothing_of_it(monkeypatch, home):
    made, radiograph = [], simulate.radiograph
    monkeypatch.setattr(simulate, "radiograph", lambda *a: made.append(a[1:]) or radiograph(*a))
    first = simulate_chest_xrays(4, size=32)
    assert made == [(32, 0, None)] * 4
    for n, *others in (3, 32, 0, None), (4, 33, 0, None), (4, 32, 1, None), (4, 32, 0, "marker"), (4, 32, 0, "size"):
        made.clear()
        simulate_chest_xrays(n, *others)
        assert made == [tuple(others)] * n
        assert same(first, simulate_chest_xrays(4, size=32))
        assert len(made) == n
    monkeypatch.setattr(simulate, "VERSION", simulate.VERSION + 1)
    assert same(first, simulate_chest_xrays(4, size=32))
    assert len(made) == 4 + 4
    assert len(list(home.rglob("*.npz"))) == 6


ARRAYS = {"numbers": np.arange(5000), "names": np.array(["a", "bc"])}


def assert_kept(path, signature="one", make=None):
    found = kept(path, signature, make)
    assert set(found) == set(ARRAYS)
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(found[name], array)


@pytest.mark.parametrize("damage", ["cut", "empty", "text", "flipped", "of another signature"])
def test_a_file_that_is_not_whole_is_made_anew(home, damage):
    path = home / "cache" / "some.npz"
    kept(path, "another" if damage == "of another signature" else "one", ARRAYS.copy)
    content = path.read_bytes()
    flipped = content[:9000] + bytes([content[9000] ^ 1]) + content[9001:]
    damaged = {"cut": content[: len(content) // 2], "empty": b"", "text": b"<html>", "flipped": flipped}
    path.write_bytes(damaged.get(damage, content))
    with pytest.raises(TypeError, match="not callable"):
        kept(path, "one", None)
    assert_kept(path, make=ARRAYS.copy)
    assert_kept(path)
    assert os.listdir(path.parent) == ["some.npz"]


def test_what_is_kept_in_a_read_only_home_is_read_and_all_else_made_with_a_warning():
    with tempfile.TemporaryDirectory() as name:  # of pytest's own folders nobody else may enter any
        folder = Path(name)
        kept(folder / "some.npz", "one", ARRAYS.copy)
        with closed(folder, 0o555):
            assert_kept(folder / "some.npz")
            with pytest.warns(UserWarning, match=r"other\.npz cannot be written \(Permission denied\): make room, or"):
                assert_kept(folder / "other.npz", make=ARRAYS.copy)
        with pytest.warns(UserWarning, match=r"or set COURSEKIT_DATA\.$"):
            assert_kept(folder / "some.npz" / "deeper" / "other.npz", make=ARRAYS.copy)
        assert os.listdir(folder) == ["some.npz"]


def test_killed_while_it_is_written_leaves_no_file_of_that_name(home):
    path = home / "cache" / "some.npz"
    child = os.fork()
    if not child:
        os.replace = lambda *paths: os.kill(os.getpid(), signal.SIGKILL)
        kept(path, "one", ARRAYS.copy)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    assert [left.name[:11] for left in path.parent.iterdir()] == ["unfinished-"]
    assert_kept(path, make=ARRAYS.copy)
    assert_kept(path)


TOGETHER = """
import hashlib
from coursekit import xray
def digest():
    films, pictures = xray.simulate_chest_xrays(8, size=32), xray.ChestXrayFolder(tree).images(48)
    return hashlib.sha256(b"".join(a.tobytes() for a in (*films, films.kinds, pictures))).hexdigest()
"""


def test_two_notebooks_that_begin_in_one_fresh_home_get_the_same(home, tmp_path, monkeypatch):
    tree, scope = str(kaggle_tree(tmp_path / "unpacked")), {}
    code = f"tree = {tree!r}{TOGETHER}print('ready', flush=True)\ninput()\nprint(digest())"
    exec(f"tree = {tree!r}{TOGETHER}", scope)
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", code], stdin=pipe, stdout=pipe, stderr=pipe, text=True) as other:
        assert other.stdout.readline() == "ready\n"
        other.stdin.write("\n")
        other.stdin.flush()
        own = scope["digest"]()
        assert other.communicate(timeout=120) == (f"{own}\n", "")
    assert len([path for path in home.rglob("*") if path.is_file()]) == 2
    for module, name in ((simulate, "radiograph"), (xray, "decode")):
        monkeypatch.setattr(module, name, None)  # what is there is read
    assert scope["digest"]() == own
