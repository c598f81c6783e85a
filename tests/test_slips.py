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

import numpy as np  # noqa: E402

from coursekit import xray  # noqa: E402
from coursekit.errors import DataError  # noqa: E402

WHOSE, ILL = ["a", "a", "b", "c", "d"], [0, 0, 1, 0, 1]
SLIPS |= {
    "n and size exchanged": (lambda: xray.simulate_chest_xrays(128, 16), ValueError, ["size", "at least 32", "16"]),
    "another shortcut": (lambda: xray.simulate_chest_xrays(8, shortcut="letter"), ValueError, ["'marker'", "'letter'"]),
    "name without its ending": (
        lambda: xray.patient_id("person1_bacteria_2"),
        ValueError,
        ["filename", "IM-0115-0001.jpeg"],
    ),
    "a folder that is not there": (
        lambda: xray.ChestXrayFolder("data/chest_xrays"),
        DataError,
        ["no folder", "train, val"],
    ),
    "a list of folders": (lambda: xray.ChestXrayFolder(["train", "test"]), TypeError, ["root", "'train'"]),
    "one share, as test_size": (lambda: xray.split_by_patient(WHOSE, ILL, 0.2), ValueError, ["shares", "(0.8, 0.2)"]),
    "percent as shares": (
        lambda: xray.split_by_patient(WHOSE, ILL, (80, 20)),
        ValueError,
        ["shares", "add to 1", "80"],
    ),
    "labels of some rows": (lambda: xray.split_by_patient(WHOSE, ILL[1:]), ValueError, ["labels", "5", "got 4"]),
    "images as patients": (lambda: xray.split_by_patient(np.ones((5, 2)), ILL), ValueError, ["patients", "(5, 2)"]),
    "a missing patient": (
        lambda: xray.split_by_patient(["a", np.nan, "b"], [0, 1, 0]),
        TypeError,
        ["patients", "missing"],
    ),
    "a kind of one patient": (
        lambda: xray.split_by_patient(WHOSE, [0, 0, 1, 0, 0]),
        ValueError,
        ["1 with the label 1"],
    ),
}

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
