"""A run that is cut, wherever, and resumed ends exactly as one that was not."""

import os
import random
import time

import numpy as np
import pytest
import torch
from torch.optim import lr_scheduler
from torch.utils.data import DataLoader
from training import At, Augmented, batches, die, fit, in_new_process, network, same, seeded, start, weights

from coursekit import train

EPOCHS = 7  # that the run takes: the fifth is the best, and it waits two more
MOMENTS = random.Random(6)


def run(folder, dies_at=0, workers=0, dies_in=None):
    """Train with all that depends on chance or has a state. Who goes on has other random numbers and weights."""
    checkpoint = folder / "run.ckpt"
    train.seed_everything(99 if checkpoint.exists() else 1)
    model = network()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
    if dies_in is not None:  # the process ends at the second call of it, so that there is an older checkpoint
        real, calls = getattr(os, dies_in), []
        setattr(os, dies_in, lambda *arguments: os._exit(9) if calls else calls.append(real(*arguments)))
    working = {"num_workers": workers, "multiprocessing_context": "fork"} if workers else {}
    history = fit(
        model,
        DataLoader(Augmented(), 16, shuffle=True, **working),
        DataLoader(Augmented(), 16, **working),
        loss_fn=At(dies_at, die),
        optimizer=optimizer,
        scheduler=lr_scheduler.OneCycleLR(optimizer, 0.1, total_steps=4 * 12),
        epochs=12,
        patience=2,
        checkpoint=checkpoint,
        resume=True,
    )
    everything = {"weights": weights(model), "history": vars(history), "random": torch.rand(1)}
    torch.save(everything, folder / "result.pt")


def result(folder):
    """What `run` left, once it was done."""
    assert sorted(path.name for path in folder.iterdir()) == ["result.pt", "run.ckpt"]
    return torch.load(folder / "result.pt")


def assert_same_results(folder, other):
    found, expected = result(folder), result(other)
    assert found["history"] == expected["history"]
    assert same(found["weights"], expected["weights"])
    assert found["random"] == expected["random"]


@pytest.fixture(scope="module", params=[0], ids=[""])
def uncut(request, tmp_path_factory):
    """The folder of a run that was never cut."""
    folder = tmp_path_factory.mktemp("uncut")
    assert in_new_process(run, folder, workers=request.param) == 0
    history = result(folder)["history"]
    assert (len(history["rows"]), history["stopped"]) == (EPOCHS, "no improvement")
    return folder


def pair_of_moments():
    """Calls of the loss at which two processes are killed: two batches are tried first, then eight make an epoch."""
    first = MOMENTS.randint(1, 2 + 8 * EPOCHS)
    complete = max(0, first - 3) // 8
    return first, MOMENTS.randint(1, 2 + 8 * (EPOCHS - complete))


@pytest.mark.parametrize("moments", [pair_of_moments() for _ in range(6)], ids=lambda pair: "{}-{}".format(*pair))
def test_killed_twice_and_resumed_the_run_ends_as_one_that_was_never_cut(uncut, tmp_path, moments):
    assert [in_new_process(run, tmp_path, dies_at=moment) for moment in moments] == [-9, -9]
    assert in_new_process(run, tmp_path) == 0
    assert_same_results(tmp_path, uncut)


def test_killed_from_outside_at_any_moment_it_also_does(uncut, tmp_path):
    checkpoint, written = tmp_path / "run.ckpt", 0
    for _ in range(3):
        process = start(run, tmp_path)
        while process.is_alive() and (not checkpoint.exists() or checkpoint.stat().st_mtime_ns == written):
            time.sleep(0.001)
        time.sleep(MOMENTS.uniform(0, 0.02))  # an epoch and its checkpoint take about as long
        process.kill()
        process.join()
        written = checkpoint.stat().st_mtime_ns
    assert in_new_process(run, tmp_path) == 0
    assert_same_results(tmp_path, uncut)


@pytest.mark.parametrize("uncut", [2], indirect=True, ids=["workers"])
def test_the_random_numbers_of_two_workers_go_on_too(uncut, tmp_path):
    assert in_new_process(run, tmp_path, dies_at=30, workers=2) == -9
    assert in_new_process(run, tmp_path, workers=2) == 0
    assert_same_results(tmp_path, uncut)


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_killed_while_it_writes_the_checkpoint_before_is_whole(uncut, tmp_path, step):
    assert in_new_process(run, tmp_path, dies_in=step) == 9
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run.ckpt", "run.ckpt.half-written"]
    assert len(torch.load(tmp_path / "run.ckpt")["rows"]) == 1
    assert in_new_process(run, tmp_path) == 0
    assert_same_results(tmp_path, uncut)


def test_a_run_that_has_ended_by_its_patience_returns_at_once_with_the_same_result(uncut, tmp_path):
    (tmp_path / "run.ckpt").write_bytes((uncut / "run.ckpt").read_bytes())
    assert in_new_process(run, tmp_path, dies_at=3) == 0  # the third call would be the first step's
    found, expected = result(tmp_path), result(uncut)
    assert found["history"] == expected["history"]
    assert same(found["weights"], expected["weights"])


def cut_and_uncut(make_optimizer, make_scheduler, tmp_path, loader=lambda: batches(shuffle=True)):
    """The same run of four epochs twice: in one go, and ended after two and resumed from another state."""

    def trained(epochs, resume, seed=0):
        train.seed_everything(seed)
        model = network()
        optimizer = make_optimizer(model)
        options = {"optimizer": optimizer, "scheduler": make_scheduler(optimizer), "resume": resume}
        history = fit(model, loader(), epochs=epochs, checkpoint=str(tmp_path / "run.ckpt"), **options)
        return weights(model), history.rows

    expected = trained(4, False)
    trained(2, False)
    return trained(4, True, seed=99), expected


def adam(model):
    return torch.optim.Adam(model.parameters(), lr=0.01)


SCHEDULERS = {
    "none": (adam, lambda optimizer: None),
    "MultiStepLR": (adam, lambda optimizer: lr_scheduler.MultiStepLR(optimizer, [1, 3])),
    "LambdaLR": (adam, lambda optimizer: lr_scheduler.LambdaLR(optimizer, lambda epoch: 0.9**epoch)),
    "ReduceLROnPlateau": (adam, lambda optimizer: lr_scheduler.ReduceLROnPlateau(optimizer, threshold=9, patience=0)),
    "CyclicLR": (
        lambda model: torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9),
        lambda optimizer: lr_scheduler.CyclicLR(optimizer, 0.01, 0.1, step_size_up=3),
    ),
    "two groups": (
        lambda model: torch.optim.AdamW(
            [{"params": model[0].parameters()}, {"params": model[4].parameters(), "lr": 1}]
        ),
        lambda optimizer: lr_scheduler.ExponentialLR(optimizer, 0.5),
    ),
    # torch.load takes NumPy's numbers for unknown code
    "NumPy's numbers": (
        lambda model: torch.optim.SGD(model.parameters(), lr=np.float64(0.1), momentum=np.float32(0.5)),
        lambda optimizer: lr_scheduler.MultiStepLR(optimizer, np.array([1, 3]), gamma=np.float64(0.5)),
    ),
    "a tensor as learning rate": (
        lambda model: torch.optim.Adam(model.parameters(), lr=torch.tensor(0.1)),
        lambda optimizer: lr_scheduler.StepLR(optimizer, 1),
    ),
}


@pytest.mark.parametrize("name", SCHEDULERS)
def test_optimisers_and_schedulers_go_on_where_they_were(name, tmp_path):
    (resumed, rows), (expected, expected_rows) = cut_and_uncut(*SCHEDULERS[name], tmp_path)
    assert same(resumed, expected)
    assert rows == expected_rows
    assert len({row["lr"] for row in rows}) > 1 or name == "none"


def test_the_loaders_own_generator_goes_on_too(tmp_path):
    def loader():
        return batches(shuffle=True, generator=torch.Generator().manual_seed(3))

    (resumed, _), (expected, _) = cut_and_uncut(adam, lambda optimizer: None, tmp_path, loader)
    assert same(resumed, expected)


def test_resume_without_the_file_begins_anew_and_without_resume_the_file_is_not_read(tmp_path):
    results = []
    (tmp_path / "old").write_text("no checkpoint")
    for options in ({"checkpoint": tmp_path / "new", "resume": True}, {"checkpoint": tmp_path / "old"}, {}):
        model = seeded()
        results.append((fit(model, batches(shuffle=True), epochs=2, **options).rows, weights(model)))
    for rows, trained in results[:2]:
        assert rows == results[2][0]
        assert same(trained, results[2][1])


def test_a_finished_run_returns_at_once_with_its_last_weights(tmp_path):
    model = seeded()
    first = fit(model, batches(), batches(), epochs=3, checkpoint=tmp_path / "run.ckpt")
    other, loss_fn = seeded(), At(0, None)
    again = fit(other, batches(), batches(), loss_fn=loss_fn, epochs=3, checkpoint=tmp_path / "run.ckpt", resume=True)
    assert again == first
    assert same(weights(other), weights(model))
    assert loss_fn.calls == 2  # only the batches that are tried


def test_a_run_ended_by_ctrl_c_can_be_resumed(tmp_path):
    def interrupt():
        raise KeyboardInterrupt

    options = {"epochs": 5, "patience": 5, "checkpoint": tmp_path / "run.ckpt"}
    model, whole = seeded(), seeded()
    history = fit(whole, batches(shuffle=True), batches(), **options)
    train.seed_everything(0)
    model = network()
    fit(model, batches(shuffle=True), batches(), loss_fn=At(2 + 2 * 8 + 3, interrupt), **options)
    assert fit(model, batches(shuffle=True), batches(), **options, resume=True) == history
    assert same(weights(model), weights(whole))
