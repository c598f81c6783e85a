"""Hounsfield units, windows, the simulated scanner and its noise, against what physics says."""

import numpy as np
import pytest
import torch
from ct_images import disc, grid, random_images, smooth
from hypothesis import given
from hypothesis import strategies as st

from coursekit import ct

torch.set_num_threads(1)


def body(size, rows=None):
    """Slices of a disc of water, 0.8 of the field of view wide, in air; and what is well within it."""
    return disc(size, 0.8, 0, -1000), disc(rows or size, 0.5, 1, 0) == 1


@pytest.mark.parametrize(("hu", "mu"), [(0, 0.02), (-1000, 0.00002), (1000, 0.03998), (-500, 0.01001)])
def test_hounsfield_units_are_those_of_the_definition(hu, mu):
    assert ct.hu_to_mu(hu) == pytest.approx(mu, rel=1e-12)
    assert ct.mu_to_hu(mu) == pytest.approx(hu, abs=1e-9)


@given(st.lists(st.integers(-1024, 30000), max_size=5), st.sampled_from(["int16", "float16", "float32", "float64"]))
def test_there_and_back_changes_nothing(values, dtype):
    hu = np.array(values, dtype)
    kept, tensor = hu.copy(), torch.tensor(hu, requires_grad=dtype.startswith("float"))
    for one in (hu, tensor):
        mu = ct.hu_to_mu(one)
        back = ct.mu_to_hu(mu)
        assert type(back) is type(mu) is type(one)
        assert str(mu.dtype).endswith("64" if dtype == "float64" else "32")
        np.testing.assert_allclose(back.detach() if one is tensor else back, hu, rtol=1e-6, atol=0.001)
    np.testing.assert_array_equal(hu, kept)


def test_numbers_lists_and_nan_are_converted_too():
    assert ct.mu_to_hu(ct.hu_to_mu([0, -1000])) == pytest.approx([0, -1000])
    assert isinstance(ct.hu_to_mu(40), float)
    assert np.isnan(ct.hu_to_mu([np.nan, 0])).tolist() == [True, False]
    x = torch.zeros(2, requires_grad=True)
    ct.window(ct.mu_to_hu(x + 0.02), 0, 400).sum().backward()
    np.testing.assert_allclose(x.grad, 1000 / 0.01998 / 400, rtol=1e-5)


@pytest.mark.parametrize(
    ("center", "width", "hu", "grey"),
    [
        (-600, 1500, [-2000, -1350, -600, 150, 3000], [0, 0, 0.5, 1, 1]),
        (40, 400, [-160, -60, 40, 140, 240], [0, 0.25, 0.5, 0.75, 1]),
        (400.0, np.float32(1800), [-500, 400, 1300, 1301], [0, 0.5, 1, 1]),
    ],
)
def test_a_window_is_a_ramp_from_black_to_white(center, width, hu, grey):
    for one in (hu, np.array(hu, np.int16), torch.tensor(hu)):
        np.testing.assert_allclose(ct.window(one, center, width), grey, atol=1e-6)
    assert ct.window(hu[1], center, width) == pytest.approx(grey[1])


@pytest.mark.parametrize(("size", "fov_mm"), [(64, 300.0), (128, 300.0), (128, 100)])
def test_the_ray_through_the_middle_is_attenuated_by_the_diameter_in_mm(size, fov_mm):
    sinogram = ct.scan(body(size)[0], 12, fov_mm)
    through_water = 0.8 * fov_mm * 0.02 + 0.2 * fov_mm * 0.00002
    np.testing.assert_allclose(sinogram[:, size // 2 - 1 : size // 2 + 1], through_water, rtol=0.01)
    nothing = ct.scan(np.full((size, size), -3000), 12, fov_mm)  # padding counts as air
    assert 0 < nothing.max() <= fov_mm * 0.00002 * 1.01


@pytest.mark.parametrize("dtype", [np.float32, np.int16])
def test_a_detector_element_averages_the_intensities_of_two_rays_on_the_finer_grid(dtype):
    hu = (300 * random_images(2, 64, 64) - 400).clip(-1000).astype(dtype)
    fine = ct.Projector(64, 9, 300 / 64).forward(ct.hu_to_mu(hu)).astype(np.float64)
    expected = -np.log((np.exp(-fine[..., ::2]) + np.exp(-fine[..., 1::2])) / 2)
    sinogram = ct.scan(hu, 9, size=32)
    np.testing.assert_allclose(sinogram, expected, rtol=1e-5)
    assert sinogram.dtype == np.float32
    mean = (fine[..., ::2] + fine[..., 1::2]) / 2
    assert (sinogram <= mean + 1e-5).all()  # more light comes through the thinner half
    assert (mean - sinogram).max() > 1e-3


def test_there_is_no_inverse_crime(monkeypatch):
    made = []
    projector = ct.Projector
    monkeypatch.setattr(ct, "Projector", lambda *arguments: made.append(arguments) or projector(*arguments))
    hu = ct.simulate_low_dose(body(24)[0], 1e5, n_angles=10, fov_mm=240.0)
    assert made == [(48, 10, 5.0), (24, 10, 10.0)]
    assert hu.shape == (24, 24)
    made.clear()
    assert ct.simulate_low_dose(body(24)[0], 1e5, n_angles=10, size=12).shape == (12, 12)
    assert made == [(24, 10, 12.5), (12, 10, 25.0)]


@pytest.mark.parametrize("size", [127, 128])
def test_a_scan_without_noise_is_reconstructed_within_a_few_hu(size):
    blobs = [(0.0, 0.0, 0.25, 1000), (0.3, 1.0, 0.12, 300), (0.3, 4.0, 0.12, -400)]
    truth = smooth(size, blobs) - 1000
    found = ct.reconstruct(ct.scan(truth))
    error = (found - truth)[ct.in_circle(size)]
    assert np.sqrt((error**2).mean()) < 3
    assert np.abs(error).max() < 30  # of 1000: stripes near the diagonals
    assert np.abs(error.mean()) < 0.1
    hu, flat = body(size)
    assert np.abs(ct.reconstruct(ct.scan(hu))[flat]).max() < 5  # also in the middle, which rays of all angles cross
    assert (found[~ct.in_circle(size)] == -1000).all()


@pytest.mark.parametrize(("size", "photons", "n_angles"), [(48, 1e4, 60), (64, 1e5, 40), (96, 3e3, 90)])
def test_four_times_the_photons_halve_the_noise(size, photons, n_angles):
    hu, flat = body(size)
    sinogram = np.repeat(ct.scan(hu, n_angles)[None], 8, axis=0)
    clean = ct.reconstruct(sinogram)
    sd = []
    for seed, dose in enumerate((photons, 4 * photons)):
        noise = ct.reconstruct(ct.noisy_sinogram(sinogram, dose, seed=seed)) - clean
        sd.append(noise[:, flat].std())
        assert abs(noise[:, flat].mean()) < 0.3 * sd[-1]
    assert sd[0] / sd[1] == pytest.approx(2, rel=0.1)


@pytest.mark.parametrize("electronic_noise", [0.0, 30.0])
@pytest.mark.parametrize(("photons", "integral"), [(1000, 0.5), (1e5, 3), (2000, 0)])
def test_counts_have_the_mean_and_the_variance_of_physics(photons, integral, electronic_noise):
    n = 200_000
    noisy = ct.noisy_sinogram(np.full(n, integral), photons, electronic_noise, seed=1)
    counts = photons * np.exp(-noisy.astype(np.float64))
    mean = photons * np.exp(-integral)
    variance = mean + electronic_noise**2
    assert counts.mean() == pytest.approx(mean, abs=4 * np.sqrt(variance / n))
    assert counts.var() == pytest.approx(variance, rel=4 * np.sqrt(2 / n) + 1 / mean)
    assert noisy.dtype == np.float32


def test_no_photon_counted_gives_a_finite_image_also_behind_metal():
    hu = np.where(disc(32, 0.2, 1, 0) > 0, 30000, body(32)[0])
    sinogram = ct.scan(hu, 20, fov_mm=2000)
    assert np.isfinite(sinogram).all()
    assert sinogram.max() > 200
    metal = 0.2 * 2000 * 0.02 * 31 * 0.5
    assert sinogram.max() > metal  # exp(-metal) is 0 in float32
    for photons in (0.01, 1, 1e15):
        noisy = ct.noisy_sinogram(sinogram, photons, 2.0)
        assert noisy.max() == pytest.approx(np.log(photons / 0.1), rel=1e-5)
        assert np.isfinite(ct.reconstruct(noisy)).all()


def test_the_simulation_is_its_three_steps():
    hu = np.stack([body(24)[0], body(24)[0] + 50])
    found = ct.simulate_low_dose(hu, 1e4, 3.0, 5, n_angles=30, fov_mm=200.0, size=16)
    steps = ct.reconstruct(ct.noisy_sinogram(ct.scan(hu, 30, 200.0, 16), 1e4, 3.0, 5), 200.0)
    np.testing.assert_array_equal(found, steps)
    assert (found.dtype, found.shape) == (np.float32, (2, 16, 16))
    assert not np.array_equal(found, ct.simulate_low_dose(hu, 1e4, 0.0, 5, n_angles=30, fov_mm=200.0, size=16))
    hann = ct.reconstruct(ct.scan(hu, 30), window="hann", cutoff=0.5)
    expected = ct.mu_to_hu(ct.Projector(24, 30, 12.5).fbp(ct.scan(hu, 30), "hann", 0.5))
    np.testing.assert_array_equal(hann, np.where(ct.in_circle(24), expected, -1000))


def test_the_seed_alone_decides_on_the_noise():
    sinogram = np.full((4, 30, 40), 2.0)
    first = ct.noisy_sinogram(sinogram, 1e4, 5.0, seed=3)
    np.random.seed(0)
    np.testing.assert_array_equal(ct.noisy_sinogram(sinogram, 1e4, 5.0, seed=3), first)
    other = ct.noisy_sinogram(sinogram, 1e4, 5.0, seed=4)
    noises = [*(first - 2), *(other - 2)]  # of each slice
    correlation = np.corrcoef([noise.ravel() for noise in noises]) - np.eye(8)
    assert np.abs(correlation).max() < 4.5 / np.sqrt(1200)


@pytest.mark.parametrize("shape", [(3,), (2, 2), (1,), (0,), (2, 0)])
def test_a_batch_is_its_slices(shape):
    hu = 200 * random_images(*shape, 15, 15) - 500
    kept = hu.copy()
    sinograms = ct.scan(hu, 7, 250.0)
    images = ct.reconstruct(sinograms, 250.0)
    assert (sinograms.shape, images.shape) == ((*shape, 7, 15), (*shape, 15, 15))
    for index in np.ndindex(shape):
        np.testing.assert_allclose(ct.scan(hu[index], 7, 250.0), sinograms[index], rtol=1e-6, atol=1e-6)
        np.testing.assert_allclose(ct.reconstruct(sinograms[index], 250.0), images[index], rtol=1e-5, atol=0.01)
    np.testing.assert_array_equal(hu, kept)


@pytest.mark.parametrize("size", [2, 3, 4, 5])
@pytest.mark.parametrize("n_angles", [1, 2, 3])
def test_the_smallest_scanners_work(size, n_angles):
    assert np.isfinite(ct.simulate_low_dose(np.zeros((size, size), np.uint8), 1e5, n_angles=n_angles)).all()


GOOD = {"hu": np.zeros((8, 8)), "photons": 1e4, "n_angles": 3}
WRONG = [
    *(("hu", bad) for bad in (np.full((8, 8), np.nan), np.full((8, 8), np.inf), np.zeros((8, 7)), np.zeros(8), [[0]])),
    *(("photons", bad) for bad in (0, -1, np.nan, np.inf, 1e16, None, "1e5", True, np.array([1.0, 2.0]))),
    *(("electronic_noise", bad) for bad in (-1, np.nan, None, False)),
    *(("seed", bad) for bad in (-1, 0.0, None, True)),
    *(("n_angles", bad) for bad in (0, 1.5, None)),
    *(("fov_mm", bad) for bad in (0, -300, np.nan, "300")),
    *(("size", bad) for bad in (0, 1, 8.0, "8")),
]


@pytest.mark.parametrize(("name", "bad"), WRONG, ids=lambda value: str(value).replace("\n", "")[:20])
def test_what_is_wrong_is_named_before_the_work(monkeypatch, name, bad):
    def work(*arguments):
        raise AssertionError("this takes long")

    monkeypatch.setattr("coursekit._ct.projector._system_matrix", work)
    with pytest.raises((TypeError, ValueError), match=rf"^{name} must "):
        ct.simulate_low_dose(**GOOD | {name: bad})


def test_the_circle_is_what_the_projector_sees():
    for size in (2, 7, 24, 25):
        x, y = grid(size)
        circle = ct.in_circle(size)
        np.testing.assert_array_equal(circle, np.hypot(x, y) <= 1)
        projector = ct.Projector(size, 11)
        assert not projector.forward((~circle).astype(np.int16)).any()
        assert (projector.back(np.ones((11, size)))[circle] > 0).all()
    assert ct.in_circle(1).tolist() == [[True]]
