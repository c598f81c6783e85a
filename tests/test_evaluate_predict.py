"""`evaluate` and `predict` leave the network as it was, and keep the order."""

import pytest
import torch
from torch.utils.data import BatchSampler, DataLoader, IterableDataset, RandomSampler, SequentialSampler, TensorDataset
from training import (
    CROSS_ENTROPY,
    INPUTS,
    ROWS,
    TARGETS,
    accuracy,
    batches,
    evaluate,
    nothing_changed,
    predict,
    same,
    seeded,
    weights,
)

DATA = TensorDataset(INPUTS, TARGETS)
SCORES = {"loss_fn": CROSS_ENTROPY, "metrics": {"accuracy": accuracy}}


class Stream(IterableDataset):
    """Rows without a length."""

    def __iter__(self):
        return iter(DATA)


@pytest.fixture
def model():
    """Partly in training mode, as with frozen layers, and with a running mean and variance that have moved."""
    model = seeded()
    model(INPUTS)
    model[3].eval()
    return model


def outputs_of(model):
    """All outputs from one batch, in evaluation mode, of a copy."""
    twin = seeded()
    twin.load_state_dict(model.state_dict())
    return twin.eval()(INPUTS).detach()


def test_evaluate_measures_in_evaluation_mode(model):
    outputs = outputs_of(model)
    scores = evaluate(model, batches(), **SCORES)
    expected = {"loss": float(CROSS_ENTROPY(outputs, TARGETS)), "accuracy": float(accuracy(outputs, TARGETS))}
    assert scores == pytest.approx(expected, rel=1e-6)
    assert [type(score) for score in scores.values()] == [float, float]


def test_evaluate_takes_a_loss_or_metrics_alone(model):
    assert list(evaluate(model, batches(), loss_fn=CROSS_ENTROPY)) == ["loss"]
    assert list(evaluate(model, batches(), metrics={"accuracy": accuracy})) == ["accuracy"]


def test_neither_changes_the_network_its_modes_or_random_numbers(model):
    with nothing_changed(model):
        evaluate(model, [(INPUTS, TARGETS)], **SCORES)  # a DataLoader would draw a seed for its workers
        predict(model, INPUTS)
    assert all(parameter.grad is None for parameter in model.parameters())


@pytest.mark.parametrize(
    "inputs",
    [
        INPUTS,
        batches(),
        DataLoader(DATA, 1, num_workers=2),
        DataLoader(DATA, batch_sampler=BatchSampler(SequentialSampler(DATA), 7, drop_last=False)),
        DataLoader(INPUTS, 16),
        DataLoader(Stream(), 16),
        INPUTS.split(7),
        [(INPUTS[:9], TARGETS[:9]), [INPUTS[9:], TARGETS[9:]]],
    ],
    ids=["tensor", "loader", "workers", "own batches", "without targets", "stream", "tensors", "pairs"],
)
def test_predict_keeps_the_order(model, inputs):
    expected = outputs_of(model)
    before = weights(model)
    outputs = predict(model, inputs, batch_size=16)
    assert same(weights(model), before)
    assert outputs.shape == (ROWS, 2)
    assert torch.allclose(outputs, expected, rtol=0, atol=1e-6)  # other batches, another order of float32 sums
    assert not outputs.requires_grad


def test_predict_computes_as_many_samples_at_once_as_told(model):
    sizes = []
    model.register_forward_pre_hook(lambda module, arguments: sizes.append(len(arguments[0])))
    predict(model, INPUTS, batch_size=20)
    assert sizes == [20, 20, 10]


@pytest.mark.parametrize(
    "loader",
    [batches(shuffle=True), DataLoader(DATA, batch_sampler=BatchSampler(RandomSampler(DATA), 7, drop_last=False))],
    ids=["shuffle", "own batches"],
)
def test_predict_refuses_a_loader_that_shuffles(model, loader):
    with nothing_changed(model), pytest.raises(ValueError, match=r"^inputs: this loader shuffles.*shuffle=False$"):
        predict(model, loader)


@pytest.mark.parametrize(
    "inputs", [INPUTS[:0], torch.tensor(1.0), [], batches(sampler=[])], ids=["rows", "one number", "list", "loader"]
)
def test_predict_says_where_there_is_no_sample(model, inputs):
    with pytest.raises(ValueError, match=r"^inputs: "):
        predict(model, inputs)


@pytest.mark.parametrize(
    "batch", [1, [1.0], {"x": INPUTS}, [], None], ids=["number", "numbers", "dict", "empty", "None"]
)
def test_predict_says_what_a_batch_must_be(model, batch):
    with nothing_changed(model), pytest.raises(TypeError, match=r"^inputs: each batch must be"):
        predict(model, [batch])


def test_a_network_that_returns_more_than_a_tensor_is_named():
    model = torch.nn.LSTM(4, 3)
    calls = [lambda: predict(model, INPUTS), lambda: evaluate(model, batches(), loss_fn=CROSS_ENTROPY)]
    for call in calls:
        with nothing_changed(model), pytest.raises(TypeError, match=r"^model: must return one tensor, got tuple$"):
            call()


class Boom(torch.nn.Module):
    """Fails at its n-th batch."""

    def __init__(self, n):
        super().__init__()
        self.remaining = n

    def forward(self, inputs):
        self.remaining -= 1
        if not self.remaining:
            raise RuntimeError("boom")
        return inputs


@pytest.mark.parametrize("call", [1, 3])
@pytest.mark.parametrize(
    "use", [lambda model: predict(model, INPUTS, batch_size=16), lambda model: evaluate(model, batches(), **SCORES)]
)
def test_the_modes_come_back_after_an_error_inside_the_network(model, use, call):
    model.append(Boom(call))
    model[2].eval()
    modes = [module.training for module in model.modules()]
    with pytest.raises((RuntimeError, ValueError), match="boom"):
        use(model)
    assert [module.training for module in model.modules()] == modes
    assert torch.is_grad_enabled()


def test_evaluate_says_what_is_not_finite(model):
    poisoned = [(INPUTS, TARGETS), (INPUTS * torch.nan, TARGETS)]  # beyond the batch that is tried first
    with pytest.raises(FloatingPointError, match=r"^loss: nan over all batches"):
        evaluate(model, poisoned, **SCORES)
    with pytest.raises(ValueError, match=r"^metrics: mean gives nan over all batches"):
        evaluate(model, poisoned, metrics={"mean": lambda outputs, targets: outputs.mean()})
