"""One seed makes every random number repeatable; the device is chosen by the environment, else by what is there."""

import random

import numpy as np
import pytest
import torch

from coursekit import train
from coursekit.train import pick_device, seed_everything


def draws():
    return [random.random(), float(np.random.rand()), float(torch.rand(1)), int(torch.randperm(1000)[0])]


@pytest.mark.parametrize("seed", [0, 7, np.int64(7), 2**32 - 1])
def test_the_same_seed_gives_the_same_numbers(seed):
    seed_everything(seed)
    first = draws()
    assert draws() != first
    seed_everything(seed)
    assert draws() == first


def test_another_seed_gives_other_numbers_in_each_library():
    seed_everything(1)
    first = draws()
    seed_everything(2)
    assert all(a != b for a, b in zip(first, draws(), strict=True))


def test_a_trained_network_can_be_repeated():
    def weights():
        seed_everything(5)
        layer = torch.nn.Linear(3, 1)
        optimizer = torch.optim.SGD(layer.parameters(), lr=0.1)
        for _ in range(5):
            layer(torch.randn(8, 3)).pow(2).mean().backward()
            optimizer.step()
        return layer.weight.tolist()

    assert weights() == weights()


@pytest.fixture
def machine(monkeypatch):
    """Make the machine one with or without CUDA and MPS."""

    def make(cuda, mps, chosen=None):
        monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
        if chosen is None:
            monkeypatch.delenv("COURSEKIT_DEVICE", raising=False)
        else:
            monkeypatch.setenv("COURSEKIT_DEVICE", chosen)

    return make


@pytest.mark.parametrize(
    ("cuda", "mps", "expected"),
    [(True, True, "cuda"), (True, False, "cuda"), (False, True, "mps"), (False, False, "cpu")],
)
@pytest.mark.parametrize("chosen", [None, ""])
def test_cuda_comes_before_mps_before_the_cpu(machine, cuda, mps, expected, chosen):
    machine(cuda, mps, chosen)
    assert pick_device() == torch.device(expected)


@pytest.mark.parametrize("chosen", ["cpu", "cpu:0"])
def test_the_environment_wins(machine, chosen):
    machine(cuda=True, mps=True, chosen=chosen)
    assert pick_device() == torch.device(chosen)


@pytest.mark.parametrize("chosen", ["banana", "cuda:99", "meta", "0.5", " "])
def test_a_device_that_is_not_there_is_named(machine, chosen):
    machine(cuda=True, mps=True, chosen=chosen)
    with pytest.raises(ValueError, match=rf"^COURSEKIT_DEVICE: expected a device of this machine, .* got '{chosen}'$"):
        pick_device()


def test_training_takes_the_picked_device(machine):
    machine(cuda=False, mps=False, chosen="banana")
    model = torch.nn.Linear(2, 1)
    batch = [(torch.ones(4, 2), torch.ones(4, 1))]
    options = {"loss_fn": torch.nn.MSELoss(), "optimizer": torch.optim.SGD(model.parameters()), "epochs": 1}
    calls = [
        lambda **device: train.fit(model, batch, **options, **device),
        lambda **device: train.evaluate(model, batch, loss_fn=torch.nn.MSELoss(), **device),
        lambda **device: train.predict(model, batch[0][0], **device),
    ]
    for call in calls:
        with pytest.raises(ValueError, match=r"^COURSEKIT_DEVICE: "):
            call()
        assert call(device="cpu") is not None
