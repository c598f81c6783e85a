"""The projector against scikit-image, against itself turned or transposed, and against autograd."""

import numpy as np
import pytest
import torch
from ct_images import BLOBS, disc, random_images, smooth
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage
from skimage.data import shepp_logan_phantom
from skimage.transform import iradon, radon, resize

from coursekit.ct import in_circle
from coursekit.projector import Projector, _matrix_on

torch.set_num_threads(1)
SMALL = Projector(16, 6, 2.5)
IMAGES = random_images(3, 16, 16)
SINOGRAMS = random_images(3, 6, 16, seed=1)


def degrees(n_angles):
    return np.arange(n_angles) * 180 / n_angles


def dot(one, other):
    return np.vdot(one.astype(np.float64), other.astype(np.float64))


def relative_error(found, expected):
    return np.linalg.norm(found - expected) / np.linalg.norm(expected)


@settings(max_examples=20)
@given(BLOBS, st.integers(45, 80), st.sampled_from([1, 7, 20, 36]))
def test_it_agrees_with_scikit_image(blobs, size, n_angles):
    # Of an even size, their centre is pixel size // 2, half a pixel right of ours and below: their ray x cos - y sin is
    # (cos - sin) / 2 less than ours, and their element size // 2 is 0, where ours counts from the middle of all.
    image = smooth(size, blobs)
    theirs = radon(image, degrees(n_angles)).T
    ours = Projector(size, n_angles).forward(image)
    if size % 2 == 0:
        angles = np.deg2rad(degrees(n_angles))
        ahead = (np.cos(angles) - np.sin(angles) - 1) / 2
        theirs = np.array([ndimage.shift(row, by, order=3) for row, by in zip(theirs, ahead, strict=True)])
    assert relative_error(ours, theirs) < 0.005


@settings(max_examples=20)
@given(st.integers(2, 40), st.integers(1, 24), st.floats(0.1, 10), st.integers(0, 2**32))
def test_back_is_the_transpose_of_forward_and_both_are_in_mm(size, n_angles, pixel_mm, seed):
    projector = Projector(size, n_angles, pixel_mm)
    x, y = random_images(2, size, size, seed=seed), random_images(2, n_angles, size, seed=seed + 1)
    forward, back = projector.forward(x), projector.back(y)
    assert abs(dot(forward, y) - dot(x, back)) < 1e-5 * np.linalg.norm(forward) * np.linalg.norm(y)
    np.testing.assert_allclose(forward, Projector(size, n_angles).forward(x) * pixel_mm, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("pixel_mm", [1, 0.5])
def test_fbp_of_the_shepp_logan_phantom_is_at_least_as_accurate_as_that_of_scikit_image(pixel_mm):
    phantom, angles = resize(shepp_logan_phantom(), (128, 128)), degrees(180)
    projector = Projector(128, 180, pixel_mm)
    theirs = iradon(radon(phantom, angles), angles, filter_name="ramp")
    seen = in_circle(128) & (theirs != 0)  # what both see
    rms = [((image - phantom)[seen] ** 2).mean() for image in (projector.fbp(projector.forward(phantom)), theirs)]
    assert rms[0] <= rms[1] < 0.04**2


def test_filters_lower_the_noise_and_keep_the_level():
    projector = Projector(64, 90)
    sinogram, noise = projector.forward(disc(64, 0.8, 1.0, 0.0)), random_images(90, 64)
    flat = disc(64, 0.4, 1.0, 0.0) == 1
    sd = []
    for name in ("ramp", "shepp-logan", "hann"):
        assert projector.fbp(sinogram, name)[flat].mean() == pytest.approx(1, abs=0.005)
        sd.append(projector.fbp(noise, name)[flat].std())
    assert sd == sorted(sd, reverse=True)
    assert sd[-1] < sd[0] / 2


def test_gradients_are_those_of_finite_differences():
    """A quadratic loss has no third derivative: central differences are exact."""

    def loss(x):
        return (SMALL.fbp(SMALL.forward(x)).double() - 1).square().sum()

    x, step = (torch.tensor(random_images(3, 16, 16, seed=seed), dtype=torch.float64) for seed in (0, 3))
    (gradient,) = torch.autograd.grad(loss(x.requires_grad_()), x)
    numeric = (loss(x + step) - loss(x - step)).item() / 2
    assert (gradient * step).sum().item() == pytest.approx(numeric, rel=1e-4)


@pytest.mark.parametrize("transposed", [False, True])
def test_the_matrix_of_the_gpu_is_that_of_scipy(transposed):
    ours = _matrix_on(torch.device("cpu"), 16, 6, transposed)
    torch.sparse_coo_tensor(ours.indices(), ours.values(), ours.shape, is_coalesced=True, check_invariants=True)
    matrix = SMALL.matrix.T if transposed else SMALL.matrix
    columns = random_images(matrix.shape[1], 5)
    product = torch.sparse.mm(ours, torch.from_numpy(columns))
    np.testing.assert_allclose(product, matrix @ columns, rtol=1e-5, atol=1e-5)


def test_a_matrix_is_made_once_and_cannot_be_changed():
    matrix = Projector(20, 5).matrix
    assert Projector(np.int64(20), 5, 0.7).matrix is matrix is not Projector(20, 6).matrix
    with pytest.raises(ValueError, match="read-only"):
        matrix.data[0] = 1


@pytest.mark.parametrize(("method", "values"), [("forward", IMAGES), ("back", SINOGRAMS), ("fbp", SINOGRAMS)])
def test_arrays_and_tensors_of_every_kind_and_shape_are_taken(method, values):
    apply = getattr(SMALL, method)
    values = (10 * values).round()
    expected, kept = apply(values), values.copy()
    assert (type(expected), expected.dtype) == (np.ndarray, np.float32)
    for one in (values.astype(np.float64), values.astype(np.int16), values.tolist(), np.asfortranarray(values)):
        np.testing.assert_allclose(apply(one), expected, rtol=1e-6)
    for kind in (torch.float64, torch.int16):
        found = apply(torch.tensor(values).to(kind))
        assert found.dtype == torch.float32
        np.testing.assert_allclose(found, expected, rtol=1e-6)
    np.testing.assert_allclose(apply(values[1]), expected[1], rtol=1e-5, atol=1e-3)
    np.testing.assert_array_equal(apply(values[None, :, None])[0, :, 0], expected)
    np.testing.assert_array_equal(values, kept)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA")
def test_cuda_gives_the_same_and_gradients_too():
    x = torch.tensor(IMAGES, device="cuda", requires_grad=True)
    for autocast in (False, True):
        x.grad = None
        with torch.autocast("cuda", dtype=torch.float16, enabled=autocast):
            sinograms = SMALL.forward(x)
            images = SMALL.fbp(sinograms, "hann")
            (images * torch.tensor(IMAGES, device="cuda")).sum().backward()
        assert {t.device.type for t in (sinograms, images, x.grad)} == {"cuda"}
        assert relative_error(sinograms.detach().cpu().numpy(), SMALL.forward(IMAGES)) < 1e-5
        assert relative_error(images.detach().cpu().numpy(), SMALL.fbp(SMALL.forward(IMAGES), "hann")) < 1e-5
        assert dot(IMAGES, x.grad.cpu().numpy()) == pytest.approx(dot(IMAGES, images.detach().cpu().numpy()), rel=1e-4)
