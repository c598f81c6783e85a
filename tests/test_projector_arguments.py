"""The projector takes every kind and shape of numbers that makes sense, and names what does not."""

import numpy as np
import pytest
import torch
from ct_images import random_images

from coursekit.ct import Projector

torch.set_num_threads(1)
SMALL = Projector(16, 6, 2.5)
IMAGES = random_images(3, 16, 16)
SINOGRAMS = random_images(3, 6, 16, seed=1)
METHODS = pytest.mark.parametrize(
    ("method", "values"), [("forward", IMAGES), ("back", SINOGRAMS), ("fbp", SINOGRAMS)], ids=["forward", "back", "fbp"]
)


@METHODS
def test_arrays_and_tensors_of_every_kind_and_shape_are_taken(method, values):
    apply = getattr(SMALL, method)
    values = (10 * values).round()
    expected, kept = apply(values), values.copy()
    assert (type(expected), expected.dtype, expected.flags.c_contiguous) == (np.ndarray, np.float32, True)
    for kind in ("float64", "int16", ">f4", "float16", "longdouble"):
        np.testing.assert_allclose(apply(values.astype(kind)), expected, rtol=1e-6)
    read_only = values[..., ::-1].copy()[..., ::-1]
    read_only.flags.writeable = False
    for one in (values.tolist(), np.asfortranarray(values), read_only, values[None, :, None]):
        np.testing.assert_allclose(np.reshape(apply(one), expected.shape), expected, rtol=1e-6)
    for kind in (torch.float64, torch.float16, torch.int16):
        found = apply(torch.tensor(values).to(kind))
        assert (found.dtype, found.is_contiguous()) == (torch.float32, True)
        np.testing.assert_allclose(found, expected, rtol=1e-6)
    for i in range(3):
        np.testing.assert_allclose(apply(values[i]), expected[i], rtol=1e-5, atol=1e-3)
    for empty in (values[:0], torch.tensor(values[:0])):
        assert tuple(apply(empty).shape) == (0, *expected.shape[1:])
    np.testing.assert_array_equal(values, kept)


@METHODS
def test_values_that_make_no_sense_are_named(method, values):
    name, one = "mu" if method == "forward" else "sinogram", values[0]
    tensor = torch.tensor(one)
    infinite = np.where(one > 1, np.inf, one)
    for bad in (
        one[:-1],
        one[:, 1:],
        one[0],
        3.0,
        [],
        one * np.nan,
        infinite,
        one.astype(float) * 1e300,
        tensor[1:],
        tensor / 0,
    ):
        with pytest.raises(ValueError, match=rf"^{name} must "):
            getattr(SMALL, method)(bad)
    for bad in (None, "image", one > 0, one * 1j, [[1, 2], [3]], tensor > 0, tensor * 1j):
        with pytest.raises(TypeError, match=rf"^{name} must "):
            getattr(SMALL, method)(bad)


SIZES = {"size": 8, "n_angles": 180}


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        *(("size", bad) for bad in (0, 1, -3, 8.0, "8", None, True, [8])),
        *(("n_angles", bad) for bad in (0, -1, 2.5, "2", None, True)),
        *(("pixel_mm", bad) for bad in (0, -1.0, np.nan, np.inf, 10**400, "1", None, True, np.array([1.0]))),
        ("window", "Ramp"),
        *(("window", bad) for bad in (None, 3, ["ramp"], np.array(["ramp"]), "")),
        *(("cutoff", bad) for bad in (0, -0.5, 1.01, np.nan, "1", None, True)),
        *(("size and n_angles", bad) for bad in (5000, 10**30)),  # too large for any memory
    ],
    ids=str,
)
def test_a_wrong_argument_is_named(name, bad):
    given = {name.partition(" ")[0]: bad}
    with pytest.raises((TypeError, ValueError), match=rf"^{name} must "):
        SMALL.fbp(SINOGRAMS, **given) if name in ("window", "cutoff") else Projector(**SIZES | given)
