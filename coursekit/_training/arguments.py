"""What `coursekit.train` accepts: errors that name the argument, before the first step."""

import copy
import math
import warnings
from contextlib import contextmanager

import torch
from torch.optim import lr_scheduler
from torch.utils.data import DataLoader, IterableDataset, SequentialSampler

from coursekit._checks import positive, whole
from coursekit._files import path_argument
from coursekit._shown import shown
from coursekit._training.checkpoints import unchanged_randomness


def usable_device(name, device):
    """Turn a device's name into a device that is there, or raise ValueError or TypeError."""
    try:
        if not isinstance(device, str | torch.device):  # a list may crash PyTorch
            raise TypeError("neither a text nor a torch.device")
        chosen = torch.device(device)
        torch.empty(1, device=chosen).cpu()  # from "meta" nothing would come back, not even the weights
    except (RuntimeError, AssertionError, TypeError, NotImplementedError) as error:
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(
            f"{name}: expected a device of this machine, such as 'cpu' or 'cuda', got {shown(device)}"
        ) from error
    return chosen


def require_model(model):
    """Raise unless `model` is a module."""
    if not isinstance(model, torch.nn.Module):
        raise TypeError(f"model: expected a torch.nn.Module, got {type(model).__name__}")


def require_scores(loss_fn, metrics, needs_loss=True):
    """Raise unless the loss and each metric can be called, and no metric has a name that the history needs."""
    if not callable(loss_fn) and (needs_loss or loss_fn is not None):
        raise TypeError(f"loss_fn: expected a function of outputs and targets, got {type(loss_fn).__name__}")
    if not isinstance(metrics, dict) or not all(isinstance(name, str) for name in metrics):
        raise TypeError(f"metrics: expected a dict of names and functions, got {shown(metrics)}")
    for name, metric in metrics.items():
        if not callable(metric):
            raise TypeError(f"metrics: {name} is no function but {type(metric).__name__}")
        if name in ("epoch", "loss", "lr") or name.startswith("val_"):
            raise ValueError(f"metrics: the name {shown(name)} is taken; choose another")


def require_optimizer(model, optimizer, scheduler):
    """Raise unless the optimiser trains this model, and the scheduler this optimiser."""
    if not isinstance(optimizer, torch.optim.Optimizer):
        raise TypeError(f"optimizer: expected a torch.optim.Optimizer, got {type(optimizer).__name__}")
    if isinstance(optimizer, torch.optim.LBFGS):
        raise ValueError("optimizer: LBFGS computes the loss more than once a step; take another, such as Adam")
    own = {id(parameter) for parameter in model.parameters() if parameter.requires_grad}
    if own.isdisjoint(id(parameter) for group in optimizer.param_groups for parameter in group["params"]):
        raise ValueError("optimizer: holds no trainable parameter of this model; make it anew after making the model")
    if scheduler is None:
        return
    if not isinstance(scheduler, lr_scheduler.LRScheduler):
        raise TypeError(f"scheduler: expected one of torch.optim.lr_scheduler, got {type(scheduler).__name__}")
    if scheduler.optimizer is not optimizer:
        raise ValueError("scheduler: belongs to another optimizer; make it anew after making the optimizer")


def require_options(patience, val, clip_norm, mixed_precision, checkpoint, resume):
    """Raise unless the options of `fit` make sense together."""
    if patience is not None:
        whole("patience", patience, 1)
        if val is None:
            raise ValueError("patience: needs val, the validation batches whose loss decides")
    if clip_norm is not None:
        positive("clip_norm", clip_norm)
    for name, flag in (("mixed_precision", mixed_precision), ("resume", resume)):
        if not isinstance(flag, bool):
            raise TypeError(f"{name}: expected True or False, got {shown(flag)}")
    if resume and checkpoint is None:
        raise ValueError("resume: needs checkpoint, the file to go on from")
    if checkpoint is not None:
        path_argument("checkpoint", checkpoint, "the path of a file")


def require_inputs(inputs):
    """Raise unless `predict` can go through the inputs in their order."""
    if isinstance(inputs, DataLoader) and not isinstance(inputs.dataset, IterableDataset):
        order = getattr(inputs.batch_sampler, "sampler", inputs.sampler)
        if not isinstance(order, SequentialSampler):
            raise ValueError(
                "inputs: this loader shuffles, so the outputs' order would be lost; make one with shuffle=False"
            )
    if not torch.is_tensor(inputs) and not isinstance(inputs, DataLoader | list | tuple):
        raise TypeError(f"inputs: expected a tensor or batches, such as a DataLoader, got {type(inputs).__name__}")
    if torch.is_tensor(inputs) and (not inputs.ndim or not len(inputs)):
        raise ValueError(f"inputs: there is no sample in a tensor of shape {tuple(inputs.shape)}")
    if torch.is_tensor(inputs) and inputs.layout != torch.strided:
        raise TypeError("inputs: expected a dense tensor, got a sparse one; give inputs.to_dense()")


def outputs_for(model, inputs, device):
    """What the model makes of a batch of inputs, or ValueError that names them."""
    try:
        outputs = model(inputs.to(device))
    except Exception as error:
        raise ValueError(f"inputs: the model cannot take {_form(inputs)}: {error}") from error
    return require_tensor("model: must return", outputs)


def require_tensor(rule, thing):
    """Return `thing` if it is a tensor, else raise TypeError with the rule."""
    if not torch.is_tensor(thing):
        raise TypeError(f"{rule} one tensor, got {type(thing).__name__}")
    return thing


@contextmanager
def same_modes(model):
    """Give each part of a model its mode back, training or evaluation."""
    modes = {module: module.training for module in model.modules()}
    try:
        yield
    finally:
        for module, mode in modes.items():
            module.training = mode


def rehearse(model, loaders, loss_fn, metrics, device):
    """Try the first batch of each loader, without a step and without drawing a random number.

    Raises
    ------
    TypeError, ValueError
        If a loader is empty, its batches are no pairs, or model, loss or a metric cannot use them.
    FloatingPointError
        If the loss is not finite before any training.
    """
    with same_modes(model), unchanged_randomness(loaders), torch.no_grad():
        model.eval()  # batch normalisation must not learn from this
        for name, loader in loaders.items():
            inputs, targets = _first_batch(name, loader)
            _try_batch(name, model, inputs.to(device), targets.to(device), loss_fn, metrics)


def _first_batch(name, loader):
    """First (inputs, targets) of a loader, or a TypeError or ValueError that names it."""
    if isinstance(loader, DataLoader) and loader.persistent_workers:
        loader = copy.copy(loader)  # with workers of its own: those that stay must draw their first numbers in training
        vars(loader).update(_iterator=None, persistent_workers=False)
    try:
        batches = iter(loader)
    except TypeError as error:
        raise TypeError(f"{name}: expected batches, such as a DataLoader, got {type(loader).__name__}") from error
    if batches is loader:
        raise TypeError(f"{name}: can be gone through only once; give a DataLoader or a list")
    batch = next(batches, None)
    if batch is None:
        raise ValueError(f"{name}: holds no batch; is the data set empty, or smaller than a batch with drop_last?")
    if not isinstance(batch, list | tuple) or len(batch) != 2 or not all(map(torch.is_tensor, batch)):
        raise TypeError(f"{name}: each batch must be a pair of tensors (inputs, targets)")
    inputs, targets = batch
    if not inputs.ndim or not targets.ndim or len(inputs) != len(targets) or not len(inputs):
        raise ValueError(f"{name}: inputs {_form(inputs)} and targets {_form(targets)} need one row for each sample")
    return inputs, targets


def _try_batch(name, model, inputs, targets, loss_fn, metrics):
    try:
        outputs = model(inputs)
    except Exception as error:
        raise ValueError(f"{name}: the model cannot take inputs {_form(inputs)}: {error}") from error
    require_tensor("model: must return", outputs)
    forms = f"outputs {_form(outputs)} and targets {_form(targets)} of {name}"
    if loss_fn is not None:
        if targets.is_floating_point() and outputs.shape != targets.shape and outputs.numel() == targets.numel():
            raise ValueError(f"loss_fn: {forms} would be paired crosswise; give both one shape, e.g. targets[:, None]")
        try:
            with warnings.catch_warnings():
                warnings.filterwarnings("error", "Using a target size")  # PyTorch's, where it pairs crosswise
                loss = _loss_with_gradient(loss_fn, outputs, targets) if name == "train" else loss_fn(outputs, targets)
        except Exception as error:
            raise ValueError(
                f"loss_fn: cannot compare {forms}: {error} (Cross-entropy takes class numbers as int64, squared error "
                "and binary cross-entropy take floats of the outputs' shape.)"
            ) from error
        if not torch.is_tensor(loss) or loss.numel() != 1:
            raise ValueError(f"loss_fn: must return a tensor with one number, the batch's mean, for {forms}")
        require_finite({"loss": float(loss)}, f"on the first batch of {name}, before any training")
    for metric_name, metric in metrics.items():
        try:
            value = float(torch.as_tensor(metric(outputs, targets)).double().mean())
        except Exception as error:
            raise ValueError(f"metrics: {metric_name} fails for {forms}: {error}") from error
        if not math.isfinite(value):
            raise ValueError(f"metrics: {metric_name} gives {value} on the first batch of {name}")


def _loss_with_gradient(loss_fn, outputs, targets):
    """The loss, after its way back to the outputs has been tried too."""
    start = outputs.detach().requires_grad_()
    with torch.enable_grad():
        loss = loss_fn(start.clone(), targets)  # a loss may work in place, which a tensor's start does not allow
    if torch.is_tensor(loss) and loss.numel() == 1:
        torch.autograd.grad(loss, start)
        return loss.detach()
    return loss


def require_finite(row, when):
    """Raise FloatingPointError for a loss, ValueError for a metric, that is not finite."""
    for name, value in row.items():
        if math.isfinite(value):
            continue
        if name not in ("loss", "val_loss"):
            raise ValueError(f"metrics: {name} gives {value} {when}")
        raise FloatingPointError(
            f"{name}: {value} {when}. Try a ten times smaller learning rate or clip_norm=1; look for NaN in "
            "the inputs, for inputs that are not scaled, and for log(0) or a division by 0 in the loss."
        )


def _form(tensor):
    return f"{tuple(tensor.shape)} {str(tensor.dtype).removeprefix('torch.')}"
