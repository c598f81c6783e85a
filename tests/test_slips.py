"""Slips that learners really make: each is answered by one error whose message names what to mend."""

import pytest

# what was done -> the call, the kind of error, words of its message
SLIPS = {}

# ---- training ---------------------------------------------------------------------------------------------------

import torch
from torch import nn
from torch.optim.lr_scheduler import ReduceLROnPlateau
from torch.utils.data import DataLoader, TensorDataset

from coursekit import train

ROWS = TensorDataset(torch.ones(33, 4), torch.tensor([0, 1, 1] * 11))
LOADER = DataLoader(ROWS, 11, shuffle=True)
NETWORK = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Linear(8, 2))
OPTIMIZER = torch.optim.SGD(NETWORK.parameters(), lr=0.1)
CROSS_ENTROPY = nn.CrossEntropyLoss()


def fit(loader=LOADER, loss_fn=CROSS_ENTROPY, model=NETWORK, optimizer=OPTIMIZER, epochs=1, **options):
    return lambda: train.fit(model, loader, loss_fn=loss_fn, optimizer=optimizer, epochs=epochs, **options)


def fit_to(change, loss_fn=CROSS_ENTROPY, **options):
    """Train on other inputs and targets."""
    return fit(DataLoader(TensorDataset(*change(*ROWS.tensors)), 11), loss_fn, **options)


LINEAR = nn.Linear(4, 1)
ONE = {"model": LINEAR, "optimizer": torch.optim.SGD(LINEAR.parameters())}
SOFTMAX = {"model": nn.Sequential(NETWORK, nn.Softmax(1))}
RISING = ReduceLROnPlateau(OPTIMIZER, "max")
EMPTY = DataLoader(ROWS, 64, drop_last=True)

SLIPS |= {
    "data set in place of a loader": (fit(ROWS), TypeError, ["train: ", "give a DataLoader"]),
    "no whole batch": (fit(EMPTY), ValueError, ["train: holds no batch", "drop_last"]),
    "a column too few": (fit_to(lambda x, y: (x[:, 1:], y)), ValueError, ["inputs (11, 3)", "(11x3 and 4x8)"]),
    "inputs as bytes": (fit_to(lambda x, y: (x.byte(), y)), ValueError, ["torch.uint8", "measurements are float32"]),
    "classes as floats": (fit_to(lambda x, y: (x, y.float())), ValueError, ["class numbers int64"]),
    "crosswise": (
        fit_to(lambda x, y: (x, y.float()), nn.MSELoss(), **ONE),
        ValueError,
        ["targets (11,)", "outputs (11, 1)", "crosswise", "targets[:, None]"],
    ),
    "softmax before NLLLoss": (fit(loss_fn=nn.NLLLoss(), **SOFTMAX), ValueError, ["LogSoftmax, not of Softmax"]),
    "a last batch of one": (fit(DataLoader(ROWS, 16)), ValueError, ["one sample is left over", "drop_last=True"]),
    "optimiser of another network": (fit(optimizer=ONE["optimizer"]), ValueError, ["optimizer: ", "make it anew"]),
    "plateau of the best accuracy": (fit(scheduler=RISING), ValueError, ["scheduler: ", "mode='min'"]),
    "patience without validation": (fit(patience=3), ValueError, ["patience: needs val"]),
    "predictions in another order": (lambda: train.predict(NETWORK, LOADER), ValueError, ["inputs: ", "shuffle=False"]),
}

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

import numpy as np

from coursekit import ct
from coursekit.data import DataError

SLICE = np.zeros((8, 8))
SLIPS |= {
    "a slice that is not square": (lambda: ct.scan(SLICE[:, :7]), ValueError, ["hu must be square", "(8, 7)"]),
    "a slice with NaN": (lambda: ct.scan(SLICE * np.nan), ValueError, ["hu must", "NaN"]),
    "a slice of another size": (lambda: ct.Projector(16, 3).forward(SLICE), ValueError, ["mu", "(16, 16)", "(8, 8)"]),
    "a transposed sinogram": (lambda: ct.Projector(8, 3).fbp(SLICE[:, :3]), ValueError, ["sinogram", "(3, 8)"]),
    "HU instead of a sinogram": (lambda: ct.noisy_sinogram(SLICE - 1000, 1e4), ValueError, ["line integrals", "-1000"]),
    "no photons": (lambda: ct.simulate_low_dose(SLICE, 0, n_angles=3), ValueError, ["photons must be above 0"]),
    "a misspelt filter": (lambda: ct.reconstruct(SLICE, 300, "Ramp"), ValueError, ["filter", "hann", "'Ramp'"]),
    "a scan too fine": (lambda: ct.scan(SLICE, 720, size=512), ValueError, ["size", "512 and 720", "18 GB"]),
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

import numpy as np

from coursekit import xray
from coursekit.errors import DataError

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

import matplotlib.pyplot as plt
import numpy as np

from coursekit import plot, stats

ALT = "A line that rises from left to right."
ROWS = np.arange(5.0)


def drawing(k=1):
    return plt.Figure(), ALT


SLIPS |= {
    "axes given in place of the figure": (
        lambda: plot.show(plt.Figure().subplots(), ALT),
        TypeError,
        ["fig", "figure", "Axes"],
    ),
    "a figure with two words as its text": (lambda: plot.show(plt.Figure(), "A plot."), ValueError, ["alt", "A plot."]),
    "a slider for what draw does not take": (lambda: plot.explore(drawing, n=(1, 2)), ValueError, ["sliders", "n"]),
    "a draw that forgets return": (lambda: plot.explore(lambda k=1: None, k=(1, 2)), TypeError, ["draw", "None"]),
    "true values and scores of unequal length": (
        lambda: stats.bootstrap_interval(lambda t, s: 1.0, ROWS, ROWS[:3]),
        ValueError,
        ["arrays", "(5,)", "(3,)"],
    ),
    "no data": (lambda: stats.bootstrap_interval(np.mean, []), ValueError, ["arrays", "(0,)"]),
    "a group without its rows": (
        lambda: stats.bootstrap_interval(np.mean, ROWS, groups=[1, 2]),
        ValueError,
        ["groups", "5 rows", "(2,)"],
    ),
    "a patient's number that is missing": (
        lambda: stats.bootstrap_interval(np.mean, ROWS, groups=[1, 2, np.nan, 3, 3]),
        ValueError,
        ["groups", "missing"],
    ),
    "a level in percent": (lambda: stats.bootstrap_interval(np.mean, ROWS, level=95), ValueError, ["level", "95"]),
    "a metric that is NaN": (
        lambda: stats.bootstrap_interval(lambda v: np.nan, ROWS),
        ValueError,
        ["metric", "finite"],
    ),
}


@pytest.mark.parametrize("slip", SLIPS)
def test_the_message_names_what_to_mend(slip):
    call, kind, words = SLIPS[slip]
    with pytest.raises(kind) as caught:
        call()
    message = str(caught.value)
    assert all(word in message for word in words), message
    assert "\n" not in message
    assert len(message) < 400
