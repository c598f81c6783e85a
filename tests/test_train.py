"""`fit` is the loop written by hand, bit for bit; how it ends; what it says before the first step; its history."""

import functools
import itertools
import os
import random
import signal
import time
import warnings

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from sklearn.metrics import accuracy_score, log_loss
from torch import nn
from torch.optim import lr_scheduler
from torch.utils import data as loading
from torch.utils.data import DataLoader, Dataset, IterableDataset, Subset, TensorDataset
from torchvision.transforms import functional as pictures
from training import (
    CROSS_ENTROPY,
    INPUTS,
    ROWS,
    TARGETS,
    At,
    Augmented,
    accuracy,
    batches,
    by_hand,
    evaluate,
    fit,
    interrupt,
    network,
    nothing_changed,
    predict,
    same,
    seeded,
    sgd,
    started,
    weights,
)

from coursekit import train
from coursekit.train import History

DATA = TensorDataset(INPUTS, TARGETS)
WHOLE = [(INPUTS, TARGETS)]


class Stream(IterableDataset):
    """Can be gone through again and again, but knows no length."""

    def __iter__(self):
        return iter(DATA)


def test_one_seed_makes_the_random_numbers_of_all_three_libraries_repeatable():
    def draws(seed):
        train.seed_everything(seed)
        return [random.random(), float(np.random.rand()), float(torch.rand(1))]

    assert draws(7) == draws(np.int64(7))
    assert all(a != b for a, b in zip(draws(7), draws(2**32 - 1), strict=True))


@pytest.mark.parametrize(
    ("chosen", "cuda", "mps", "expected"),
    [("", True, True, "cuda"), ("", False, True, "mps"), ("", False, False, "cpu"), ("cpu", True, True, "cpu")],
)
def test_the_device_is_that_of_the_environment_else_the_fastest_that_is_there(monkeypatch, chosen, cuda, mps, expected):
    monkeypatch.setenv("COURSEKIT_DEVICE", chosen)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    assert train.pick_device() == torch.device(expected)


def test_a_device_that_is_not_there_is_named(monkeypatch):
    monkeypatch.setenv("COURSEKIT_DEVICE", "banana")
    with pytest.raises(ValueError, match=r"^COURSEKIT_DEVICE: 'banana' cannot be used here"):
        train.predict(nn.Linear(4, 2), INPUTS)
    with pytest.raises(ValueError, match=r"^device: 'cuda:99' cannot be used here"):
        train.predict(nn.Linear(4, 2), INPUTS, device="cuda:99")
    assert len(train.predict(nn.Linear(4, 2), INPUTS, device="cpu")) == ROWS


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA")
def test_on_cuda_all_agree_with_the_cpu_and_model_and_loss_come_back(tmp_path):
    loss_fn, results = nn.CrossEntropyLoss(weight=torch.tensor([1.0, 5.0])), {}
    for device in ("cpu", "cuda"):
        model, seen = seeded(), []
        model[3] = nn.Identity()  # dropout draws other numbers there
        model.register_forward_pre_hook(lambda module, inputs, seen=seen: seen.append(inputs[0].device.type))
        options = {"loss_fn": loss_fn, "device": device}
        cut = {"checkpoint": tmp_path / device, "resume": True, "patience": 3}
        for epochs in (1, 3):
            history = fit(model, batches(), batches(), optimizer=sgd(model), epochs=epochs, **cut, **options)
        scores = train.evaluate(model, batches(), **options)
        outputs = train.predict(model, INPUTS, device=device)
        assert set(seen) == {device}
        tensors = [*model.state_dict().values(), loss_fn.weight, outputs]
        assert {tensor.device.type for tensor in tensors} == {"cpu"}
        results[device] = [*history["val_loss"], *scores.values(), *outputs.flatten().tolist()]
    assert results["cuda"] == pytest.approx(results["cpu"], rel=1e-3, abs=1e-4)  # TF32 may round to 10 bits


def adam(model):
    return torch.optim.Adam(model.parameters(), lr=torch.tensor(0.01))  # a scheduler changes a tensor in place


def drawn(**options):
    """A sampler as for classes of which one is rare."""
    return loading.WeightedRandomSampler([1.0] * len(DATA), len(DATA), **options)


WAYS = {
    "plain": (sgd, None, {}),
    "clipped": (sgd, None, {"clip_norm": 0.3}),
    "OneCycleLR": (sgd, lambda o: lr_scheduler.OneCycleLR(o, max_lr=0.1, total_steps=16), {}),
    "StepLR": (adam, lambda o: lr_scheduler.StepLR(o, step_size=2), {}),
    "ReduceLROnPlateau": (sgd, lambda o: lr_scheduler.ReduceLROnPlateau(o, patience=0, factor=0.5), {}),
}
LOADERS = {
    "shuffled": lambda: batches(shuffle=True),
    "own generator": lambda: batches(shuffle=True, generator=torch.Generator().manual_seed(3)),
    "own sampler": lambda: DataLoader(DATA, 16, sampler=drawn(generator=torch.Generator().manual_seed(3))),
    "augmented": lambda: DataLoader(Augmented(), 16, shuffle=True),
    "workers": lambda: DataLoader(Augmented(), 16, shuffle=True, num_workers=2),
    "list": lambda: list(batches()),
    "stream": lambda: DataLoader(Stream(), 16),
}


@pytest.mark.parametrize(
    ("way", "loader"), [*((way, "shuffled") for way in WAYS), *(("plain", loader) for loader in LOADERS)]
)
def test_fit_is_the_loop_by_hand_bit_for_bit(way, loader):
    make_optimizer, make_scheduler, options = WAYS[way]

    def trained(loop):
        model = seeded()
        optimizer = make_optimizer(model)
        scheduler = make_scheduler and make_scheduler(optimizer)
        # The wrong labels make the validation loss rise while the training loss falls: a plateau of the right one.
        loaders = LOADERS[loader](), batches(1 - TARGETS)
        result = loop(model, *loaders, optimizer=optimizer, scheduler=scheduler, epochs=4, **options)
        return result, weights(model), float(torch.rand(1))

    history, ours, next_number = trained(fit)
    _, expected, expected_number = trained(by_hand)
    assert same(ours, expected)
    assert next_number == expected_number  # fit draws no random numbers of its own
    assert (len(set(history["lr"])) > 1) == (make_scheduler is not None)
    if way == "clipped":
        model = seeded()
        assert not same(ours, weights(by_hand(model, batches(shuffle=True), optimizer=sgd(model), epochs=4)))


@settings(max_examples=15)
@given(rows=st.integers(2, 40), size=st.integers(2, 40), seed=st.integers(0, 9))
def test_means_over_samples_are_those_of_scikit_learn_on_random_data(rows, size, seed):
    train.seed_everything(seed)
    targets = torch.arange(rows) % 2
    loader = DataLoader(TensorDataset(torch.randn(rows, 3), targets), size)
    model = nn.Linear(3, 2)
    history = fit(model, loader, loader, metrics={"a": accuracy}, optimizer=sgd(model, lr=0.0), epochs=1)
    outputs = predict(model, loader)
    expected = {"loss": log_loss(targets, outputs.double().softmax(1)), "a": accuracy_score(targets, outputs.argmax(1))}
    measured = evaluate(model, loader, loss_fn=CROSS_ENTROPY, metrics={"a": accuracy})
    for scores in (measured, *({name: history[part + name][0] for name in measured} for part in ("", "val_"))):
        assert scores == pytest.approx(expected, rel=1e-5)  # float32 has 7 digits


def test_a_metric_may_give_one_value_a_sample_or_their_mean_and_sees_no_gradient():
    def right(outputs, targets):
        assert not outputs.requires_grad
        return outputs.argmax(1) == targets

    ways = {
        "each": right,
        "column": lambda *pair: right(*pair)[:, None],
        "mean": lambda *pair: right(*pair).double().mean(),
        "number": lambda *pair: right(*pair).float().mean().item(),
        "array": lambda *pair: right(*pair).numpy(),
    }
    model = seeded()
    history = fit(model, batches(), batches(), metrics=ways)
    expected = accuracy_score(TARGETS, predict(model, INPUTS).argmax(1))
    assert [history[f"val_{way}"][0] for way in ways] == pytest.approx([expected] * len(ways), rel=1e-6)


def test_the_learning_rate_is_that_of_each_epochs_beginning_and_the_model_ends_in_evaluation_mode():
    model = seeded()
    optimizer = adam(model)
    history = fit(model, batches(), optimizer=optimizer, scheduler=lr_scheduler.StepLR(optimizer, 1, 0.5), epochs=3)
    assert history["lr"] == pytest.approx([0.01, 0.005, 0.0025])
    assert not any(module.training for module in model.modules())


def test_the_bar_counts_batches_on_stderr_goes_on_after_a_cut_and_can_be_hidden(monkeypatch, tmp_path, capfd):
    monkeypatch.setenv("TQDM_DISABLE", "0")
    fit(seeded(), batches(), epochs=2, checkpoint=tmp_path / "run.ckpt")
    fit(seeded(), batches(), epochs=3, checkpoint=tmp_path / "run.ckpt", resume=True)
    out, err = capfd.readouterr()
    assert out == ""
    assert "| 0/8 [" in err
    assert "| 8/12 [" in err
    assert err.endswith("\r")  # it clears itself
    monkeypatch.setenv("TQDM_DISABLE", "1")
    fit(seeded(), batches(), epochs=2)
    assert capfd.readouterr() == ("", "")


# What the loss gives without gradient: first when the validation batch is tried, then in each epoch.
SCRIPT = [9.0, 9.0, 5.0, 3.0, 4.0, 3.0, 6.0]
EPOCH = 5  # calls of the loss: four batches for training, one batch for validation


def scripted(values):
    """A loss whose values in validation are given; the first batches are tried without gradient too."""
    remaining = iter(values)

    def loss_fn(outputs, targets):
        return CROSS_ENTROPY(outputs, targets) if torch.is_grad_enabled() else torch.tensor(next(remaining))

    return loss_fn


@functools.cache
def weights_after(epochs):
    model = seeded()
    return weights(by_hand(model, batches(), optimizer=sgd(model), epochs=epochs))


@pytest.mark.parametrize(
    ("epochs", "patience", "stopped", "kept"),
    [(9, 3, "no improvement", 2), (4, 3, "finished", 2), (5, None, "finished", 5)],
)
def test_patience_stops_after_epochs_without_a_lower_loss_and_restores_the_best_weights(
    epochs, patience, stopped, kept
):
    model = seeded()
    history = fit(model, batches(), WHOLE, loss_fn=scripted(SCRIPT), epochs=epochs, patience=patience)
    assert history["val_loss"] == [5, 3, 4, 3, 6][:epochs]  # an equal loss is not lower
    assert (history.best_epoch, history.stopped) == (2, stopped)
    assert same(weights(model), weights_after(kept))


# Two calls try the batches; then the third epoch's second batch, its last one, its validation.
@pytest.mark.parametrize("call", [2 + 2 * EPOCH + batch for batch in (2, 4, 5)])
@pytest.mark.parametrize("bad", [interrupt, None], ids=["Ctrl-C", "NaN"])
def test_ctrl_c_and_nan_after_good_epochs_give_history_and_best_weights_back(call, bad, tmp_path):
    model, counted = seeded(), At(call, bad or (lambda: None))

    def loss_fn(outputs, targets):
        loss = counted(outputs, targets)
        return loss * torch.nan if not bad and counted.calls >= call else loss

    options = {"loss_fn": loss_fn, "epochs": 9, "patience": 9, "checkpoint": tmp_path / "run.ckpt"}
    if bad:
        history = fit(model, batches(), WHOLE, **options)
        assert history.stopped == "by hand"
    else:
        words = r"^(val_)?loss: nan in epoch 3 \(.*history.*\)\. Look for NaN .* a ten times smaller learning rate"
        with pytest.raises(FloatingPointError, match=words) as caught:
            fit(model, batches(), WHOLE, **options)
        history = caught.value.history
    assert history["epoch"] == [1, 2]
    assert same(weights(model), weights_after(history.best_epoch))
    assert not any(module.training for module in model.modules()) or not bad
    assert len(torch.load(tmp_path / "run.ckpt")["rows"]) == 2


def test_ctrl_c_in_the_first_epoch_gives_an_empty_history_and_before_it_nothing():
    history = fit(seeded(), batches(), WHOLE, loss_fn=At(3, interrupt), epochs=9)
    assert (len(history), history.stopped, repr(history)) == (0, "by hand", "no epoch yet")
    with pytest.raises(KeyboardInterrupt):
        fit(seeded(), batches(), WHOLE, loss_fn=At(2, interrupt))


def endless(folder):
    model = seeded()
    history = fit(model, batches(), batches(), epochs=10**6, patience=10**6, checkpoint=folder / "run.ckpt")
    loss = evaluate(model, batches(), loss_fn=CROSS_ENTROPY)["loss"]
    torch.save([len(history), history.stopped, min(history["val_loss"]) == loss], folder / "result.pt")


def test_a_real_interrupt_signal_ends_training_with_the_best_weights(tmp_path):
    with started(endless, tmp_path) as process:
        limit = time.monotonic() + 300  # on a busy machine it takes long to begin, and no signal is heard before
        while not (tmp_path / "run.ckpt").exists() and time.monotonic() < limit:
            time.sleep(0.01)
        os.kill(process.pid, signal.SIGINT)
        process.join(60)
        assert process.exitcode == 0
    epochs, stopped, is_best = torch.load(tmp_path / "result.pt")
    assert epochs >= 1
    assert (stopped, is_best) == ("by hand", True)  # the best epoch's weights, wherever the signal came


def one_cycle(optimizer):
    return lr_scheduler.OneCycleLR(optimizer, 0.1, total_steps=2 * 4 - 1)


class Pictures(Dataset):
    """Pictures, of which the last has another size or mode, or none of which is a tensor."""

    def __init__(self, size=(8, 8), mode="L", to=pictures.to_tensor):
        self.pictures = [to(Image.new("L", (8, 8)))] * 5 + [to(Image.new(mode, size))]

    def __len__(self):
        return 6

    def __getitem__(self, row):
        return self.pictures[row], row % 2


FLOATS = TARGETS.float()
LONE = Subset(DATA, range(33))
INF = INPUTS.clone().index_fill_(0, torch.tensor(3), torch.inf)
BCE = nn.BCEWithLogitsLoss()
WRONG = {
    "train: has no batches to go through again": {"loader": (WHOLE[0] for _ in range(3))},
    "val: each batch must be a pair": {"val": [(INPUTS.numpy(), TARGETS.numpy())]},
    "val: inputs .* targets .*need one row for each sample": {"val": [(INPUTS[:8], TARGETS[:7])]},
    "train: .* do not fit .*element": {"loss_fn": nn.CrossEntropyLoss(reduction="none")},
    "targets from 0 to 1": {"loader": batches(2 + FLOATS[:, None]), "outputs": 1, "loss_fn": BCE, "shift": 9.0},
    "loss: nan on the first batch of val, before any training. Look for NaN .*or try": {"val": [(INF, TARGETS)]},
    "train: .* do not fit .*ZeroDivisionError": {"metrics": {"bad": lambda *_: 1 / 0}},
    "metrics: .*val_loss.* is taken": {"metrics": {"val_loss": accuracy}},
    "clip_norm must be above 0": {"clip_norm": -1.0},
    "optimizer must be a torch.optim.Optimizer, got <class": {"optimizer": lambda model: torch.optim.SGD},
    "model: each parameter is frozen": {"optimizer": lambda model: sgd(model.requires_grad_(False))},
    "scheduler: belongs to another optimizer": {"scheduler": lambda optimizer: one_cycle(sgd(network()))},
    "scheduler: OneCycleLR has 7 steps left, 2 epochs take 8": {"scheduler": one_cycle, "epochs": 2},
}


@pytest.mark.parametrize("words", WRONG)
def test_a_mistake_is_named_before_the_first_step_and_changes_nothing(words):
    options = {"loader": batches(shuffle=True), "optimizer": sgd} | WRONG[words]
    model = seeded(options.pop("outputs", 2))
    nn.init.constant_(model[4].bias, options.pop("shift", 0))
    model(INPUTS)  # its running mean and variance are no longer those of a new network
    options["optimizer"] = options["optimizer"](model)
    if "scheduler" in options:
        options["scheduler"] = options["scheduler"](options["optimizer"])
    with nothing_changed(model), pytest.raises((TypeError, ValueError, FloatingPointError), match=words) as caught:
        fit(model, **options)
    assert all(parameter.grad is None for parameter in model.parameters())
    assert "\n" not in str(caught.value)


def test_what_only_looks_like_a_mistake_is_let_through():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        results = []
        for loop in (fit, by_hand):  # one picture, left over by the batch of three, has many values a channel
            train.seed_everything(0)
            maps = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Flatten(), nn.Linear(72, 2))
            loop(maps, DataLoader(Subset(Pictures(), range(4)), 3), optimizer=sgd(maps), epochs=1)
            results.append(weights(maps))
        assert same(*results)
        fit(nn.Linear(4, 2), DataLoader(LONE, 16))
        curves = DataLoader(TensorDataset(INPUTS[:33, None], TARGETS[:33]), 16)  # each has two values a channel
        fit(nn.Sequential(nn.Conv1d(1, 2, 3), nn.BatchNorm1d(2), nn.Flatten()), curves)
        fit(seeded(), DataLoader(LONE, 16, drop_last=True))
        fit(seeded(), batches(), loss_fn=lambda outputs, targets: -(outputs.softmax(1)[:, 1] * targets).mean())
        fit(seeded(), batches(), loss_fn=lambda outputs, targets: outputs.sub_(1.0).pow(2).mean())  # works in place
        model = seeded()
        model[0].requires_grad_(False)
        optimizer = torch.optim.SGD([parameter for parameter in model.parameters() if parameter.requires_grad])
        fit(model, batches(), optimizer=optimizer)


def test_layers_that_came_after_the_optimiser_are_named():
    model = seeded()
    optimizer = sgd(model)
    model[4] = nn.Linear(8, 2)
    with pytest.raises(ValueError, match=r"^optimizer: does not hold \['4.weight', '4.bias'\] of this model; make"):
        fit(model, batches(), optimizer=optimizer)
    with pytest.warns(UserWarning, match=r"does not hold \['0.weight', .*or these will not learn$"):
        fit(model, batches(), optimizer=sgd(model[4]))  # as is meant, perhaps


@pytest.mark.parametrize(
    ("data", "words", "workers"),
    [
        (Pictures(size=(9, 8)), r"\[1, 8, 8\] at entry 0 and \[1, 8, 9\] at entry 1; give all one size and mode", 0),
        (Pictures(mode="RGB"), r"\[1, 8, 8\] at entry 0 and \[3, 8, 8\] at entry 1; give all one size and mode", 1),
        (Pictures(to=lambda picture: picture), "Image.*ToTensor", 0),
    ],
    ids=["size", "mode", "no ToTensor"],
)
def test_pictures_that_make_no_batch_are_explained_whenever_they_come(data, words, workers):
    loader = DataLoader(data, 2, num_workers=workers)  # the last picture is in the last batch of the first epoch
    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 2))
    with pytest.raises(ValueError, match=f"^samples make no batch: .*{words}") as caught:
        fit(model, loader)
    assert "\n" not in str(caught.value)


@pytest.fixture
def model():
    """Partly in training mode, as with frozen layers, and with a running mean and variance that have moved."""
    model = seeded()
    model(INPUTS)
    model[3].eval()
    return model


INPUT_KINDS = {
    "tensor": INPUTS,
    "loader": batches(),
    "workers": DataLoader(DATA, 7, num_workers=2),
    "without targets": DataLoader(INPUTS, 16),
    "stream": DataLoader(Stream(), 16),
}


@pytest.mark.parametrize("kind", INPUT_KINDS)
def test_predict_keeps_the_order_and_the_model(model, kind):
    twin = seeded()
    twin.load_state_dict(model.state_dict())
    sizes = []
    with nothing_changed(model), model[0].register_forward_pre_hook(lambda module, given: sizes.append(len(given[0]))):
        outputs = predict(model, INPUT_KINDS[kind], batch_size=20)
    assert torch.allclose(outputs, twin.eval()(INPUTS), rtol=0, atol=1e-6)  # other batches, another order of sums
    assert not outputs.requires_grad
    assert sizes == [20, 20, 10] or kind != "tensor"


def test_evaluate_changes_nothing_and_draws_no_random_number(model):
    state = torch.get_rng_state()
    with nothing_changed(model):
        scores = evaluate(model, WHOLE, metrics={"a": accuracy})  # a DataLoader would draw a seed for its workers
    assert list(scores) == ["a"]
    assert torch.equal(torch.get_rng_state(), state)
    with pytest.raises(ValueError, match="may be paired crosswise"):
        evaluate(nn.Linear(4, 1), WHOLE, metrics={"hits": lambda outputs, targets: (outputs > 0) == targets})
    with pytest.raises(FloatingPointError, match=r"^loss: nan over all batches"):
        evaluate(model, [*WHOLE, (INPUTS * torch.nan, TARGETS)], loss_fn=CROSS_ENTROPY)


def test_a_card_whose_driver_is_too_old_does_not_matter(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.cuda, "get_rng_state_all", lambda: 1 / 0)  # counted, but it cannot be asked
    assert list(evaluate(nn.Linear(4, 2), WHOLE, metrics={"a": accuracy})) == ["a"]


@pytest.mark.parametrize(
    ("kind", "words", "inputs"),
    [
        (ValueError, "this loader draws at random.*shuffle=False", batches(shuffle=True)),
        (ValueError, "this loader draws at random", batches(sampler=drawn())),
        (
            ValueError,
            "this loader draws at random",
            DataLoader(DATA, batch_sampler=loading.BatchSampler(drawn(), 8, False)),
        ),
        (ValueError, "there is no sample", INPUTS[:0]),
        (ValueError, "there is no sample", []),
        (TypeError, "inputs must be a tensor or batches", INPUTS.numpy()),
        (TypeError, "inputs: each batch must be a tensor", [{"x": INPUTS}]),
        (RuntimeError, "shape", INPUTS[:, :3]),
    ],
)
def test_predict_says_what_it_cannot_take_and_gives_the_modes_back(model, kind, words, inputs):
    with nothing_changed(model), pytest.raises(kind, match=words):
        predict(model, inputs)
    assert torch.is_grad_enabled()


def falls_and_rises(epochs, best):
    """A run whose validation loss falls to 0 in the best epoch and rises again."""
    rows = []
    for n in range(1, epochs + 1):
        row = {"epoch": n, "loss": 1 / n, "accuracy": 0.5, "val_loss": abs(n - best) / 8, "val_accuracy": 0.25}
        rows.append(row | {"lr": 1e-3 / n})
    return History(rows, "finished")


def test_the_table_has_a_line_an_epoch_or_of_many_about_a_dozen():
    assert repr(falls_and_rises(3, best=2)).splitlines() == [
        "epoch    loss  accuracy  val_loss  val_accuracy        lr   (best epoch: 2; finished)",
        "    1  1.0000    0.5000    0.1250        0.2500     0.001",
        "    2  0.5000    0.5000    0.0000        0.2500    0.0005",
        "    3  0.3333    0.5000    0.1250        0.2500  0.000333",
    ]

    for epochs in (12, 13, 100, 1000):
        shown = [int(line.split()[0]) for line in repr(falls_and_rises(epochs, best=5)).splitlines()[1:]]
        assert (shown[0], shown[-1]) == (1, epochs)
        assert 6 < len(shown) <= 13
        assert len({after - before for before, after in itertools.pairwise(shown[:-1])}) == 1  # evenly spaced


def test_columns_and_the_best_epoch():
    assert falls_and_rises(9, best=4)["val_loss"][:4] == [0.375, 0.25, 0.125, 0]
    assert falls_and_rises(9, best=4).best_epoch == 4
    assert History([{"epoch": n, "loss": loss} for n, loss in [(1, 3), (2, 1), (3, 1)]]).best_epoch == 2
    assert (History()["loss"], History().best_epoch) == ([], None)
    with pytest.raises(ValueError, match="history: no epoch is complete yet"):
        History().plot()


def test_the_picture_has_a_panel_for_each_number_and_says_what_happened(shown, monkeypatch):
    falls_and_rises(4, best=3).plot()
    assert shown[0][0]["text/plain"] == (
        "Over 4 epochs, training loss goes from 1 to 0.25; validation loss goes from 0.25 to 0.125; "
        "training accuracy goes from 0.5 to 0.5; validation accuracy goes from 0.25 to 0.25. Best epoch: 3."
    )
    figures = []
    monkeypatch.setattr("coursekit.plot.show", lambda fig, alt: figures.append(fig))
    for epochs in (4, 1):
        falls_and_rises(epochs, best=3).plot()
        axes = figures[-1].axes
        assert [(ax.get_xlabel(), ax.get_ylabel()) for ax in axes] == [("epoch", "loss"), ("epoch", "accuracy")]
        lines = [(line.get_label(), line.get_marker() == "o") for line in axes[0].lines]
        assert lines == [("training", epochs == 1), ("validation", epochs == 1)]  # a line needs two points
