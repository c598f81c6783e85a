"""What a training step costs with `coursekit.train.fit` and with others.

A small network (20-64-64-2) on batches of 16 is the worst case: a step by hand takes half a millisecond, so all that
is not PyTorch shows. Each trains 1,000 steps on one thread, in processor seconds, with what it needs to start. The
others' loggers, checkpoints and progress bars are off, while `fit` also computes the accuracy. Lightning gets the same
DataLoader as `fit` and the plain loop; skorch and fastai make their own.
"""

import logging
import os
import warnings
from functools import partial
from statistics import median
from unittest.mock import patch

import torch
from benchmarks.report import alternate, one_thread, ratios, spread, table, version
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from coursekit import train

PACKAGES = ("torch", "lightning", "skorch", "fastai")
BATCH, STEPS, RATE = 16, 100, 1e-3  # steps an epoch
LOSS = nn.CrossEntropyLoss()


def measure(rounds=5, epochs=10):
    loops = {"fit": _fit, "plain loop": _by_hand}
    peers = {"skorch": _skorch, "lightning": _lightning, "fastai": _fastai}
    loops |= {package: peers[package] for package in peers if version(package)}
    with one_thread():
        turns = alternate({name: partial(_trained, loops[name], _data(), epochs) for name in loops}, rounds)
    times = {name: ratios(turns[name], turns["plain loop"]) for name in loops}
    rows = [[name, spread(turns[name], 1e6 / STEPS / epochs), spread(times[name])] for name in loops]
    rows += [[name, "absent", "absent"] for name in peers if name not in loops]
    others = ", ".join(f"{name} {median(times[name]):.2f}" if name in times else f"{name} absent" for name in peers)
    lead = f"A training step of `fit` takes {median(times['fit']):.2f} times as long as the plain loop's ({others})."
    return lead, table(["", "Microseconds a step", "Time / time of the plain loop"], rows)


def _data():
    """1,600 rows and whether the first number of each is above zero."""
    inputs = torch.randn(BATCH * STEPS, 20, generator=torch.Generator().manual_seed(0))
    return TensorDataset(inputs, (inputs[:, 0] > 0).long())


def _trained(loop, data, epochs):
    model, (inputs, targets) = loop(data, epochs), data.tensors
    accuracy = (model(inputs).argmax(1) == targets).float().mean()
    assert accuracy > 0.7, f"{loop.__name__} has not learned: accuracy {accuracy:.2f}"


def _network():
    return nn.Sequential(nn.Linear(20, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 2))


def _loader(data):
    return DataLoader(data, BATCH, shuffle=True)


def _by_hand(data, epochs):
    model = _network()
    optimizer = torch.optim.Adam(model.parameters(), lr=RATE)
    model.train()
    for _ in range(epochs):
        for inputs, targets in _loader(data):
            optimizer.zero_grad()
            LOSS(model(inputs), targets).backward()
            optimizer.step()
    return model


def _fit(data, epochs):
    model = _network()
    optimizer = torch.optim.Adam(model.parameters(), lr=RATE)
    metrics = {"accuracy": lambda outputs, targets: (outputs.argmax(1) == targets).float().mean()}
    settings = {"epochs": epochs, "metrics": metrics, "device": "cpu"}
    train.fit(model, _loader(data), loss_fn=LOSS, optimizer=optimizer, **settings)
    return model


def _skorch(data, epochs):
    from skorch import NeuralNetClassifier

    settings = {"lr": RATE, "batch_size": BATCH, "max_epochs": epochs, "iterator_train__shuffle": True}
    settings |= {"train_split": None, "callbacks__print_log": None, "device": "cpu"}
    net = NeuralNetClassifier(_network(), criterion=nn.CrossEntropyLoss, optimizer=torch.optim.Adam, **settings)
    inputs, targets = data.tensors
    return net.fit(inputs.numpy(), targets.numpy()).module_


@patch.dict(os.environ, PYTORCH_NVML_BASED_CUDA_CHECK="1")
def _lightning(data, epochs):
    # Importing it sets this variable, and then every optimiser looks for a GPU's driver at each step: only its own may.
    import lightning

    class Module(lightning.LightningModule):
        def __init__(self):
            super().__init__()
            self.network = _network()

        def training_step(self, batch, _):
            inputs, targets = batch
            return LOSS(self.network(inputs), targets)

        def configure_optimizers(self):
            return torch.optim.Adam(self.parameters(), lr=RATE)

    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    off = dict.fromkeys(("logger", "enable_checkpointing", "enable_progress_bar", "enable_model_summary"), False)
    module = Module()
    with warnings.catch_warnings(action="ignore"):  # that there are few workers and few steps
        lightning.Trainer(max_epochs=epochs, accelerator="cpu", devices=1, **off).fit(module, _loader(data))
    return module.network


def _fastai(data, epochs):
    import fastai.callback.progress  # noqa: F401 - brings no_bar
    from fastai.callback.core import Callback, CancelValidException
    from fastai.data.core import DataLoaders
    from fastai.learner import Learner

    class NoValidation(Callback):
        def before_validate(self):
            raise CancelValidException

    loaders = DataLoaders.from_dsets(data, data, bs=BATCH, num_workers=0, device=torch.device("cpu"))
    learner = Learner(loaders, model := _network(), loss_func=LOSS, lr=RATE, cbs=NoValidation())
    with learner.no_bar(), learner.no_logging():
        learner.fit(epochs)
    return model
