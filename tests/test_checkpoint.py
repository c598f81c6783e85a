"""A run that is cut, wherever, and resumed ends exactly as one that was not; a file that does not fit is refused."""

import os
import random
import signal
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torch.optim import lr_scheduler
from torch.utils.data import DataLoader
from training import (
    At,
    Augmented,
    accuracy,
    batches,
    fit,
    in_new_process,
    interrupt,
    network,
    nothing_changed,
    same,
    seeded,
    sgd,
    weights,
)

from coursekit import train

EPOCHS = KILLS = 20


def die_at(call):
    """Kill this process at the n-th call of a Python function, in our code or in PyTorch's; all calls so far."""
    calls = []

    def count(frame, event, argument):
        if event == "call":
            calls.append(1)
            if len(calls) == call:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.setprofile(count)
    return calls


def run(folder, dies_at=0, dies_in=None):
    """Train with all that has a state: momentum, a scheduler, dropout, augmentation, shuffling, the best weights."""
    checkpoint = folder / "run.ckpt"
    train.seed_everything(99 if checkpoint.exists() else 1)  # who goes on begins with other random numbers and weights
    model = network()
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.05)
    loader = DataLoader(Augmented(), 16, shuffle=True, generator=torch.Generator().manual_seed(3))
    if dies_in is not None:  # the process ends at the second call of it, so that there is an older checkpoint
        real, done = getattr(os, dies_in), []
        setattr(os, dies_in, lambda *given: os.kill(os.getpid(), 9) if done else done.append(real(*given)))
    calls = die_at(dies_at)
    options = {"scheduler": lr_scheduler.ReduceLROnPlateau(optimizer, patience=1), "metrics": {"accuracy": accuracy}}
    options |= {"epochs": EPOCHS, "patience": EPOCHS, "checkpoint": checkpoint, "resume": True}
    history = fit(model, loader, DataLoader(Augmented(), 16), optimizer=optimizer, **options)
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


def assert_same_end(folder, uncut):
    assert in_new_process(run, folder) == 0
    found = torch.load(folder / "result.pt")
    assert found["history"] == uncut["history"]
    assert len(found["history"]["rows"]) == EPOCHS
    assert same(found["weights"], uncut["weights"])
    assert found["random"] == uncut["random"]


def test_killed_twenty_times_it_ends_as_one_that_was_never_cut(uncut, tmp_path):
    moments = random.Random(1)
    epoch = uncut["calls"] // EPOCHS
    for _ in range(KILLS):  # within two epochs, so that the run cannot be over before the last of them
        assert in_new_process(run, tmp_path, dies_at=moments.randint(1, int(1.8 * epoch))) == -signal.SIGKILL
    assert_same_end(tmp_path, uncut)


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_killed_while_it_writes_the_checkpoint_before_is_whole(uncut, tmp_path, step):
    assert in_new_process(run, tmp_path, dies_in=step) == -signal.SIGKILL
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run.ckpt", "run.ckpt.half-written"]
    assert len(torch.load(tmp_path / "run.ckpt")["rows"]) == 1
    assert_same_end(tmp_path, uncut)


def adam(model, lr=0.1):
    return torch.optim.Adam(model.parameters(), lr=lr)


def groups(model, lr=0.1):
    return torch.optim.SGD([{"params": model[:4].parameters()}, {"params": model[4].parameters(), "lr": lr / 2}], lr=lr)


ExponentialLR, NUMPY = lr_scheduler.ExponentialLR, np.array([1, 3])  # torch.load takes NumPy's for unknown code
SCHEDULERS = {
    "OneCycleLR": (sgd, lambda o: lr_scheduler.OneCycleLR(o, 0.1, total_steps=16)),
    "LambdaLR": (sgd, lambda o: lr_scheduler.LambdaLR(o, lambda epoch: 0.9**epoch)),
    "two": (sgd, lambda o: lr_scheduler.SequentialLR(o, [ExponentialLR(o, 0.9), ExponentialLR(o, 0.5)], [2])),
    "Plateau": (sgd, lambda o: lr_scheduler.ReduceLROnPlateau(o, patience=0, threshold=9, threshold_mode="abs")),
    "two groups": (groups, lambda o: ExponentialLR(o, 0.5)),
    "NumPy": (lambda model: sgd(model, np.float64(0.1)), lambda o: lr_scheduler.MultiStepLR(o, NUMPY, np.float64(0.5))),
    "tensor": (lambda model: adam(model, torch.tensor(0.1)), lambda o: lr_scheduler.StepLR(o, 1)),
}


@pytest.mark.parametrize("name", SCHEDULERS)
def test_optimisers_and_schedulers_go_on_where_they_were_also_with_the_same_objects_after_ctrl_c(name, tmp_path):
    make_optimizer, make_scheduler = SCHEDULERS[name]
    path, ends = tmp_path / "run.ckpt", []
    for seed, cut in ((0, False), (0, True), (99, False)):  # uncut; cut and resumed; resumed by another process
        train.seed_everything(seed)
        model = network()
        optimizer = make_optimizer(model)
        options = {"optimizer": optimizer, "scheduler": make_scheduler(optimizer), "epochs": 4}
        if cut:
            fit(model, batches(shuffle=True), loss_fn=At(1 + 2 * 4 + 2, interrupt), checkpoint=path, **options)
            early = path.read_bytes()
        more = {"checkpoint": path, "resume": True} if ends else {}
        ends.append((fit(model, batches(shuffle=True), **options, **more), weights(model)))
        if cut:
            path.write_bytes(early)
    (history, expected), *others = ends
    assert all(other == history and same(ours, expected) for other, ours in others)
    assert len(set(history["lr"])) > 1


def test_resume_begins_anew_without_a_file_and_returns_at_once_when_all_is_done(tmp_path):
    (tmp_path / "old").write_text("no checkpoint")
    results = []
    for options in ({}, {"checkpoint": tmp_path / "new", "resume": True}, {"checkpoint": tmp_path / "old"}):
        model = seeded()
        results.append((fit(model, batches(), batches(), epochs=2, patience=2, **options), weights(model)))
    assert all(history == results[0][0] and same(trained, results[0][1]) for history, trained in results)
    other, loss_fn = seeded(), At(0, None)
    options = {"epochs": 2, "patience": 2, "checkpoint": tmp_path / "new", "resume": True}
    assert fit(other, batches(), batches(), loss_fn=loss_fn, **options) == results[0][0]
    assert same(weights(other), results[0][1])
    assert loss_fn.calls == 2  # only the batches that are tried


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The content of a checkpoint after two epochs with validation and a schedule for three."""
    path = tmp_path_factory.mktemp("whole") / "run.ckpt"
    resume(path, seeded())
    return path.read_bytes()


def resume(path, model, optimizer=sgd, lr=0.1, schedule=lr_scheduler.CosineAnnealingLR, last=3, **options):
    optimizer = optimizer(model, lr)
    given = {"optimizer": optimizer, "scheduler": schedule and schedule(optimizer, last), "loader": batches()}
    given |= {"val": batches(), "metrics": {"accuracy": accuracy}, "epochs": 2} | options
    return fit(model, checkpoint=path, resume=True, **given)


def assert_refused(path, words, model=None, **options):
    """Nothing may change: the weights here are others than those in the file."""
    model, content = model or network(), path.read_bytes()
    with nothing_changed(model), pytest.raises(ValueError, match=rf"^checkpoint: {path} .*{words}") as caught:
        resume(path, model, **options)
    assert "\n" not in str(caught.value)
    assert path.read_bytes() == content


@pytest.mark.parametrize("kind", ["empty", "half", "nearly whole", "text", "weights"])
def test_a_file_that_is_cut_or_no_checkpoint_is_named(whole, tmp_path, kind):
    path = tmp_path / "run.ckpt"
    cuts = {"half": whole[: len(whole) // 2], "nearly whole": whole[:-1], "text": b"epoch,loss\n1,.5\n"}
    path.write_bytes(cuts.get(kind, b""))
    if kind == "weights":
        torch.save(seeded().state_dict(), path)
    assert_refused(path, r"is damaged or no checkpoint of fit \(\w+\); give another file, or resume=False")


OTHERS = {
    "learning rate": ({"lr": 0.01}, "the learning rate of group 0 was 0.1 there, is 0.01 here"),
    "optimiser": ({"optimizer": adam}, "optimizer was 'SGD' there, is 'Adam' here"),
    "groups": ({"optimizer": groups}, "the learning rate of group 1 was 'missing' there, is 0.05 here"),
    "scheduler": ({"schedule": lr_scheduler.StepLR}, "scheduler was 'CosineAnnealingLR' there, is 'StepLR' here"),
    "no scheduler": ({"schedule": None}, "scheduler was 'CosineAnnealingLR' there, is 'missing' here"),
    "its length": ({"last": 9, "epochs": 9}, "the scheduler's T_max was 3 there, is 9 here"),
    "metric": ({"metrics": {"right": accuracy}}, r"measured was \['train', 'val', 'accuracy'\] there, is .*'right'"),
    "no val": ({"val": None}, r"what is measured was \['train', 'val', 'accuracy'\] there, is \['train', 'accuracy'\]"),
    "shape": ({"model": network(3)}, r"the shape of 4.weight was \(2, 8\) there, is \(3, 8\) here"),
    "longer": ({"model": network().append(nn.Linear(2, 2))}, "the shape of 5.weight was 'missing' there"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_a_checkpoint_of_another_run_says_what_differs(whole, tmp_path, name):
    options, words = OTHERS[name]
    (tmp_path / "run.ckpt").write_bytes(whole)
    assert_refused(tmp_path / "run.ckpt", f"is of another run: .*{words}.*give another file", **options)


def test_more_epochs_than_the_schedule_was_made_for_are_said_before_the_first_step(whole, tmp_path):
    path = tmp_path / "run.ckpt"
    path.write_bytes(whole)
    with pytest.warns(UserWarning, match="after 3 epochs .* climbs again"):
        assert len(resume(path, network(), epochs=4)) == 4

    def cycle(optimizer, last):
        return lr_scheduler.OneCycleLR(optimizer, 0.1, total_steps=4 * last)

    path.unlink()
    resume(path, network(), schedule=cycle, epochs=2)
    with pytest.raises(ValueError, match="OneCycleLR has 4 steps left, 2 epochs take 8"):
        resume(path, network(), schedule=cycle, epochs=4)
    assert len(resume(path, network(), schedule=cycle, epochs=3)) == 3


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    for path in (tmp_path, tmp_path / "missing" / "run.ckpt"):
        model = seeded()
        with nothing_changed(model), pytest.raises(ValueError, match=r"^checkpoint: .* must name a file in a folder"):
            fit(model, batches(), checkpoint=path)


def test_a_read_only_folder_is_named():
    user = os.geteuid()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o555)
        if not user:
            os.seteuid(65534)  # an ordinary user is at work meanwhile
        try:
            with pytest.raises((ValueError, OSError), match=r"may be written to|Permission denied"):
                fit(seeded(), batches(), checkpoint=Path(folder) / "run.ckpt")
        finally:
            os.seteuid(user)


def test_a_full_disk_leaves_the_checkpoint_before_and_gives_the_history_back(tmp_path):
    path = tmp_path / "run.ckpt"
    fills = At(1 + 4 + 1, lambda: (tmp_path / "run.ckpt.half-written").symlink_to("/dev/full"))
    with pytest.raises(OSError, match="No space left on device") as caught:
        fit(seeded(), batches(), loss_fn=fills, epochs=9, checkpoint=path)
    assert len(caught.value.history) == 2
    assert os.listdir(tmp_path) == ["run.ckpt"]
    assert len(fit(seeded(), batches(), epochs=1, checkpoint=path, resume=True)) == 1


def test_no_secret_of_the_environment_is_in_the_file(tmp_path, monkeypatch):
    monkeypatch.setenv("KAGGLE_API_TOKEN", "planted-token")
    fit(seeded(), batches(), checkpoint=tmp_path / "run.ckpt")
    assert b"planted-token" not in (tmp_path / "run.ckpt").read_bytes()
