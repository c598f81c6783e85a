"""Checkpoints of a training run: written whole or not at all, and everything in them that chance depends on."""

import io
import os
import random
import zipfile
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch

from coursekit._files import written_whole
from coursekit._training.history import History

FORMAT = 1


def require_writable(path):
    """Raise ValueError if no file can be written there; nothing is left behind."""
    if os.path.isdir(path):
        raise ValueError(f"checkpoint: {path} is a folder; give the name of a file in it")
    try:
        with open(_half_written(path), "wb"):
            pass
        os.unlink(_half_written(path))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ValueError(
            f"checkpoint: cannot write {path} ({reason}); give a file in a folder that is there"
        ) from error


def save(path, model, parts, loaders, history, best):
    """Write the state after an epoch: the old file stays until the new one is complete."""
    content = {
        "format": FORMAT,
        "model": model.state_dict(),
        "best": best,
        "rows": history.rows,
        "parts": {name: part and _plain(part.state_dict()) for name, part in parts.items()},
        "kinds": _kinds(parts, loaders),
        "random": random_state(loaders),
    }
    buffer = io.BytesIO()
    torch.save(content, buffer)
    try:
        with written_whole(path, _half_written(path)) as file:
            file.write(buffer.getbuffer())
    except OSError as error:
        raise OSError(
            f"checkpoint: {path} could not be written ({error.strerror}). That of the epoch before is kept: "
            "free some space, then call fit with resume=True."
        ) from error


def load(path, model, parts, loaders, metrics):
    """Bring model, optimiser, scheduler and random numbers to where the run was cut.

    Parameters
    ----------
    path : path
        The checkpoint.
    model, parts, loaders
        As for `save`.
    metrics : list of str
        Names of the metrics that the history must have.

    Returns
    -------
    history : History
        The epochs that are done.
    best : dict or None
        Weights of the best epoch.

    Raises
    ------
    ValueError
        If the file is damaged or belongs to another run; then nothing has been changed.
    """
    try:
        file = io.BytesIO(Path(path).read_bytes())
        if damaged := zipfile.ZipFile(file).testzip():  # torch.load does not look at the checksums
            raise ValueError(f"wrong checksum of {damaged}")
        file.seek(0)
        content = torch.load(file, map_location="cpu", weights_only=True)
        if content["format"] != FORMAT:
            raise ValueError(f"format {content['format']!r}")
        _refuse_another_run(path, content, model, _kinds(parts, loaders), _columns(loaders, metrics))
    except _AnotherRun:
        raise
    except Exception as error:  # a damaged file makes torch raise nearly anything
        raise ValueError(
            f"checkpoint: {path} is damaged or no checkpoint of fit ({type(error).__name__}); "
            "delete it, or begin anew with resume=False"
        ) from error
    for name, part in parts.items():
        if part is not None and content["parts"][name]:  # a scaler has nothing to say where there is no CUDA
            part.load_state_dict(content["parts"][name])
    model.load_state_dict(content["model"])
    set_random_state(content["random"], loaders)
    return History(content["rows"]), content["best"]


class _AnotherRun(ValueError):
    """The checkpoint is whole, but belongs to another run."""


def _refuse_another_run(path, content, model, kinds, columns):
    saved = {name: tuple(tensor.shape) for name, tensor in content["model"].items()}
    own = {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}
    advice = "give another file, or resume=False to begin anew"
    for name in [*own, *saved]:
        if saved.get(name) != own.get(name):
            there, here = (
                f"has shape {shape}" if shape else "is missing" for shape in (saved.get(name), own.get(name))
            )
            raise _AnotherRun(f"checkpoint: {path} is of another model: {name} {there} there, {here} here; {advice}")
    if content["kinds"] != kinds:
        raise _AnotherRun(f"checkpoint: {path} was made with {content['kinds']}, not {kinds}; {advice}")
    if content["rows"] and list(content["rows"][0]) != columns:
        raise _AnotherRun(
            f"checkpoint: {path} has the columns {list(content['rows'][0])}, this run {columns}; {advice}"
        )


def _plain(state):
    """The same state with Python's numbers in place of NumPy's, which `torch.load` refuses as unknown code."""
    if isinstance(state, dict):
        plain = state.copy()  # keeps what kind of dict it is
        plain.clear()
        plain.update({_plain(name): _plain(value) for name, value in state.items()})
        return plain
    if type(state) in (list, tuple):
        return type(state)(map(_plain, state))
    return state.item() if isinstance(state, np.generic) else state


def _kinds(parts, loaders):
    """Class of optimiser, scheduler and scaler; parameters in each group of the optimiser; the loaders' generators."""
    sizes = [len(group["params"]) for group in parts["optimizer"].param_groups]
    counts = {"groups": sizes, "generators": len(_generators(loaders))}
    return {name: part and type(part).__name__ for name, part in parts.items()} | counts


def _columns(loaders, metrics):
    """What a row of the history has."""
    means = ["loss", *metrics]
    return ["epoch", *means, *(f"val_{name}" for name in means if "val" in loaders), "lr"]


def _half_written(path):
    return f"{os.fspath(path)}.half-written"


def random_state(loaders):
    """State of every random number that training may draw, as tensors."""
    version, numbers, gauss = random.getstate()
    numpy_state = np.random.get_state(legacy=False)
    return {
        "python": (version, torch.tensor(numbers), gauss),
        "numpy": (torch.from_numpy(numpy_state["state"]["key"].astype(np.int64)), numpy_state["state"]["pos"]),
        "numpy_gauss": (numpy_state["has_gauss"], numpy_state["gauss"]),
        "torch": torch.get_rng_state(),
        "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
        "loaders": [generator.get_state() for generator in _generators(loaders)],
    }


def set_random_state(state, loaders):
    """Go back to a state of `random_state`."""
    version, numbers, gauss = state["python"]
    random.setstate((version, tuple(numbers.tolist()), gauss))
    key, position = state["numpy"]
    np.random.set_state(("MT19937", key.numpy().astype(np.uint32), position, *state["numpy_gauss"]))
    torch.set_rng_state(state["torch"])
    if len(state["cuda"]) == torch.cuda.device_count():
        torch.cuda.set_rng_state_all(state["cuda"])
    for generator, numbers in zip(_generators(loaders), state["loaders"], strict=True):
        generator.set_state(numbers)


@contextmanager
def unchanged_randomness(loaders):
    """Give every random number back afterwards, as if none had been drawn."""
    before = random_state(loaders)
    try:
        yield
    finally:
        set_random_state(before, loaders)


def _generators(loaders):
    """The loaders' own generators, each once."""
    found = {}
    for loader in loaders.values():
        sampler, batches = getattr(loader, "sampler", None), getattr(loader, "batch_sampler", None)
        for owner in (loader, sampler, batches, getattr(batches, "sampler", None)):
            generator = getattr(owner, "generator", None)
            if isinstance(generator, torch.Generator):
                found[id(generator)] = generator
    return list(found.values())
