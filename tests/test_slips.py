"""Slips that learners really make: each is answered by one error whose message names what to mend."""

import pytest

# what was done -> the call, the kind of error, words of its message
SLIPS = {}

# ---- training ---------------------------------------------------------------------------------------------------

SLIPS |= {}

# ---- data sets ----------------------------------------------------------------------------------------------------

SLIPS |= {}

# ---- CT and scans of one's own ------------------------------------------------------------------------------------

import numpy as np  # noqa: E402

from coursekit import ct  # noqa: E402
from coursekit.data import DataError  # noqa: E402

SLICE = np.zeros((8, 8))
SLIPS |= {
    "a slice that is not square": (lambda: ct.scan(SLICE[:, :7]), ValueError, ["hu must be square", "(8, 7)"]),
    "a slice with NaN": (lambda: ct.scan(SLICE * np.nan), ValueError, ["hu must", "NaN"]),
    "a slice of another size": (lambda: ct.Projector(16, 3).forward(SLICE), ValueError, ["mu", "(16, 16)", "(8, 8)"]),
    "a transposed sinogram": (lambda: ct.Projector(8, 3).fbp(SLICE[:, :3]), ValueError, ["sinogram", "(3, 8)"]),
    "HU instead of a sinogram": (lambda: ct.noisy_sinogram(SLICE - 1000, 1e4), ValueError, ["line integrals", "-1000"]),
    "no photons": (lambda: ct.simulate_low_dose(SLICE, 0, n_angles=3), ValueError, ["photons must be above 0"]),
    "a misspelt filter": (lambda: ct.reconstruct(SLICE, 300, "Ramp"), ValueError, ["filter", "hann", "'Ramp'"]),
    "a scan too fine": (lambda: ct.scan(SLICE, 720, size=512), ValueError, ["size", "512 and 720", "9 GB"]),
    "a size in fractions": (lambda: ct.Projector(256 / 2, 180), TypeError, ["size must be a whole number", "128"]),
    "one number as a range": (
        lambda: ct.psnr(SLICE, SLICE, 2000),
        ValueError,
        ["hu_range must be two numbers", "2000"],
    ),
    "scores of unlike shapes": (lambda: ct.ssim(SLICE[None], SLICE, (0, 1)), ValueError, ["image must", "(1, 8, 8)"]),
    "a folder that is not there": (lambda: ct.read_dicom_series("no/such"), DataError, ["no/such", "Give a folder"]),
}

# ---- chest X-rays -------------------------------------------------------------------------------------------------

SLIPS |= {}

# ---- figures and statistics ---------------------------------------------------------------------------------------

SLIPS |= {}


@pytest.mark.parametrize("slip", SLIPS)
def test_the_message_names_what_to_mend(slip):
    call, kind, words = SLIPS[slip]
    with pytest.raises(kind) as caught:
        call()
    message = str(caught.value)
    assert all(word in message for word in words), message
    assert "\n" not in message
    assert len(message) < 400
