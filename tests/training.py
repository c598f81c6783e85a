"""Small data, a small network, the training loop written by hand, and new processes, for the tests of training."""

import functools
import multiprocessing
import os
import random
from contextlib import contextmanager
from unittest.mock import patch

import numpy as np
import torch
from torch import nn
from torch.optim import lr_scheduler
from torch.utils.data import DataLoader, Dataset, TensorDataset

from coursekit import train

torch.set_num_threads(1)  # for networks this small, threads only wait for each other

ROWS = 50  # in batches of 16: three, and a last one with only 2 rows
INPUTS = torch.randn(ROWS, 4, generator=torch.Generator().manual_seed(0))
TARGETS = (INPUTS[:, 0] > 0).long()
CROSS_ENTROPY = nn.CrossEntropyLoss()
evaluate = functools.partial(train.evaluate, device="cpu")
predict = functools.partial(train.predict, device="cpu")


def batches(targets=TARGETS, **options):
    return DataLoader(TensorDataset(INPUTS, targets), 16, **options)


def network(outputs=2):
    """Its dropout draws random numbers; its batch normalisation has buffers, and differs between the modes."""
    return nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.2), nn.Linear(8, outputs))


def seeded(outputs=2):
    train.seed_everything(0)
    return network(outputs)


def accuracy(outputs, targets):
    return (outputs.argmax(1) == targets).float().mean()


def sgd(model, lr=0.1):
    return torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9)


def fit(model, loader, val=None, **options):
    """`train.fit` on the CPU, with whatever a test does not care about."""
    if "optimizer" not in options:
        options["optimizer"] = sgd(model)
    return train.fit(model, loader, val, **{"loss_fn": CROSS_ENTROPY, "epochs": 1, "device": "cpu"} | options)


def by_hand(model, loader, val=None, *, optimizer, epochs, scheduler=None, clip_norm=None):
    """What `fit` must do, as lab 4 writes it."""
    for _ in range(epochs):
        model.train()
        for inputs, targets in loader:
            optimizer.zero_grad()
            loss = CROSS_ENTROPY(model(inputs), targets)
            loss.backward()
            if clip_norm is not None:
                nn.utils.clip_grad_norm_(model.parameters(), clip_norm)
            optimizer.step()
            if isinstance(scheduler, lr_scheduler.OneCycleLR):
                scheduler.step()
        model.eval()
        with torch.no_grad():
            losses = [float(CROSS_ENTROPY(model(inputs), targets)) * len(inputs) for inputs, targets in val or ()]
        if isinstance(scheduler, lr_scheduler.ReduceLROnPlateau):
            scheduler.step(sum(losses) / ROWS)
        elif scheduler is not None and not isinstance(scheduler, lr_scheduler.OneCycleLR):
            scheduler.step()
    return model


def weights(model):
    """A copy of all parameters and buffers."""
    return {name: tensor.clone() for name, tensor in model.state_dict().items()}


def same(some, others):
    """Whether two dicts of tensors are equal bit for bit."""
    return some.keys() == others.keys() and all(torch.equal(some[name], others[name]) for name in some)


@contextmanager
def nothing_changed(model):
    """Assert that parameters, buffers and modes are afterwards as they were before."""
    before, modes = weights(model), [module.training for module in model.modules()]
    yield
    assert same(weights(model), before)
    assert [module.training for module in model.modules()] == modes


class Augmented(Dataset):
    """Rows with noise from the random numbers of Python, NumPy and PyTorch, as augmentations draw them."""

    def __len__(self):
        return ROWS

    def __getitem__(self, row):
        return INPUTS[row] + 0.1 * (random.random() + np.random.rand() + torch.randn(4)), TARGETS[row]


class At:
    """A loss that does something when it is called for the n-th time."""

    def __init__(self, n, action):
        self.n, self.action, self.calls = n, action, 0

    def __call__(self, outputs, targets):
        self.calls += 1
        if self.calls == self.n:
            self.action()
        return CROSS_ENTROPY(outputs, targets)


def interrupt():
    raise KeyboardInterrupt


# New processes are copies of one in which nothing has happened but the imports that take long: an optimiser brings
# torch._dynamo. They see no CUDA, which does not survive being copied.
_fresh = multiprocessing.get_context("forkserver")
_fresh.set_forkserver_preload(["coursekit.train", "torch._dynamo", "pytest"])


def start(function, *arguments, **options):
    """Call a function in a new process, which has this one's environment."""
    with patch.dict(os.environ, CUDA_VISIBLE_DEVICES=""):
        process = _fresh.Process(target=_call, args=(dict(os.environ), function, arguments, options))
        process.start()
    return process


def _call(environment, function, arguments, options):
    os.environ.clear()
    os.environ.update(environment)
    function(*arguments, **options)


def in_new_process(function, *arguments, **options):
    """Call a function in a new process; its exit status, or minus the number of the signal that killed it."""
    with started(function, *arguments, **options) as process:
        process.join(60)
        return process.exitcode


@contextmanager
def started(function, *arguments, **options):
    """Call a function in a new process that does not outlive the block: what hangs would keep a core and its locks."""
    process = start(function, *arguments, **options)
    try:
        yield process
    finally:
        process.kill()
        process.join()
