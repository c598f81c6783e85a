"""Hounsfield units, windows, the simulated scanner and the scores, against physics, formulas and scikit-image."""

import numpy as np
import pytest
import torch
from ct_images import disc, grid, random_images, smooth
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import uniform_filter

from coursekit import ct

torch.set_num_threads(1)
CHEST, SOFT_TISSUE = (-1000, 1000), (-160, 240)
CASES = given(st.integers(7, 20), st.integers(0, 2**32), st.sampled_from([CHEST, SOFT_TISSUE, (-1000.0, 3000.0)]))
SCORES = pytest.mark.parametrize("score", [ct.psnr, ct.ssim])


def body(size):
    """A disc of water, 0.8 of the field of view wide, in air; and what is well within it."""
    return disc(size, 0.8, 0, -1000), disc(size, 0.5, 1, 0) == 1


def test_hounsfield_units_are_those_of_the_definition():
    for hu, mu in ((0, 0.02), (-1000, 0.00002), (1000, 0.03998), (-500, 0.01001)):
        assert (ct.hu_to_mu(hu), ct.mu_to_hu(mu)) == pytest.approx((mu, hu), rel=1e-12, abs=1e-9)


@given(st.lists(st.integers(-1024, 30000), max_size=5), st.sampled_from(["int16", "float16", "float32", "float64"]))
def test_there_and_back_changes_nothing(values, dtype):
    hu = np.array(values, dtype)
    for one in (hu, torch.tensor(hu)):
        mu = ct.hu_to_mu(one)
        back = ct.mu_to_hu(mu)
        assert type(back) is type(mu) is type(one)
        assert str(mu.dtype).endswith("64" if dtype == "float64" else "32")
        np.testing.assert_allclose(back, hu, rtol=1e-6, atol=0.001)


def test_a_window_is_a_ramp_from_black_to_white():
    hu, grey = [-900, -160, -60, 40, 140, 240, 3000], [0, 0, 0.25, 0.5, 0.75, 1, 1]
    for one in (hu, np.array(hu, np.int16), torch.tensor(hu)):
        np.testing.assert_allclose(ct.window(one, center=40, width=400), grey, atol=1e-6)
    assert ct.window(140, 40, 400) == pytest.approx(0.75)


@pytest.mark.parametrize(("size", "fov_mm"), [(64, 300.0), (128, 100)])
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
    assert ((fine[..., ::2] + fine[..., 1::2]) / 2 - sinogram).max() > 1e-3  # more light comes through the thinner half


@pytest.mark.parametrize("size", [127, 128])
def test_a_scan_without_noise_is_reconstructed_within_a_few_hu(size):
    truth = smooth(size, [(0.0, 0.0, 0.25, 1000), (0.3, 1.0, 0.12, 300), (0.3, 4.0, 0.12, -400)]) - 1000
    found = ct.reconstruct(ct.scan(truth))
    error = (found - truth)[ct.in_circle(size)]
    assert np.sqrt((error**2).mean()) < 3
    assert np.abs(error).max() < 30  # of 1000: stripes near the diagonals
    assert (found[~ct.in_circle(size)] == -1000).all()
    hu, flat = body(size)
    assert np.abs(ct.reconstruct(ct.scan(hu))[flat]).max() < 5  # also in the middle, which rays of all angles cross


@pytest.mark.parametrize(("photons", "integral"), [(1000, 0.5), (1e5, 3)])
def test_counts_have_the_mean_and_the_variance_of_physics(photons, integral):
    n = 200_000
    noisy = ct.noisy_sinogram(np.full(n, integral), photons, seed=1)
    counts = photons * np.exp(-noisy.astype(np.float64))
    mean = photons * np.exp(-integral)
    assert counts.mean() == pytest.approx(mean, abs=4 * np.sqrt(mean / n))
    assert counts.var() == pytest.approx(mean, rel=4 * np.sqrt(2 / n) + 1 / mean)
    assert noisy.dtype == np.float32


def test_no_photon_counted_gives_a_finite_image_also_behind_metal():
    sinogram = ct.scan(np.where(disc(32, 0.2, 1, 0) > 0, 30000, body(32)[0]), 20, fov_mm=2000)
    assert sinogram.max() > 0.2 * 2000 * 0.02 * 31 * 0.5  # exp(-that) is 0 in float32
    for photons in (0.01, 1, 1e15):
        noisy = ct.noisy_sinogram(sinogram, photons)
        assert noisy.max() == pytest.approx(np.log(photons / 0.1), rel=1e-5)
        assert np.isfinite(ct.reconstruct(noisy)).all()


def test_the_simulation_is_its_three_steps_and_a_batch_its_slices():
    hu = np.stack([body(24)[0], body(24)[0] + 50]).astype(np.float32)
    found = ct.simulate_low_dose(hu, 1e4, 5, n_angles=30, fov_mm=200.0, size=16)
    sinogram = ct.scan(hu, 30, 200.0, 16)
    np.testing.assert_array_equal(found, ct.reconstruct(ct.noisy_sinogram(sinogram, 1e4, 5), 200.0))
    assert (found.dtype, found.shape) == (np.float32, (2, 16, 16))
    hann = ct.reconstruct(sinogram, 200.0, "hann")
    expected = ct.mu_to_hu(ct.Projector(16, 30, 12.5).fbp(sinogram, "hann"))
    np.testing.assert_array_equal(hann, np.where(ct.in_circle(16), expected, -1000))
    np.testing.assert_allclose(ct.scan(hu[1], 30, 200.0, 16), sinogram[1], rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(ct.reconstruct(sinogram[1], 200.0, "hann"), hann[1], rtol=1e-5, atol=0.01)


def test_the_seed_alone_decides_on_the_noise():
    sinogram = np.full((4, 30, 40), 2.0)
    first = ct.noisy_sinogram(sinogram, 1e4, seed=3)
    np.random.seed(0)
    np.testing.assert_array_equal(ct.noisy_sinogram(sinogram, 1e4, seed=3), first)
    noises = np.concatenate([first, ct.noisy_sinogram(sinogram, 1e4, seed=4)]).reshape(8, -1)  # of each slice
    correlation = np.corrcoef(noises) - np.eye(8)
    assert np.abs(correlation).max() < 4.5 / np.sqrt(1200)


def test_the_circle_is_what_the_projector_sees():
    for size in (2, 7, 24, 25):
        circle = ct.in_circle(size)
        np.testing.assert_array_equal(circle, np.hypot(*grid(size)) <= 1)
        projector = ct.Projector(size, 11)
        assert not projector.forward((~circle).astype(np.int16)).any()
        assert (projector.back(np.ones((11, size)))[circle] > 0).all()


def pair(size, seed):
    """A truth and a noisy image of it, both with values beyond the range."""
    truth, noise = random_images(2, size, size, seed=seed) * 400
    return truth + noise / 4, truth


@settings(max_examples=50)
@CASES
def test_psnr_is_its_formula(size, seed, hu_range):
    image, truth = (hu.astype(float).clip(*hu_range)[ct.in_circle(size)] for hu in pair(size, seed))
    expected = 10 * np.log10(np.ptp(hu_range) ** 2 / ((image - truth) ** 2).mean())
    assert ct.psnr(*pair(size, seed), hu_range) == pytest.approx(expected, abs=1e-9)


@settings(max_examples=50)
@CASES
def test_ssim_is_its_formula(size, seed, hu_range):
    low, high = hu_range
    image, truth = pair(size, seed)
    x, y = (np.where(ct.in_circle(size), hu.astype(float).clip(low, high) - low, 0) for hu in (image, truth))
    mean_x, mean_y, unbiased = uniform_filter(x, 7), uniform_filter(y, 7), 49 / 48
    var_x, var_y = (uniform_filter(x * x, 7) - mean_x**2) * unbiased, (uniform_filter(y * y, 7) - mean_y**2) * unbiased
    cov = (uniform_filter(x * y, 7) - mean_x * mean_y) * unbiased
    a, b = (0.01 * (high - low)) ** 2, (0.03 * (high - low)) ** 2
    similar = (2 * mean_x * mean_y + a) * (2 * cov + b) / ((mean_x**2 + mean_y**2 + a) * (var_x + var_y + b))
    assert ct.ssim(image, truth, hu_range) == pytest.approx(similar[ct.in_circle(size)].mean(), abs=1e-9)


@SCORES
@pytest.mark.filterwarnings("error")
def test_a_batch_gets_a_score_for_each_slice_and_equal_ones_the_best(score):
    image, truth = random_images(2, 2, 3, 9, 9) * 300
    image[0, 0] = truth[0, 0]
    scores = score(torch.tensor(image), truth, CHEST)
    assert scores.shape == (2, 3)
    for index in np.ndindex(2, 3):
        assert scores[index] == score(image[index], truth[index].tolist(), CHEST)
    assert isinstance(score(image[0, 0], truth[0, 0], CHEST), float)
    assert scores[0, 0] == (np.inf if score is ct.psnr else 1)
    assert scores.flat[1:].max() < (40 if score is ct.psnr else 0.999)
