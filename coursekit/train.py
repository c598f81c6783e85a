"""The training loop of the labs: `fit`, `evaluate`, `predict`, and repeatable random numbers."""

import copy
import math
import os
import random
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from operator import length_hint

import numpy as np
import torch
from torch import nn
from torch.optim import lr_scheduler
from torch.utils.data import DataLoader, RandomSampler, SubsetRandomSampler, WeightedRandomSampler
from tqdm.auto import tqdm

from coursekit import errors
from coursekit.checkpoint import Checkpoint, random_state, set_random_state
from coursekit.history import History

EACH_BATCH = lr_scheduler.OneCycleLR | lr_scheduler.CyclicLR  # other schedulers step once an epoch


def seed_everything(seed):
    """Seed Python's, NumPy's and PyTorch's random numbers with the int `seed`, so that a run can be repeated."""
    random.seed(errors.whole("seed", seed, 0, 2**32 - 1))
    np.random.seed(seed)
    torch.manual_seed(seed)


def pick_device():
    """Choose the torch.device to compute on: $COURSEKIT_DEVICE, else CUDA, else MPS, else the CPU."""
    if chosen := os.environ.get("COURSEKIT_DEVICE"):
        return _device("COURSEKIT_DEVICE", chosen)
    return torch.device("cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu")


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
    checkpoint=None,
    resume=False,
    device=None,
):
    """Train a network: for each batch, forward, loss, backward, step; bit for bit as the loop written by hand.

    A mistake is a TypeError or ValueError before the first step. Where a loss is not finite later, FloatingPointError
    has the epochs before in its `history`, and with `val` the model has its best weights.

    Parameters
    ----------
    model : torch.nn.Module; Trained in place; it comes back in evaluation mode
    train, val : iterable of (inputs, targets); Batches of tensors with one row a sample, such as a DataLoader
    loss_fn : callable; ``loss_fn(outputs, targets)`` -> mean loss of the batch, a tensor with one number
    optimizer, scheduler : of torch.optim
        The scheduler steps once an epoch, OneCycleLR and CyclicLR each batch; ReduceLROnPlateau gets the val loss.
    epochs, patience : int
        How often to go through `train`; without a lower validation loss for `patience` epochs, the best weights return.
    metrics : dict of str to callable
        ``metric(outputs, targets)`` -> one value a sample, or their mean; averaged over samples, not over batches.
    clip_norm : float; Gradients that are longer are shortened to this length
    checkpoint, resume : path, bool
        File that is written whole after each epoch; whether to go on from it if it is there, up to `epochs` in all, on
        the CPU bit for bit as if never cut.
    device : str or torch.device; Where to compute; `pick_device()` by default

    Returns
    -------
    History
        One row an epoch. Ctrl-C ends training early: the complete epochs come back, with `val` also the best weights.
    """
    metrics, device = metrics or {}, _device("device", device or pick_device())
    errors.whole("epochs", epochs, 1)
    errors.whole("patience", 1 if patience is None else patience, 1)
    errors.positive("clip_norm", 1 if clip_norm is None else clip_norm)
    _refuse(patience and val is None, "patience: needs val, the validation batches whose loss decides")
    _refuse(resume and checkpoint is None, "resume: needs checkpoint, the file to go on from")
    _check_optimizer(model, optimizer, scheduler)
    loaders = {"train": train} if val is None else {"train": train, "val": val}
    history, best, file = History(), None, None
    with _at_work(device, model, loss_fn, optimizer):
        _try_first_batches(model, loaders, loss_fn, metrics, device)
        if checkpoint is not None:
            file = Checkpoint(checkpoint, model, optimizer, scheduler, loaders, [*loaders, *metrics])
            if resume and file.path.exists():
                history, best = file.load()
        _check_schedule(scheduler, epochs - len(history), length_hint(train))
        try:
            with _progress(train, epochs, len(history)) as bar:
                while len(history) < epochs and len(history) - (history.best_epoch or 0) < (patience or math.inf):
                    row = {"epoch": len(history) + 1}
                    lr = float(optimizer.param_groups[0]["lr"])  # a tensor would change later
                    row |= _train_pass(model, train, loss_fn, metrics, device, optimizer, scheduler, clip_norm, bar)
                    if val is not None:
                        scores = _evaluate_pass(model, val, loss_fn, metrics, device)
                        row |= {f"val_{name}": score for name, score in scores.items()}
                    _require_finite(row, f"in epoch {row['epoch']} (this error's history has those before)")
                    is_best = val is not None and row["val_loss"] < min(history["val_loss"], default=math.inf)
                    weights = copy.deepcopy(model.state_dict()) if is_best else best
                    history, best = History([*history.rows, row | {"lr": lr}]), weights  # Ctrl-C: both or neither
                    _step_after_epoch(scheduler, row)
                    if file is not None:
                        file.save(history, best)
                    bar.set_postfix({name: f"{value:.4g}" for name, value in row.items()}, refresh=False)
            history.stopped = "finished" if len(history) >= epochs else "no improvement"
        except KeyboardInterrupt:
            history.stopped = "by hand"
            torch.set_grad_enabled(True)  # it may have come while `no_grad` was giving them back
        except Exception as error:
            error.history = history
            raise
        finally:
            if best is not None and (patience or history.stopped != "finished"):
                model.load_state_dict(best)
    model.eval()
    return history


def evaluate(model, loader, *, loss_fn=None, metrics=None, device=None):
    """Measure a network, in evaluation mode and without changing it.

    `model`, `loader` (batches), `loss_fn` and `metrics` (one of them or both) and `device` are as for `fit`.
    Gives a dict of ``"loss"`` and each metric, averaged over the samples.
    """
    metrics, device = metrics or {}, _device("device", device or pick_device())
    with _at_work(device, model, loss_fn):
        _try_first_batches(model, {"loader": loader}, loss_fn, metrics, device)
        scores = _evaluate_pass(model, loader, loss_fn, metrics, device)
    _require_finite(scores, "over all batches")
    return scores


def predict(model, inputs, *, batch_size=256, device=None):
    """Compute a network's outputs, in evaluation mode and without changing it.

    Parameters
    ----------
    model, device : as for `fit`
    inputs : torch.Tensor, shape (samples, ...), or batches
        Samples, or batches of them, also with targets: a DataLoader that does not shuffle, a list or a tuple.
    batch_size : int; Samples computed at once, where `inputs` is a tensor

    Returns
    -------
    torch.Tensor, shape (samples, ...)
        The outputs on the CPU, in the order of the inputs.
    """
    _require("inputs", inputs, torch.Tensor | DataLoader | list | tuple, "a tensor or batches, such as a DataLoader")
    sampler = getattr(getattr(inputs, "batch_sampler", None), "sampler", getattr(inputs, "sampler", None))
    shuffled = isinstance(sampler, RandomSampler | SubsetRandomSampler | WeightedRandomSampler)
    _refuse(shuffled, "inputs: this loader draws at random, so the order would be lost; make one with shuffle=False")
    batches = inputs.split(errors.whole("batch_size", batch_size, 1)) if torch.is_tensor(inputs) else inputs
    device, outputs = _device("device", device or pick_device()), []
    with _at_work(device, model), torch.no_grad():
        model.eval()
        for batch in batches:
            samples = batch[0] if isinstance(batch, list | tuple) else batch
            _require("inputs: each batch", samples, torch.Tensor, "a tensor, or begin with one")
            outputs.append(model(samples.to(device)).cpu())
    _refuse(not sum(map(len, outputs)), "inputs: there is no sample")
    return torch.cat(outputs)


def _progress(train, epochs, done):
    """A progress bar over all batches of all epochs."""
    batches = length_hint(train)  # 0 if it does not know
    hidden = os.environ.get("TQDM_DISABLE", "0") not in ("", "0")  # in notebooks tqdm does not look at it
    return tqdm(total=epochs * batches or None, initial=done * batches, unit="batch", leave=False, disable=hidden)


def _train_pass(model, train, loss_fn, metrics, device, optimizer, scheduler, clip_norm, bar):
    """Go through the training batches once: this is the loop that lab 4 writes by hand."""
    scores = []
    model.train()
    for inputs, targets in train:
        inputs, targets = inputs.to(device), targets.to(device)
        optimizer.zero_grad()
        outputs = model(inputs)
        loss = loss_fn(outputs, targets)
        loss.backward()
        if clip_norm is not None:
            nn.utils.clip_grad_norm_(model.parameters(), clip_norm)
        optimizer.step()
        if isinstance(scheduler, EACH_BATCH):
            scheduler.step()
        scores.append(_scores(outputs.detach(), targets, loss.detach(), metrics))
        bar.update()
    return _means(scores)


def _evaluate_pass(model, loader, loss_fn, metrics, device):
    """Go through the batches once, without learning."""
    scores = []
    model.eval()
    with torch.no_grad():
        for inputs, targets in loader:
            inputs, targets = inputs.to(device), targets.to(device)
            outputs = model(inputs)
            scores.append(_scores(outputs, targets, loss_fn and loss_fn(outputs, targets), metrics))
    return _means(scores)


def _step_after_epoch(scheduler, row):
    if isinstance(scheduler, lr_scheduler.ReduceLROnPlateau):
        scheduler.step(row.get("val_loss", row["loss"]))
    elif scheduler is not None and not isinstance(scheduler, EACH_BATCH):
        scheduler.step()


def _scores(outputs, targets, loss, metrics):
    """Size, loss and metrics of a batch; tensors on the device, since asking for a number makes a GPU wait."""
    scores = {} if loss is None else {"loss": loss}
    for name, metric in metrics.items():
        value = torch.as_tensor(metric(outputs, targets))
        scores[name] = value.float().mean() if value.ndim else value
    return len(targets), scores


def _means(batches):
    """Means over all samples of what `_scores` gave for each batch."""
    shares = torch.tensor([size for size, _ in batches], dtype=torch.float64)
    columns = {name: torch.stack([scores[name].cpu() for _, scores in batches]) for name in batches[0][1]}
    return {name: float(each.double().flatten() @ (shares / sum(shares))) for name, each in columns.items()}


@contextmanager
def _at_work(device, model, loss_fn=None, optimizer=None):
    """Bring all to the device and afterwards back, each part of the model in its mode; explain samples that differ."""
    modes = {part: part.training for part in model.modules()}
    modules = [each for each in (model, loss_fn) if isinstance(each, nn.Module)]
    homes = {each: next((one.device for one in [*each.parameters(), *each.buffers()]), device) for each in modules}

    def move(places):
        for module, place in places.items():
            module.to(place)
        if optimizer is not None and homes[model] != device:
            optimizer.load_state_dict(optimizer.state_dict())  # what it remembers goes where the parameters are

    try:
        move(dict.fromkeys(homes, device))
        yield
    except (RuntimeError, TypeError) as error:  # from the DataLoader, perhaps in a worker with its traceback
        reason = str(error).strip().rpartition("\n")[2]
        advice = "give all one size and mode, e.g. by Resize((224, 224)), Grayscale() and ToTensor() of torchvision"
        _refuse("equal size" in reason or "default_collate" in reason, f"samples make no batch: {reason}; {advice}")
        raise
    finally:
        move(homes)
        for part, mode in modes.items():
            part.training = mode


# ---- Mistakes are answered in one line, before the first step. ----


def _refuse(wrong, message, kind=ValueError):
    if wrong:
        raise kind(message)


def _require(name, thing, kind, expected):
    _refuse(not isinstance(thing, kind), f"{name} must be {expected}, got {errors.short(thing)}", TypeError)


def _require_finite(scores, when):
    advice = "Look for NaN or unscaled inputs, log(0), x / 0; or try a ten times smaller learning rate, or clip_norm=1"
    for name, value in scores.items():
        _refuse(not math.isfinite(value), f"{name}: {value} {when}. {advice}", FloatingPointError)


def _device(name, device):
    try:
        return torch.empty(1, device=device).device
    except (RuntimeError, AssertionError) as error:
        raise ValueError(f"{name}: {errors.short(device)} cannot be used here; 'cpu' always can") from error


def _check_optimizer(model, optimizer, scheduler):
    _require("model", model, nn.Module, "a torch.nn.Module")
    _require("optimizer", optimizer, torch.optim.Optimizer, "a torch.optim.Optimizer")
    held = {id(parameter) for group in optimizer.param_groups for parameter in group["params"]}
    own = {name: id(parameter) for name, parameter in model.named_parameters() if parameter.requires_grad}
    _refuse(not own, "model: each parameter is frozen (requires_grad=False), so that nothing can learn")
    idle = [name for name in own if own[name] not in held]
    said = f"optimizer: does not hold {errors.short(idle)} of this model; make it anew when the model is complete"
    replaced = idle and held - {id(parameter) for parameter in model.parameters()}
    _refuse(len(idle) == len(own) or replaced, said)
    if idle:  # as is meant, perhaps, where only the last layer learns
        warnings.warn(f"{said}, or these will not learn", stacklevel=3)
    if scheduler is not None:
        _require("scheduler", scheduler, lr_scheduler.LRScheduler, "one of torch.optim.lr_scheduler")
        _refuse(scheduler.optimizer is not optimizer, "scheduler: belongs to another optimizer; make it anew")
        rising = isinstance(scheduler, lr_scheduler.ReduceLROnPlateau) and scheduler.mode == "max"
        _refuse(rising, "scheduler: gets the validation loss, which should fall; make it with mode='min'")


def _check_schedule(scheduler, epochs, batches):
    """Say that a schedule ends before the epochs that are left."""
    if isinstance(scheduler, lr_scheduler.OneCycleLR):
        left = scheduler.total_steps - scheduler.last_epoch
        said = f"scheduler: OneCycleLR has {left} steps left, {epochs} epochs take {epochs * batches}"
        _refuse(left < epochs * batches, f"{said}; begin anew with total_steps=epochs * len(train)")
    elif isinstance(scheduler, lr_scheduler.CosineAnnealingLR) and scheduler.last_epoch + epochs > scheduler.T_max:
        said = f"scheduler: after {scheduler.T_max} epochs (T_max) the learning rate climbs again"
        warnings.warn(f"{said}; begin anew with T_max=epochs if that is not meant", stacklevel=3)


def _try_first_batches(model, loaders, loss_fn, metrics, device):
    """Compute the first batch of each loader, without a step and without drawing a random number."""
    _require("metrics", metrics, dict, "a dict of names and functions")
    taken = [name for name in metrics if name in ("epoch", "loss", "lr") or name.startswith("val_")]
    _refuse(taken, f"metrics: {taken} is taken; choose another name")
    before = random_state(loaders)
    for name, loader in loaders.items():
        once = isinstance(loader, Iterator) or not isinstance(loader, Iterable)
        _refuse(once, f"{name}: has no batches to go through again and again; give a DataLoader or a list", TypeError)
        batch = next(iter(loader), None)
        _refuse(batch is None, f"{name}: holds no batch; is the data set empty, or smaller than one with drop_last?")
        pair = isinstance(batch, list | tuple) and len(batch) == 2 and all(map(torch.is_tensor, batch))
        _refuse(not pair, f"{name}: each batch must be a pair of tensors (inputs, targets)", TypeError)
        inputs, targets = batch[0].to(device), batch[1].to(device)
        said = f"{name}: inputs {tuple(inputs.shape)} {inputs.dtype}, targets {tuple(targets.shape)} {targets.dtype}"
        _refuse(not inputs.shape[:1] == targets.shape[:1] != (), f"{said} need one row for each sample")
        try:
            with torch.no_grad():
                outputs = model.eval()(inputs)  # batch normalisation must not learn from this
                scores = _scores(outputs, targets, loss_fn and loss_fn(outputs, targets), metrics)[1]
                scores = {name: float(score) for name, score in scores.items()}
        except Exception as error:
            advice = "Images and measurements are float32, class numbers int64; other targets have the outputs' form"
            said += f" do not fit model, loss and metrics: {errors.short(error, 160)}"
            raise ValueError(f"{said}. {advice}") from error
        said += f", outputs {tuple(outputs.shape)}"
        crosswise = outputs.shape != targets.shape and outputs.numel() == targets.numel()
        _refuse(crosswise, f"{said} may be paired crosswise; give both one shape, e.g. targets[:, None]")
        _require_finite(scores, f"on the first batch of {name}, before any training")
        never = isinstance(loss_fn, nn.NLLLoss | nn.CrossEntropyLoss | nn.BCEWithLogitsLoss)
        advice = "NLLLoss takes outputs of LogSoftmax, not of Softmax; binary cross-entropy targets from 0 to 1"
        _refuse(never and scores["loss"] < 0, f"{said}: loss_fn gives {scores.get('loss')}, below 0. {advice}")
        rows, size = length_hint(getattr(loader, "sampler", ())), getattr(loader, "batch_size", None)
        lone = name == "train" and size and (rows - 1) % size == 0 and not loader.drop_last
        lone = lone and inputs.ndim != 3 and any(isinstance(part, nn.BatchNorm1d) for part in model.modules())
        _refuse(lone, "train: one sample is left over, too few for batch normalisation; give its loader drop_last=True")
    set_random_state(before, loaders)
