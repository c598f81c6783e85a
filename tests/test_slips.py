"""Slips that learners really make: each is answered by one error whose message names what to mend."""

import pytest

# what was done -> the call, the kind of error, words of its message
SLIPS = {}

# ---- training ---------------------------------------------------------------------------------------------------

import torch  # noqa: E402
from torch import nn  # noqa: E402
from torch.optim.lr_scheduler import ReduceLROnPlateau  # noqa: E402
from torch.utils.data import DataLoader, TensorDataset  # noqa: E402

from coursekit import train  # noqa: E402

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
    "a last batch of one": (fit(DataLoader(ROWS, 16)), ValueError, ["a batch of one", "drop_last=True", "batch_size"]),
    "optimiser of another network": (fit(optimizer=ONE["optimizer"]), ValueError, ["optimizer: ", "make it anew"]),
    "plateau of the best accuracy": (fit(scheduler=RISING), ValueError, ["scheduler: ", "mode='min'"]),
    "patience without validation": (fit(patience=3), ValueError, ["patience: needs val"]),
    "predictions in another order": (lambda: train.predict(NETWORK, LOADER), ValueError, ["inputs: ", "shuffle=False"]),
}

# ---- data sets ----------------------------------------------------------------------------------------------------

SLIPS |= {}

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
