"""The training loop of the labs: `fit`, `evaluate`, `predict`, and repeatable random numbers."""

import os
import random
import sys

import numpy as np
import torch

from coursekit._checks import whole
from coursekit._training import arguments, checkpoints, loop
from coursekit._training.history import History


def seed_everything(seed):
    """Seed Python's, NumPy's and PyTorch's random numbers, so that a run can be repeated.

    Parameters
    ----------
    seed : int
        From 0 to 2**32 - 1.

    Raises
    ------
    TypeError, ValueError
        If `seed` is not such a number.
    """
    seed = whole("seed", seed, 0, 2**32 - 1)
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


def pick_device():
    """Choose where to compute: $COURSEKIT_DEVICE, else CUDA, else MPS, else the CPU.

    Returns
    -------
    torch.device
        A device that is there.

    Raises
    ------
    ValueError
        If $COURSEKIT_DEVICE names no device of this machine.
    """
    chosen = os.environ.get("COURSEKIT_DEVICE")
    if chosen:
        return arguments.usable_device("COURSEKIT_DEVICE", chosen)
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def fit(
    model,
    train,
    val=None,
    *,
    loss_fn,
    optimizer,
    epochs,
    metrics=None,
    scheduler=None,
    patience=None,
    clip_norm=None,
    mixed_precision=False,
    checkpoint=None,
    resume=False,
    device=None,
):
    """Train a network: for each batch, forward, loss, backward, step.

    Before the first step the first batch of each loader is tried, so that most mistakes show at once. That draws no
    random numbers: the weights equal those of the loop written by hand.

    Parameters
    ----------
    model : torch.nn.Module
        Trained in place. It comes back to the device where it was, in evaluation mode.
    train, val : iterable of (inputs, targets)
        Batches, such as a `torch.utils.data.DataLoader`; tensors with one row a sample.
    loss_fn : callable
        ``loss_fn(outputs, targets)`` -> mean loss of the batch, a tensor with one number.
    optimizer : torch.optim.Optimizer
        Made with the model's parameters.
    epochs : int
        How often to go through `train`; with `resume`, counted from the very beginning.
    metrics : dict of str to callable, optional
        ``metric(outputs, targets)`` -> one value a sample, or their mean. Averaged over samples, not over batches. An
        AUC is no mean over samples: use `predict`, then scikit-learn.
    scheduler : torch.optim.lr_scheduler.LRScheduler, optional
        Steps once an epoch; OneCycleLR and CyclicLR after each batch; ReduceLROnPlateau gets the validation loss.
    patience : int, optional
        Stop after so many epochs without a lower validation loss, and restore the weights of the best epoch.
    clip_norm : float, optional
        Shorten each step's gradient to this length if it is longer.
    mixed_precision : bool
        Compute in float16 where that is safe. On CUDA only, elsewhere without effect.
    checkpoint : path, optional
        File that is written after each epoch, whole or not at all.
    resume : bool
        Go on from `checkpoint` if it is there. On the CPU, weights and history then equal those of a run that was
        never cut, bit for bit.
    device : str or torch.device, optional
        Where to compute; `pick_device()` by default.

    Returns
    -------
    History
        One row an epoch. Ctrl-C ends training early: the history of the complete epochs comes back, and with `val` the
        model has its best weights.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong, the first batch cannot be used, or `checkpoint` belongs to another run.
    FloatingPointError
        If a loss is not finite.
    OSError
        If a later checkpoint cannot be written; the one before is kept.

    Notes
    -----
    The state of Python's, NumPy's and PyTorch's random numbers and of the loaders' generators is stored in the
    checkpoint. That of generators of your own, inside a data set or a persistent worker, is not.
    """
    metrics = {} if metrics is None else metrics
    arguments.require_model(model)
    arguments.require_scores(loss_fn, metrics)
    epochs = whole("epochs", epochs, 1, sys.maxsize)
    arguments.require_optimizer(model, optimizer, scheduler)
    arguments.require_options(patience, val, clip_norm, mixed_precision, checkpoint, resume)
    device = pick_device() if device is None else arguments.usable_device("device", device)
    loaders = {"train": train} if val is None else {"train": train, "val": val}
    half = mixed_precision and device.type == "cuda"
    parts = {"optimizer": optimizer, "scheduler": scheduler, "scaler": torch.amp.GradScaler("cuda", enabled=half)}
    history, best, with_gradients = History(), None, torch.is_grad_enabled()
    with loop.moved(model, device, optimizer), loop.moved(loss_fn, device):
        arguments.rehearse(model, loaders, loss_fn, metrics, device)
        if checkpoint is not None:
            checkpoints.require_writable(checkpoint)
        if resume and os.path.exists(checkpoint):
            history, best = checkpoints.load(checkpoint, model, parts, loaders, list(metrics))
        try:
            with loop.progress(train, epochs, len(history)) as bar:
                while len(history) < epochs and not loop.out_of_patience(history, patience):
                    row = {"epoch": len(history) + 1}
                    lr = float(optimizer.param_groups[0]["lr"])  # a tensor would change later
                    row |= loop.train_pass(model, train, loss_fn, metrics, device, clip_norm, bar, **parts)
                    if val is not None:
                        scores = loop.evaluate_pass(model, val, loss_fn, metrics, device)
                        row |= {f"val_{name}": score for name, score in scores.items()}
                    arguments.require_finite(row, f"in epoch {row['epoch']}")
                    longer = History([*history.rows, row | {"lr": lr}])
                    is_best = val is not None and longer.best_epoch == len(longer)
                    history, best = longer, loop.copied_weights(model) if is_best else best  # Ctrl-C: both or neither
                    loop.step_after_epoch(scheduler, row)
                    if checkpoint is not None:
                        checkpoints.save(checkpoint, model, parts, loaders, history, best)
                    bar.set_postfix({name: f"{value:.4g}" for name, value in row.items()}, refresh=False)
            history.stopped = "finished" if len(history) >= epochs else "no improvement"
        except KeyboardInterrupt:
            history.stopped = "by hand"
            torch.set_grad_enabled(with_gradients)  # it may have come while `no_grad` was giving them back
        if best is not None and (patience is not None or history.stopped == "by hand"):
            model.load_state_dict(best)
    model.eval()
    return history


def evaluate(model, loader, *, loss_fn=None, metrics=None, device=None):
    """Measure a network on data, without changing it.

    Parameters
    ----------
    model : torch.nn.Module
        The network; it is used in evaluation mode and then has its mode and device back.
    loader : iterable of (inputs, targets)
        Batches, as for `fit`.
    loss_fn : callable, optional
    metrics : dict of str to callable, optional
        As for `fit`; at least one of them.
    device : str or torch.device, optional
        Where to compute; `pick_device()` by default.

    Returns
    -------
    dict of str to float
        ``"loss"`` and each metric, averaged over the samples.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong, the first batch cannot be used, or a metric is not finite.
    FloatingPointError
        If the loss is not finite.
    """
    metrics = {} if metrics is None else metrics
    arguments.require_model(model)
    arguments.require_scores(loss_fn, metrics, needs_loss=False)
    if loss_fn is None and not metrics:
        raise ValueError("metrics: nothing to measure; give loss_fn, metrics or both")
    device = pick_device() if device is None else arguments.usable_device("device", device)
    with loop.moved(model, device), loop.moved(loss_fn, device), arguments.same_modes(model):
        arguments.rehearse(model, {"loader": loader}, loss_fn, metrics, device)
        scores = loop.evaluate_pass(model, loader, loss_fn, metrics, device)
    arguments.require_finite(scores, "over all batches")
    return scores


def predict(model, inputs, *, batch_size=256, device=None):
    """Compute a network's outputs, batch by batch.

    Parameters
    ----------
    model : torch.nn.Module
        The network; it is used in evaluation mode and then has its mode and device back.
    inputs : torch.Tensor, shape (samples, ...), or iterable
        Samples, or batches of them, also with targets, such as a DataLoader that does not shuffle.
    batch_size : int
        Samples computed at once, where `inputs` is a tensor.
    device : str or torch.device, optional
        Where to compute; `pick_device()` by default.

    Returns
    -------
    torch.Tensor, shape (samples, ...)
        The outputs on the CPU, in the order of the inputs.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong, or there is no sample.
    """
    arguments.require_model(model)
    batch_size = whole("batch_size", batch_size, 1, sys.maxsize)
    arguments.require_inputs(inputs)
    device = pick_device() if device is None else arguments.usable_device("device", device)
    batches = inputs.split(batch_size) if torch.is_tensor(inputs) else inputs
    outputs = []
    with loop.moved(model, device), arguments.same_modes(model), torch.no_grad():
        model.eval()
        for batch in batches:
            samples = batch[0] if isinstance(batch, list | tuple) and batch else batch
            arguments.require_tensor("inputs: each batch must be, or begin with,", samples)
            outputs.append(arguments.outputs_for(model, samples, device).cpu())
    if not outputs:
        raise ValueError("inputs: there is no sample")
    return torch.cat(outputs)
