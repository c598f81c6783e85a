"""`fit` is the loop written by hand, bit for bit; its numbers are means over samples."""

import functools

import pytest
import torch
from sklearn.metrics import accuracy_score, log_loss
from torch.optim import lr_scheduler
from torch.utils.data import DataLoader
from training import (
    CROSS_ENTROPY,
    INPUTS,
    ROWS,
    TARGETS,
    Augmented,
    accuracy,
    batches,
    by_hand,
    evaluate,
    fit,
    predict,
    same,
    seeded,
    weights,
)

sgd = functools.partial(torch.optim.SGD, lr=0.1, momentum=0.9)
adam = functools.partial(torch.optim.Adam, lr=0.01)
plateau = functools.partial(lr_scheduler.ReduceLROnPlateau, patience=0, factor=0.5)
cycle = functools.partial(lr_scheduler.OneCycleLR, max_lr=0.1, total_steps=16)
WAYS = {
    "momentum": (sgd, None, {}),
    "Adam": (adam, None, {}),
    "clipped": (sgd, None, {"clip_norm": 0.3}),
    "OneCycleLR": (sgd, cycle, {}),
    "StepLR": (adam, functools.partial(lr_scheduler.StepLR, step_size=2), {}),
    "CosineAnnealingLR": (sgd, functools.partial(lr_scheduler.CosineAnnealingLR, T_max=4), {}),
    "ReduceLROnPlateau": (adam, plateau, {}),
}


@pytest.mark.parametrize("own_generator", [False, True], ids=["", "own generator"])
@pytest.mark.parametrize("way", WAYS)
def test_fit_is_the_loop_by_hand_bit_for_bit(way, own_generator):
    make_optimizer, make_scheduler, options = WAYS[way]

    def trained(loop, **more):
        model = seeded()
        generator = torch.Generator().manual_seed(3) if own_generator else None
        optimizer = make_optimizer(model.parameters())
        scheduler = make_scheduler and make_scheduler(optimizer)
        # The wrong labels make the validation loss rise while the training loss falls: a plateau of the right one.
        loaders = batches(shuffle=True, generator=generator), batches(1 - TARGETS)
        result = loop(model, *loaders, optimizer=optimizer, scheduler=scheduler, epochs=4, **options, **more)
        return result, weights(model), float(torch.rand(1))

    history, ours, next_number = trained(fit)
    _, by_hand_weights, by_hand_number = trained(by_hand)
    assert same(ours, by_hand_weights)
    assert next_number == by_hand_number  # fit draws no random numbers of its own
    assert len(set(history["lr"])) > 1 or make_scheduler is None


@pytest.mark.parametrize("workers", [{}, {"num_workers": 2, "persistent_workers": True}], ids=["alone", "workers"])
def test_also_where_the_data_set_draws_random_numbers(workers):
    def trained(loop):
        model = seeded()
        loader = DataLoader(Augmented(), 16, shuffle=True, **workers)
        loop(model, loader, optimizer=sgd(model.parameters()), epochs=2)
        return weights(model)

    assert same(trained(fit), trained(by_hand))


def test_a_clipped_gradient_makes_another_network():
    """Else the case above would show nothing."""
    models = [seeded() for _ in range(2)]
    for model, clip_norm in zip(models, [None, 0.3], strict=True):
        fit(model, batches(), optimizer=sgd(model.parameters()), clip_norm=clip_norm)
    assert not same(*map(weights, models))


def test_metrics_and_losses_are_means_over_samples_not_over_batches():
    model = seeded()
    history = fit(model, batches(), batches(), metrics={"accuracy": accuracy}, epochs=3)
    outputs = predict(model, INPUTS, device="cpu")
    expected = {
        "loss": log_loss(TARGETS, outputs.double().softmax(1)),
        "accuracy": accuracy_score(TARGETS, outputs.argmax(1)),
    }
    scores = evaluate(model, batches(), loss_fn=CROSS_ENTROPY, metrics={"accuracy": accuracy})
    assert scores == pytest.approx(expected, rel=1e-6)  # float32 has 7 digits
    assert {name: history[f"val_{name}"][-1] for name in scores} == pytest.approx(scores, rel=1e-6)
    # The last batch has 2 rows of 50: had it a quarter's weight, this comparison would notice.
    of_batches = [float(accuracy(*pair)) for pair in zip(outputs.split(16), TARGETS.split(16), strict=True)]
    assert sum(of_batches) / 4 != pytest.approx(expected["accuracy"], abs=0.01)


def test_the_training_loss_is_the_mean_over_samples_while_the_weights_still_change():
    model = seeded()
    for layer in (1, 3):
        model[layer] = torch.nn.Identity()  # so that the modes do not matter
    history = fit(model, batches(), optimizer=torch.optim.SGD(model.parameters(), lr=0.0), metrics={"a": accuracy})
    scores = evaluate(model, batches(), loss_fn=CROSS_ENTROPY, metrics={"a": accuracy})
    assert {name: history[name][0] for name in scores} == pytest.approx(scores, rel=1e-6)


def test_a_metric_may_give_one_value_a_sample_or_their_mean_as_a_tensor_or_number():
    def right(outputs, targets):
        return outputs.argmax(1) == targets

    ways = {
        "each": right,
        "column": lambda outputs, targets: right(outputs, targets)[:, None],
        "mean": lambda outputs, targets: right(outputs, targets).double().mean(),
        "number": lambda outputs, targets: right(outputs, targets).float().mean().item(),
        "array": lambda outputs, targets: right(outputs, targets).numpy(),
        "whole": lambda outputs, targets: int(len(targets) == 16),
    }
    model = seeded()
    scores = evaluate(model, batches(), metrics=ways)
    expected = accuracy_score(TARGETS, predict(model, INPUTS).argmax(1))
    assert scores == pytest.approx(dict.fromkeys(ways, expected) | {"whole": 48 / ROWS}, rel=1e-6)


def test_the_model_comes_back_in_evaluation_mode_and_metrics_see_no_gradient():
    seen = []
    model = seeded()
    fit(
        model,
        batches(),
        metrics={"a": lambda outputs, targets: seen.append(outputs.requires_grad) or accuracy(outputs, targets)},
    )
    assert not any(module.training for module in model.modules())
    assert seen == [False] * 5  # the rehearsal and four batches


def test_the_history_has_the_learning_rate_at_each_epochs_beginning():
    for lr in (0.1, torch.tensor(0.1)):  # a scheduler changes a tensor in place
        model = seeded()
        optimizer = torch.optim.Adam(model.parameters(), lr=lr)
        scheduler = lr_scheduler.StepLR(optimizer, 1, gamma=0.5)
        history = fit(model, batches(), optimizer=optimizer, scheduler=scheduler, epochs=3)
        assert history["lr"] == pytest.approx([0.1, 0.05, 0.025])
