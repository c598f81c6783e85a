"""The projector against scikit-image, against itself turned or transposed, and against autograd."""

import time
import tracemalloc

import numpy as np
import pytest
import torch
from ct_images import BLOBS, disc, random_images, smooth
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage
from skimage.data import shepp_logan_phantom
from skimage.transform import iradon, radon, resize

from coursekit import ct
from coursekit._ct.projector import _matrix_on, _system_matrix
from coursekit.ct import Projector

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


@settings(max_examples=25, deadline=None)
@given(BLOBS, st.sampled_from([45, 65, 81]), st.sampled_from([1, 7, 20, 36]))
def test_it_agrees_with_scikit_image_where_the_centres_are_the_same(blobs, size, n_angles):
    image = smooth(size, blobs)
    theirs = radon(image, degrees(n_angles)).T
    assert relative_error(Projector(size, n_angles).forward(image), theirs) < 0.005


@settings(max_examples=15, deadline=None)
@given(BLOBS, st.sampled_from([48, 64, 80]), st.sampled_from([1, 7, 20, 36]))
def test_it_agrees_with_scikit_image_after_half_a_pixel_where_they_are_not(blobs, size, n_angles):
    """Of an even size, scikit-image's centre is pixel size // 2: half a pixel right of ours and below it.

    The ray that we number x cos - y sin from our centre has the number x cos - y sin - (cos - sin) / 2 from theirs, and
    element size // 2 of theirs is 0, where ours counts from the middle, (size - 1) / 2.
    """
    image = smooth(size, blobs)
    theirs = radon(image, degrees(n_angles)).T
    angles = np.deg2rad(degrees(n_angles))
    ahead = (np.cos(angles) - np.sin(angles) - 1) / 2
    moved = [ndimage.shift(row, by, order=3) for row, by in zip(theirs, ahead, strict=True)]
    ours = Projector(size, n_angles).forward(image)
    assert relative_error(ours, np.array(moved)) < 0.005
    if n_angles > 1:  # at 0 degrees the two halves cancel
        assert relative_error(ours, theirs) > 0.05


@settings(max_examples=25, deadline=None)
@given(st.integers(2, 40), st.integers(1, 24), st.floats(0.1, 10), st.integers(0, 2**32))
def test_back_is_the_transpose_of_forward(size, n_angles, pixel_mm, seed):
    projector = Projector(size, n_angles, pixel_mm)
    x, y = random_images(2, size, size, seed=seed), random_images(2, n_angles, size, seed=seed + 1)
    forward, back = projector.forward(x), projector.back(y)
    assert abs(dot(forward, y) - dot(x, back)) < 1e-5 * np.linalg.norm(forward) * np.linalg.norm(y)


@pytest.mark.parametrize("method", ["forward", "back", "fbp"])
def test_all_three_are_linear(method):
    apply = getattr(SMALL, method)
    one, other, _ = IMAGES if method == "forward" else SINOGRAMS
    assert relative_error(apply(3 * one - 0.5 * other), 3 * apply(one) - 0.5 * apply(other)) < 1e-5


@pytest.mark.parametrize(("size", "n_angles"), [(128, 180), (256, 180), (256, 360)])
def test_fbp_of_the_shepp_logan_phantom_is_at_least_as_accurate_as_that_of_scikit_image(size, n_angles):
    phantom = resize(shepp_logan_phantom(), (size, size))
    projector, angles = Projector(size, n_angles), degrees(n_angles)
    theirs = iradon(radon(phantom, angles), angles, filter_name="ramp")
    seen = ct.in_circle(size) & (theirs != 0)  # what both see
    ours = projector.fbp(projector.forward(phantom))
    rms = [np.sqrt(((image - phantom)[seen] ** 2).mean()) for image in (ours, theirs)]
    assert rms[0] <= rms[1] < 0.04


@pytest.mark.parametrize("size", [32, 33])
@pytest.mark.parametrize("n_angles", [2, 12, 20])  # with and without 45 degrees
def test_a_quarter_turn_of_the_slice_moves_the_sinogram_by_half_its_angles(size, n_angles):
    image = np.where(ct.in_circle(size), random_images(size, size), 0)
    projector = Projector(size, n_angles)
    still, turned = projector.forward(image), projector.forward(np.rot90(image, -1))
    np.testing.assert_allclose(turned[: n_angles // 2], still[n_angles // 2 :], atol=1e-4)
    np.testing.assert_allclose(turned[n_angles // 2 :], still[: n_angles // 2, ::-1], atol=1e-4)  # from the other side


@settings(max_examples=25, deadline=None)
@given(BLOBS, st.integers(48, 65), st.integers(1, 40), st.floats(0.1, 10))
def test_each_projection_sums_to_the_integral_of_the_slice(blobs, size, n_angles, pixel_mm):
    image = smooth(size, blobs)
    sums = Projector(size, n_angles, pixel_mm).forward(image).sum(axis=-1)
    np.testing.assert_allclose(sums, image.sum() * pixel_mm, rtol=0.0005)


def test_a_pixel_in_mm_scales_lengths_and_fbp_undoes_it():
    image = smooth(64, [(0.2, 1.0, 0.15, 1.0)])
    pixels, mm = Projector(64, 90), Projector(64, 90, 0.5)
    np.testing.assert_allclose(mm.forward(image), pixels.forward(image) / 2, rtol=1e-6)
    for projector in (pixels, mm):
        assert np.abs(projector.fbp(projector.forward(image)) - image)[ct.in_circle(64)].max() < 0.03


def test_windows_and_cutoff_lower_the_noise_and_keep_the_level():
    projector = Projector(64, 90)
    sinogram, noise = projector.forward(disc(64, 0.8, 1.0, 0.0)), random_images(90, 64)
    flat = disc(64, 0.4, 1.0, 0.0) == 1
    sd = []
    for window, cutoff in (("ramp", 1.0), ("shepp-logan", 1.0), ("hann", 1.0), ("ramp", 0.4), ("hann", 0.4)):
        assert projector.fbp(sinogram, window, cutoff)[flat].mean() == pytest.approx(1, abs=0.005)
        sd.append(projector.fbp(noise, window, cutoff)[flat].std())
    assert sd == sorted(sd, reverse=True)
    assert sd[-1] < sd[0] / 4


def test_gradients_are_those_of_the_transpose():
    x, y = torch.tensor(IMAGES, requires_grad=True), torch.tensor(SINOGRAMS, requires_grad=True)
    (SMALL.forward(x) * torch.tensor(SINOGRAMS)).sum().backward()
    np.testing.assert_allclose(x.grad, SMALL.back(SINOGRAMS), rtol=1e-5, atol=1e-5)
    (SMALL.back(y) * torch.tensor(IMAGES)).sum().backward()
    np.testing.assert_allclose(y.grad, SMALL.forward(IMAGES), rtol=1e-5, atol=1e-5)
    y.grad = None
    (SMALL.fbp(y) * torch.tensor(IMAGES)).sum().backward()  # linear: <fbp z, x> = <z, gradient>
    other = random_images(3, 6, 16, seed=2)
    assert dot(SMALL.fbp(other), IMAGES) == pytest.approx(dot(other, y.grad.numpy()), rel=1e-4)


def test_gradients_are_those_of_finite_differences():
    """A quadratic loss has no third derivative: central differences are exact."""

    def loss(x):
        return (SMALL.fbp(SMALL.forward(x)).double() - 1).square().sum()

    x = torch.tensor(IMAGES, dtype=torch.float64, requires_grad=True)
    (gradient,) = torch.autograd.grad(loss(x), x, create_graph=True)
    step = torch.tensor(random_images(3, 16, 16, seed=3)).double()
    numeric = (loss(x + step) - loss(x - step)).detach() / 2
    assert (gradient * step).sum().item() == pytest.approx(numeric.item(), rel=1e-4)
    (curvature,) = torch.autograd.grad((gradient * step).sum(), x)  # and again through the gradient
    second = (loss(x + step) - 2 * loss(x) + loss(x - step)).detach()
    assert (curvature * step).sum().item() == pytest.approx(second.item(), rel=1e-4)


def test_what_is_cached_while_gradients_are_off_can_be_used_when_they_are_on():
    projector = Projector(11, 3)
    with torch.inference_mode():
        expected = projector.fbp(projector.forward(torch.ones(11, 11)))
    x = torch.ones(11, 11, requires_grad=True)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = projector.fbp(projector.forward(x))
    assert torch.equal(found, expected)
    found.sum().backward()
    assert x.grad.isfinite().all()


@pytest.mark.parametrize("transposed", [False, True])
def test_the_matrix_of_the_gpu_is_that_of_scipy(transposed):
    ours = _matrix_on(torch.device("cpu"), 16, 6, transposed)
    torch.sparse_coo_tensor(ours.indices(), ours.values(), ours.shape, is_coalesced=True, check_invariants=True)
    matrix = SMALL.matrix.T if transposed else SMALL.matrix
    columns = random_images(matrix.shape[1], 5)
    product = torch.sparse.mm(ours, torch.from_numpy(columns))
    np.testing.assert_allclose(product, matrix @ columns, rtol=1e-5, atol=1e-5)


def test_a_matrix_is_made_once_and_cannot_be_changed():
    made = Projector(20, 5)
    assert Projector(np.int64(20), 5, 0.7).matrix is made.matrix
    assert Projector(20, 6).matrix is not made.matrix
    for part in (made.matrix.data, made.matrix.indices, made.matrix.indptr):
        with pytest.raises(ValueError, match="read-only"):
            part[0] = 1


def test_a_matrix_is_small_and_made_quickly():
    seconds = []
    for _ in range(3):
        start = time.process_time()
        _system_matrix.__wrapped__(128, 180)
        seconds.append(time.process_time() - start)
    assert min(seconds) < 0.4
    tracemalloc.start()
    try:
        matrix = _system_matrix.__wrapped__(256, 180)
        held, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert matrix.data.nbytes + matrix.indices.nbytes + matrix.indptr.nbytes < 140e6  # as the docstring says
    assert held <= peak < 250e6


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
