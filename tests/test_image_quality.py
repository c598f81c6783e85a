"""PSNR and SSIM in the field of view against their formulas, and against scikit-image on the whole square."""

import inspect
import warnings

import numpy as np
import pytest
import torch
from ct_images import random_images
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import uniform_filter
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from coursekit import ct

CHEST = (-1000, 1000)
SOFT_TISSUE = (-160, 240)
CASES = given(st.integers(7, 20), st.integers(0, 2**32), st.sampled_from([CHEST, SOFT_TISSUE, (-1000.0, 3000.0)]))
SCORES = pytest.mark.parametrize("score", [ct.psnr, ct.ssim])


def pair(size, seed, spread=400):
    """A truth and a noisy image of it, which are alike outside the field of view, both with values beyond the range."""
    truth, noise = random_images(2, size, size, seed=seed) * spread
    return truth + np.where(ct.in_circle(size), noise / 4, 0), truth


def shown(hu, hu_range, outside=0.0):
    """What the scores compare, by hand: grey values from 0, alike outside the field of view."""
    low, high = hu_range
    return np.where(ct.in_circle(len(hu)), np.minimum(np.maximum(hu.astype(float), low), high) - low, outside)


@settings(max_examples=50, deadline=None)
@CASES
def test_psnr_is_its_formula(size, seed, hu_range):
    image, truth = pair(size, seed)
    differences, width = (
        (shown(image, hu_range) - shown(truth, hu_range))[ct.in_circle(size)],
        hu_range[1] - hu_range[0],
    )
    expected = 20 * np.log10(width / np.sqrt(np.mean(differences**2)))
    assert ct.psnr(image, truth, hu_range) == pytest.approx(expected, abs=1e-9)


@settings(max_examples=50, deadline=None)
@CASES
def test_psnr_is_that_of_the_square_but_for_the_pixels_that_say_nothing(size, seed, hu_range):
    image, truth = pair(size, seed)
    whole = peak_signal_noise_ratio(
        np.clip(truth.astype(float), *hu_range), np.clip(image.astype(float), *hu_range), data_range=np.ptp(hu_range)
    )
    share = ct.in_circle(size).mean()  # of the square, over which its mean runs
    assert ct.psnr(image, truth, hu_range) == pytest.approx(whole + 10 * np.log10(share), abs=1e-9)


@settings(max_examples=50, deadline=None)
@CASES
def test_ssim_is_its_formula(size, seed, hu_range):
    image, truth = pair(size, seed)
    x, y, width = shown(image, hu_range), shown(truth, hu_range), hu_range[1] - hu_range[0]
    mean_x, mean_y, unbiased = uniform_filter(x, 7), uniform_filter(y, 7), 49 / 48
    var_x, var_y = (uniform_filter(x * x, 7) - mean_x**2) * unbiased, (uniform_filter(y * y, 7) - mean_y**2) * unbiased
    cov = (uniform_filter(x * y, 7) - mean_x * mean_y) * unbiased
    a, b = (0.01 * width) ** 2, (0.03 * width) ** 2
    similar = (2 * mean_x * mean_y + a) * (2 * cov + b) / ((mean_x**2 + mean_y**2 + a) * (var_x + var_y + b))
    assert ct.ssim(image, truth, hu_range) == pytest.approx(similar[ct.in_circle(size)].mean(), abs=1e-9)


def test_ssim_in_the_middle_is_that_of_the_square():
    """Where no window of 7 x 7 pixels reaches beyond the circle, what lies there is of no account."""
    image, truth = pair(41, 0)
    whole = [shown(hu, CHEST, outside=np.clip(hu, *CHEST) + 1000) for hu in (truth, image)]
    similar = structural_similarity(*whole, data_range=2000, full=True)[1]
    position = np.arange(41) - 20
    inner = np.hypot(position, position[:, None]) < 20.5 - 3 * np.sqrt(2)
    cut = structural_similarity(*(shown(hu, CHEST) for hu in (truth, image)), data_range=2000, full=True)[1]
    np.testing.assert_allclose(similar[inner], cut[inner], atol=1e-9)
    assert ct.ssim(image, truth, CHEST) == pytest.approx(cut[ct.in_circle(41)].mean(), abs=1e-9)


@SCORES
@pytest.mark.parametrize("hu_range", [CHEST, (3000, 3010)], ids=str)
def test_the_zero_of_the_scale_does_not_matter(score, hu_range):
    image, truth = pair(24, 1, spread=(hu_range[1] - hu_range[0]) / 8)
    middle = sum(hu_range) / 2
    shifted = score(image + middle, truth + middle, hu_range)
    width = hu_range[1] - hu_range[0]
    assert shifted == pytest.approx(score(image + width / 2, truth + width / 2, (0, width)), abs=1e-3)


def test_ssim_forgives_a_small_difference_around_0_hu():
    """By ratios of signed HU, 2 HU and -2 HU would be opposites; on a screen they are one grey."""
    truth = random_images(32, 32) + 2
    assert ct.ssim(truth - 4, truth, SOFT_TISSUE) > 0.99


@SCORES
@pytest.mark.parametrize("dtype", [np.float32, np.int16, np.float64])
def test_equal_images_get_the_best_score_without_a_warning(score, dtype):
    image = pair(16, 0)[0].astype(dtype)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        scores = score(np.stack([image, image + 50]), np.stack([image, image]), CHEST)
    assert scores[0] == (np.inf if score is ct.psnr else 1)
    assert scores[1] < (40 if score is ct.psnr else 0.999)


def test_a_wider_range_flatters():
    image, truth = (hu.clip(-100, 100) for hu in pair(64, 0, spread=80))
    wide, middle, narrow = (ct.psnr(image, truth, hu_range) for hu_range in ((-1000, 3000), CHEST, SOFT_TISSUE))
    assert wide - middle == pytest.approx(20 * np.log10(4000 / 2000), abs=1e-6)  # nothing is clipped
    assert middle - narrow == pytest.approx(20 * np.log10(2000 / 400), abs=1e-6)
    assert narrow > 20
    assert ct.ssim(image, truth, CHEST) > ct.ssim(image, truth, SOFT_TISSUE)


@SCORES
def test_there_is_no_default_range(score):
    assert inspect.signature(score).parameters["hu_range"].default is inspect.Parameter.empty
    with pytest.raises(TypeError, match="hu_range"):
        score(*pair(16, 0))


@SCORES
def test_neither_what_is_outside_the_circle_nor_beyond_the_range_counts(score):
    image, truth = pair(16, 0)
    expected = score(image, truth, CHEST)
    assert score(np.where(ct.in_circle(16), image, 3000), np.where(ct.in_circle(16), truth, -5000), CHEST) == expected
    beyond = [np.where(hu >= 1000, 9000, np.where(hu <= -1000, -9000, hu)) for hu in (image, truth)]
    assert score(*beyond, CHEST) == expected
    assert score(image, truth, (-200, 200)) != expected


@SCORES
@pytest.mark.parametrize("shape", [(), (1,), (3,), (2, 2), (0,)])
def test_a_batch_gets_a_score_for_each_slice(score, shape):
    image, truth = random_images(2, *shape, 9, 9) * 300
    kept = image.copy(), truth.copy()
    scores = score(image, truth, CHEST)
    assert np.shape(scores) == shape
    assert isinstance(scores, np.ndarray if shape else float)
    for index in np.ndindex(shape):
        assert scores[index] == score(image[index], truth[index], CHEST)
    np.testing.assert_array_equal((image, truth), kept)


@SCORES
def test_lists_tensors_views_and_whole_numbers_are_taken(score):
    image, truth = (hu.round() for hu in pair(12, 0))
    expected = score(image, truth, CHEST)
    image.flags.writeable = False
    for one in (
        image.tolist(),
        torch.tensor(truth * 0 + image),
        image.astype(np.int16),
        np.asfortranarray(image),
        image,
    ):
        assert score(one, truth.astype(float), np.array(CHEST)) == pytest.approx(expected, rel=1e-12)
    turned = score(image[::-1, ::-1], truth[::-1, ::-1], list(CHEST))
    assert turned == pytest.approx(expected, rel=1e-12)


def test_the_smallest_images():
    assert np.isinf(ct.psnr(np.zeros((2, 2)), np.zeros((2, 2)), CHEST))
    assert ct.ssim(np.zeros((7, 7)), np.zeros((7, 7)), CHEST) == 1
    for size in (2, 6):
        with pytest.raises(ValueError, match=r"truth must be square slices, .* at least 7 rows"):
            ct.ssim(np.zeros((size, size)), np.zeros((size, size)), CHEST)
