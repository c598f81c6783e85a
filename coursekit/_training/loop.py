"""One pass over the data, for training or for measuring, and where it is computed."""

from contextlib import contextmanager, nullcontext
from operator import length_hint

import torch
from torch.optim import lr_scheduler
from tqdm.auto import tqdm

from coursekit import _progress

EACH_BATCH = (lr_scheduler.OneCycleLR, lr_scheduler.CyclicLR)  # other schedulers step once an epoch


def train_pass(model, train, loss_fn, metrics, device, clip_norm, bar, *, optimizer, scheduler, scaler):
    """Go through the training batches once: this is the loop that lab 4 writes by hand."""
    half = torch.autocast("cuda", torch.float16) if scaler.is_enabled() else nullcontext()
    means = Means(metrics)
    model.train()
    for inputs, targets in train:
        inputs, targets = inputs.to(device), targets.to(device)
        optimizer.zero_grad()
        with half:
            outputs = model(inputs)
            loss = loss_fn(outputs, targets)
        scaler.scale(loss).backward()  # without mixed precision the scaler changes nothing
        if clip_norm is not None:
            scaler.unscale_(optimizer)
            torch.nn.utils.clip_grad_norm_(model.parameters(), clip_norm)
        scaler.step(optimizer)
        scaler.update()
        if isinstance(scheduler, EACH_BATCH):
            scheduler.step()
        means.add(outputs.detach(), targets, loss.detach())
        bar.update()
    return means.result()


def evaluate_pass(model, loader, loss_fn, metrics, device):
    """Go through the batches once, without learning."""
    means = Means(metrics)
    model.eval()
    with torch.no_grad():
        for inputs, targets in loader:
            inputs, targets = inputs.to(device), targets.to(device)
            outputs = model(inputs)
            means.add(outputs, targets, None if loss_fn is None else loss_fn(outputs, targets))
    return means.result()


class Means:
    """Means over all samples. The numbers stay on the device until the end: asking for one makes a GPU wait."""

    def __init__(self, metrics):
        self.metrics, self.sizes, self.values = metrics, [], {}

    def add(self, outputs, targets, loss):
        self.sizes.append(len(targets))
        if loss is not None:
            self.values.setdefault("loss", []).append(loss)
        for name, metric in self.metrics.items():
            value = torch.as_tensor(metric(outputs, targets))
            self.values.setdefault(name, []).append(value.float().mean() if value.ndim else value)

    def result(self):
        shares = torch.tensor(self.sizes, dtype=torch.float64) / sum(self.sizes)
        return {
            name: float(torch.stack(values).cpu().double().flatten() @ shares) for name, values in self.values.items()
        }


@contextmanager
def moved(model, device, optimizer=None):
    """Bring a model, or a loss that is one, and what its optimiser remembers, to a device and afterwards back."""
    there = torch.empty(0, device=device).device
    tensors = [*model.parameters(), *model.buffers()] if isinstance(model, torch.nn.Module) else []
    home = tensors[0].device if tensors else there
    if home == there:
        yield
        return
    try:
        _move(model, there, optimizer)
        yield
    finally:
        _move(model, home, optimizer)


def _move(model, device, optimizer):
    model.to(device)
    if optimizer is not None:
        optimizer.load_state_dict(optimizer.state_dict())  # casts to where the parameters are


def copied_weights(model):
    """Copy the parameters and buffers of a model."""
    return {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}


def progress(train, epochs, done):
    """Progress bar over all batches of all epochs; the environment variable TQDM_DISABLE=1 hides it."""
    batches = length_hint(train)  # 0 if it does not know
    total = epochs * batches or None
    return tqdm(initial=done * batches, total=total, unit="batch", leave=False, disable=_progress.hidden())


def out_of_patience(history, patience):
    """Whether the last `patience` epochs were all worse than one before them."""
    return patience is not None and len(history) > 0 and len(history) - history.best_epoch >= patience


def step_after_epoch(scheduler, row):
    """Step a scheduler that works by epochs."""
    if isinstance(scheduler, lr_scheduler.ReduceLROnPlateau):
        scheduler.step(row.get("val_loss", row["loss"]))
    elif scheduler is not None and not isinstance(scheduler, EACH_BATCH):
        scheduler.step()
