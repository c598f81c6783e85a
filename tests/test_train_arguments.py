"""A mistake in what `fit` is given shows before the first step, is named, and changes nothing."""

import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.optim import lr_scheduler
from torch.utils.data import DataLoader, IterableDataset, TensorDataset
from training import (
    CROSS_ENTROPY,
    INPUTS,
    TARGETS,
    Augmented,
    accuracy,
    batches,
    by_hand,
    fit,
    nothing_changed,
    same,
    seeded,
    weights,
)

FEW = (INPUTS[:8], TARGETS[:8])
FLOATS = TARGETS.float()


def sgd(model):
    return torch.optim.SGD(model.parameters(), lr=0.1)


def assert_refused(kind, words, loader=None, val=None, outputs=2, **options):
    model = seeded(outputs)
    model(INPUTS)  # its running mean and variance are no longer those of a new network
    loader = DataLoader(Augmented(), 16, shuffle=True) if loader is None else loader
    options = {name: option(model) if name == "optimizer" else option for name, option in options.items()}
    with nothing_changed(model), pytest.raises(kind, match=words):
        fit(model, loader, val, **options)
    assert all(parameter.grad is None for parameter in model.parameters())


class Stream(IterableDataset):
    """Can be gone through again and again, but knows no length."""

    def __iter__(self):
        return iter(TensorDataset(INPUTS, TARGETS))


NO_PAIR = "each batch must be a pair of tensors"
NO_ROWS = r"inputs \(.*\) float32 and targets \(.*\) int64 need one row for each sample"
LOADERS = {
    "nothing": (ValueError, "holds no batch", []),
    "empty loader": (ValueError, "holds no batch", batches(sampler=[])),
    "all dropped": (ValueError, "holds no batch.*drop_last", DataLoader(TensorDataset(*FEW), 16, drop_last=True)),
    "generator": (TypeError, "can be gone through only once; give a DataLoader or a list", (FEW for _ in range(3))),
    "zip": (TypeError, "can be gone through only once", zip([INPUTS], [TARGETS], strict=True)),
    "number": (TypeError, "expected batches, such as a DataLoader, got int", 3),
    "one tensor": (TypeError, NO_PAIR, INPUTS),
    "inputs alone": (TypeError, NO_PAIR, DataLoader(INPUTS, 16)),
    "triples": (TypeError, NO_PAIR, [(*FEW, INPUTS)]),
    "arrays": (TypeError, NO_PAIR, [(INPUTS.numpy(), TARGETS.numpy())]),
    "dict": (TypeError, NO_PAIR, [{"x": INPUTS, "y": TARGETS}]),
    "data set": (ValueError, NO_ROWS, TensorDataset(INPUTS, TARGETS)),
    "rows": (ValueError, NO_ROWS, [(INPUTS[:8], TARGETS[:7])]),
    "no rows": (ValueError, NO_ROWS, [(INPUTS[:0], TARGETS[:0])]),
    "columns": (ValueError, "the model cannot take inputs .*3.* float32", [(INPUTS[:, :3], TARGETS)]),
    "whole numbers": (ValueError, "the model cannot take inputs .* int64", [(INPUTS.long(), TARGETS)]),
}


@pytest.mark.parametrize("name", LOADERS)
def test_a_loader_that_cannot_be_used_is_named(name):
    kind, words, loader = LOADERS[name]
    assert_refused(kind, f"^train: {words}", loader)
    assert_refused(kind, f"^val: {words}", val=loader)


def test_a_refused_generator_still_has_all_its_batches():
    generator = iter([FEW, FEW])
    assert_refused(TypeError, "^train: ", generator)
    assert len(list(generator)) == 2


def test_a_stream_without_a_length_is_as_good_as_a_data_set():
    rows = [fit(seeded(), loader).rows for loader in (batches(), DataLoader(Stream(), 16))]
    assert rows[0] == rows[1]


def test_a_list_of_batches_is_as_good_as_a_loader():
    pairs, results = list(batches()), []
    for loop in (fit, by_hand):
        model = seeded()
        loop(model, pairs, optimizer=sgd(model), epochs=2)
        results.append(weights(model))
    assert same(*results)


CROSSWISE = r"outputs \(16, 1\) float32 and targets \(16,\)"
ONE_NUMBER = "must return a tensor with one number"
LOSSES = {
    "float classes": ("cannot compare .*float32 of train.*class numbers as int64", FLOATS, CROSS_ENTROPY, 2),
    "unknown class": ("cannot compare .*out of bounds", TARGETS + 1, CROSS_ENTROPY, 2),
    "whole binary": ("cannot compare .*take floats", TARGETS[:, None], nn.BCEWithLogitsLoss(), 1),
    "whole numbers": ("cannot compare .*take floats", TARGETS[:, None], nn.HuberLoss(), 1),  # fails on the way back
    "crosswise": (f"{CROSSWISE} float32.*crosswise; give both one shape", FLOATS, nn.MSELoss(), 1),
    "crosswise, whole": (f"{CROSSWISE} int64", TARGETS, nn.MSELoss(), 1),
    "crosswise, by hand": (CROSSWISE, FLOATS, lambda outputs, targets: (outputs - targets).pow(2).mean(), 1),
    "each row": (ONE_NUMBER, TARGETS, nn.CrossEntropyLoss(reduction="none"), 2),
    "number": (ONE_NUMBER, TARGETS, lambda outputs, targets: 0.5, 2),
    "no gradient": ("cannot compare .*does not require grad", TARGETS, lambda *pair: 1 - accuracy(*pair), 2),
}


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_that_does_not_fit_is_named(name):
    words, targets, loss_fn, outputs = LOSSES[name]
    assert_refused(ValueError, f"^loss_fn: .*{words}", batches(targets), outputs=outputs, loss_fn=loss_fn)


def test_a_loss_may_work_in_place_and_need_no_gradient_in_validation():
    def loss_fn(outputs, targets):
        if not torch.is_grad_enabled():
            return torch.tensor(outputs.numpy().mean())  # not with a gradient
        return outputs.sub_(functional.one_hot(targets, 2)).pow(2).mean()

    assert len(fit(seeded(), batches(), batches(), loss_fn=loss_fn)) == 1


@pytest.mark.parametrize("bad", [torch.nan, torch.inf])
def test_inputs_that_are_not_finite_stop_before_the_first_step(bad):
    poisoned = INPUTS.clone()
    poisoned[3, 1] = bad
    for loaders in ([[(poisoned, TARGETS)]], [None, [(poisoned, TARGETS)]]):
        name = "train" if len(loaders) == 1 else "val"
        words = rf"^loss: \S+ on the first batch of {name}, before any training\. Try .*look for NaN in the inputs"
        assert_refused(FloatingPointError, words, *loaders)


def test_a_loss_that_becomes_infinite_says_when_and_what_to_try(tmp_path):
    path = tmp_path / "run.ckpt"
    calls = []

    def loss_fn(outputs, targets):
        calls.append(1)
        return CROSS_ENTROPY(outputs, targets) * (torch.inf if len(calls) == 1 + 4 + 4 else 1)

    words = r"^loss: inf in epoch 2\. Try a ten times smaller learning rate or clip_norm=1"
    with pytest.raises(FloatingPointError, match=words):
        fit(seeded(), batches(), loss_fn=loss_fn, epochs=9, checkpoint=path)
    assert len(torch.load(path)["rows"]) == 1  # the epoch before is kept


METRICS = {
    "NaN": (ValueError, "bad gives nan on the first batch of train", {"bad": lambda *_: float("nan")}),
    "raises": (ValueError, "bad fails for outputs .* and targets .* of train: division", {"bad": lambda *_: 1 / 0}),
    "text": (ValueError, "bad fails for ", {"bad": lambda *_: "good"}),
    "nothing": (ValueError, "bad fails for ", {"bad": lambda *_: None}),
    "no function": (TypeError, "bad is no function but str", {"bad": "accuracy"}),
    "list": (TypeError, "expected a dict of names and functions", [accuracy]),
    "function": (TypeError, "expected a dict of names and functions", accuracy),
    "no name": (TypeError, "expected a dict of names and functions", {1: accuracy}),
    **{
        name: (ValueError, f"the name '{name}' is taken", {name: accuracy}) for name in ("epoch", "loss", "lr", "val_a")
    },
}


@pytest.mark.parametrize("name", METRICS)
def test_a_metric_that_cannot_be_used_is_named(name):
    kind, words, metrics = METRICS[name]
    assert_refused(kind, f"^metrics: {words}", metrics=metrics)


def test_a_metric_that_becomes_nan_says_when():
    values = iter([0, 0, 0, 0, 0, torch.nan])
    with pytest.raises(ValueError, match=r"^metrics: bad gives nan in epoch 2"):
        fit(seeded(), batches(), metrics={"bad": lambda *_: next(values, 0)}, epochs=2)


OTHER = sgd(nn.Linear(4, 2))
OPTIONS = {
    **{f"epochs {bad}": (ValueError, "^epochs must be at least 1", {"epochs": bad}) for bad in (0, -1)},
    **{f"epochs {bad}": (TypeError, "^epochs must be a whole number", {"epochs": bad}) for bad in (True, 2.5, "2")},
    "patience alone": (ValueError, "^patience: needs val", {"patience": 2}),
    "patience 0": (ValueError, "^patience must be at least 1", {"patience": 0, "val": batches()}),
    "optimiser of another model": (ValueError, "^optimizer: .*make it anew", {"optimizer": lambda model: OTHER}),
    "no optimiser": (TypeError, "^optimizer: .*got type", {"optimizer": lambda model: torch.optim.SGD}),
    "LBFGS": (ValueError, "^optimizer: LBFGS", {"optimizer": lambda model: torch.optim.LBFGS(model.parameters())}),
    "frozen": (
        ValueError,
        "^optimizer: holds no trainable",
        {"optimizer": lambda model: sgd(model.requires_grad_(False))},
    ),
    "scheduler of another optimiser": (ValueError, "^scheduler: .*anew", {"scheduler": lr_scheduler.StepLR(OTHER, 1)}),
    "no scheduler": (TypeError, "^scheduler: .*got str", {"scheduler": "cosine"}),
    **{
        f"clip {bad}": (ValueError, "^clip_norm must be ", {"clip_norm": bad})
        for bad in (0, -1.0, torch.inf, torch.nan)
    },
    "resume alone": (ValueError, "^resume: needs checkpoint", {"resume": True}),
    "meta": (ValueError, "^device: .*got 'meta'", {"device": "meta"}),  # the weights would not come back
    "ninth": (ValueError, "^device: .*got 'cuda:9'", {"device": "cuda:9"}),
    "banana": (ValueError, "^device: .*got 'banana'", {"device": "banana"}),
}


@pytest.mark.parametrize("name", OPTIONS)
def test_options_that_make_no_sense_are_named(name):
    kind, words, options = OPTIONS[name]
    assert_refused(kind, words, **options)
