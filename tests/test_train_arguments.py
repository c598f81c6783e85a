"""A mistake in what `fit` is given shows before the first step, is named, and changes nothing."""

import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.optim import lr_scheduler
from torch.utils.data import DataLoader, Dataset, IterableDataset, TensorDataset
from training import CROSS_ENTROPY, INPUTS, TARGETS, Augmented, accuracy, batches, fit, nothing_changed, seeded, weights

from coursekit import train

FEW = (INPUTS[:8], TARGETS[:8])
FLOATS = TARGETS.float()
OTHER = torch.optim.SGD(nn.Linear(4, 2).parameters(), lr=0.1)


def assert_refused(kind, words, loader=None, val=None, outputs=2, **options):
    model = seeded(outputs)
    model(INPUTS)  # its running mean and variance are no longer those of a new network
    loader = DataLoader(Augmented(), 16, shuffle=True) if loader is None else loader
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


def test_lists_and_streams_are_as_good_as_loaders():
    rows = [fit(seeded(), loader).rows for loader in (batches(), list(batches()), DataLoader(Stream(), 16))]
    assert rows[0] == rows[1] == rows[2]


CROSSWISE = r"^loss_fn: .*outputs \(16, 1\) float32 and targets \(16,\)"
LOSSES = {
    "float labels": (ValueError, "^loss_fn: cannot compare .*float32 of train.*as int64", FLOATS, CROSS_ENTROPY, 2),
    "unknown class": (ValueError, "^loss_fn: cannot compare .*out of bounds", TARGETS + 1, CROSS_ENTROPY, 2),
    "whole numbers": (ValueError, "^loss_fn: cannot compare .*take floats", TARGETS[:, None], functional.huber_loss, 1),
    "whole binary": (
        ValueError,
        "^loss_fn: cannot compare .*take floats",
        TARGETS[:, None],
        nn.BCEWithLogitsLoss(),
        1,
    ),
    "column and row": (ValueError, CROSSWISE + " float32.*crosswise.*one shape", FLOATS, nn.MSELoss(), 1),
    "whole row": (ValueError, CROSSWISE + " int64", TARGETS, nn.MSELoss(), 1),
    "by hand": (ValueError, CROSSWISE, FLOATS, lambda outputs, targets: (outputs - targets).pow(2).mean(), 1),
    "number": (ValueError, "^loss_fn: must return a tensor with one number", TARGETS, lambda *_: 0.5, 2),
    "each row": (
        ValueError,
        "^loss_fn: must return a tensor with one number",
        TARGETS,
        nn.CrossEntropyLoss(reduction="none"),
        2,
    ),
    "no loss": (TypeError, "^loss_fn: expected a function.*NoneType", TARGETS, None, 2),
    "a name": (TypeError, "^loss_fn: expected a function.*str", TARGETS, "mse", 2),
    "not finite": (FloatingPointError, "^loss: nan on the first batch of train", TARGETS * torch.nan, nn.L1Loss(), 1),
}
