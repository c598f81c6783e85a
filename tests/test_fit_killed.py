"""One training run that is killed twenty times, anywhere in our code or in PyTorch's, and resumed each time."""

import os
import random
import signal
import sys

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader
from training import Augmented, accuracy, fit, in_new_process, network, same, weights

from coursekit import train

EPOCHS = KILLS = 20


def die_at(call, log):
    """Kill this process at the n-th call of a Python function, and say where that is; all calls so far."""
    calls = []

    def count(frame, event, argument):
        if event == "call":
            calls.append(1)
            if len(calls) == call:
                with open(log, "a") as file:
                    file.write(f"{frame.f_code.co_filename} {frame.f_code.co_name}\n")
                os.kill(os.getpid(), signal.SIGKILL)

    sys.setprofile(count)
    return calls


def run(folder, dies_at=0):
    """Train with all that has a state: momentum, a scheduler, dropout, augmentation, shuffling, the best weights."""
    checkpoint = folder / "run.ckpt"
    train.seed_everything(99 if checkpoint.exists() else 1)  # who goes on begins with other random numbers and weights
    model = network()
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.05)
    loader = DataLoader(Augmented(), 16, shuffle=True, generator=torch.Generator().manual_seed(3))
    calls = die_at(dies_at, folder / "log")
    history = fit(
        model,
        loader,
        DataLoader(Augmented(), 16),
        optimizer=optimizer,
        scheduler=torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=1),
        metrics={"accuracy": accuracy},
        epochs=EPOCHS,
        checkpoint=checkpoint,
        resume=True,
    )
    sys.setprofile(None)
    numbers = torch.rand(1), float(np.random.rand()), random.random()
    result = {"weights": weights(model), "history": vars(history), "random": numbers, "calls": len(calls)}
    torch.save(result, folder / "result.pt")


@pytest.fixture(scope="module")
def uncut(tmp_path_factory):
    """What a run that was never cut ends with."""
    folder = tmp_path_factory.mktemp("uncut")
    assert in_new_process(run, folder) == 0
    return torch.load(folder / "result.pt")


def test_killed_twenty_times_it_ends_as_one_that_was_never_cut(uncut, tmp_path):
    moments = random.Random(1)
    epoch = uncut["calls"] // EPOCHS
    for _ in range(KILLS):  # within two epochs, so that the run cannot be over before the last of them
        assert in_new_process(run, tmp_path, dies_at=moments.randint(1, int(1.8 * epoch))) == -signal.SIGKILL
        assert not (tmp_path / "result.pt").exists()
    assert in_new_process(run, tmp_path) == 0
    found = torch.load(tmp_path / "result.pt")
    assert found["history"] == uncut["history"]
    assert len(found["history"]["rows"]) == EPOCHS
    assert same(found["weights"], uncut["weights"])
    assert found["random"] == uncut["random"]
    places = (tmp_path / "log").read_text().split("\n")[:-1]
    assert len(places) == KILLS
    assert len(set(places)) > KILLS // 2, "the moments are spread over the code"
