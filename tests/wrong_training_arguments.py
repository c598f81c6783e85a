"""Calls of `coursekit.train` in which one argument is wrong: function, argument, calls."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

LOADER = DataLoader(TensorDataset(torch.randn(6, 2), torch.tensor([0, 1] * 3)), batch_size=3)
NETWORK = nn.Linear(2, 2)
OPTIMIZER = torch.optim.SGD(NETWORK.parameters(), lr=0.1)
OTHER = torch.optim.SGD(nn.Linear(2, 2).parameters(), lr=0.1)
NOT_A_NUMBER = {"bad": lambda outputs, targets: torch.tensor(torch.nan)}
FIT = {
    "model": NETWORK,
    "train": LOADER,
    "loss_fn": nn.CrossEntropyLoss(),
    "optimizer": OPTIMIZER,
    "epochs": 1,
    "device": "cpu",
}
EVALUATE = {"model": NETWORK, "loader": LOADER, "loss_fn": nn.CrossEntropyLoss(), "device": "cpu"}
PREDICT = {"model": NETWORK, "inputs": torch.randn(3, 2), "device": "cpu"}


def calls(arguments, name, wrong, **others):
    """Calls with all arguments right but one."""
    return [lambda f, bad=bad: f(**{**arguments, **others, name: bad}) for bad in wrong]


BATCHES = (None, 3, [], [1], iter([]), [(torch.ones(2, 2),)], [(torch.ones(2, 2), torch.ones(3))])
WRONG_IN_FIT = {
    "model": (None, 3, NETWORK.forward),
    "train": BATCHES,
    "val": BATCHES[1:],
    "loss_fn": (None, 3, "cross-entropy", lambda outputs, targets: outputs, lambda outputs, targets: 1.0),
    "optimizer": (None, "Adam", OTHER, torch.optim.SGD),
    "epochs": (0, -1, 1.5, "3", None, True),
    "metrics": ([], [len], {1: len}, {"loss": len}, {"val_x": len}, {"a": 3}, NOT_A_NUMBER, {"a": abs}),
    "scheduler": (3, "cosine", torch.optim.lr_scheduler.StepLR(OTHER, 1)),
    "clip_norm": (0, -1, float("nan"), float("inf"), "1", True),
    "mixed_precision": (1, None, "yes"),
    "checkpoint": (3, "", b"file", "/no/such/folder/file.pt", "/"),
    "resume": (1, "yes", None, True),
    "device": ("toaster", 3.5, "cuda:99"),
}
WRONG_TRAINING = [("train.fit", name, calls(FIT, name, wrong)) for name, wrong in WRONG_IN_FIT.items()]
WRONG_TRAINING += [
    ("train.fit", "patience", calls(FIT, "patience", (0, 1.5, "1", True), val=LOADER) + calls(FIT, "patience", (1,))),
    *(("train.evaluate", name, calls(EVALUATE, name, WRONG_IN_FIT[name])) for name in ("model", "metrics", "device")),
    ("train.evaluate", "loader", calls(EVALUATE, "loader", BATCHES)),
    ("train.evaluate", "loss_fn", calls(EVALUATE, "loss_fn", WRONG_IN_FIT["loss_fn"][1:])),
    *(("train.predict", name, calls(PREDICT, name, WRONG_IN_FIT[name])) for name in ("model", "device")),
    ("train.predict", "inputs", calls(PREDICT, "inputs", (None, 3, [], torch.ones(0, 2), torch.tensor(1.0), [1]))),
    ("train.predict", "inputs", calls(PREDICT, "inputs", (DataLoader(LOADER.dataset, shuffle=True),))),
    ("train.predict", "batch_size", calls(PREDICT, "batch_size", (0, -1, 2.5, "8", None, True))),
]
