"""Slips that learners really make: each is answered by one error whose message names what to mend."""

import pytest

# what was done -> the call, the kind of error, words of its message
SLIPS = {}

# ---- training ---------------------------------------------------------------------------------------------------

SLIPS |= {}

# ---- data sets ----------------------------------------------------------------------------------------------------

import tempfile
from pathlib import Path

import numpy as np

from coursekit import data

DATA_FOLDER = tempfile.TemporaryDirectory()  # until the tests are over
DATA_FILES = Path(DATA_FOLDER.name)
np.savez(DATA_FILES / "digits.npz", images=np.zeros((4, 28, 28), np.uint8), labels=np.zeros(4))
(DATA_FILES / "page.npz").write_text("<html>Please log in</html>")

SLIPS |= {
    "places asked for with a word": (lambda: data.load_boston_housing(geo="yes"), TypeError, ["geo", "'yes'"]),
    "another set's file": (
        lambda: data.read_pneumoniamnist(DATA_FILES / "digits.npz"),
        data.DataError,
        ["digits.npz", "train_images", "or call fetch_pneumoniamnist"],
    ),
    "a web page saved as the file": (
        lambda: data.read_pneumoniamnist(DATA_FILES / "page.npz"),
        data.DataError,
        ["page.npz", "no .npz file", "call fetch_pneumoniamnist"],
    ),
    "a file that is not there": (
        lambda: data.read_pneumoniamnist("no.npz"),
        data.DataError,
        ["no.npz", "No such file", "Give another"],
    ),
    "a folder in place of the file": (
        lambda: data.read_pneumoniamnist(DATA_FILES),
        data.DataError,
        [str(DATA_FILES), "Is a directory", "Give another"],
    ),
    "no path at all": (lambda: data.read_pneumoniamnist(None), TypeError, ["path", "None"]),
}

# ---- CT and scans of one's own ------------------------------------------------------------------------------------

SLIPS |= {}

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
