"""The file that `fit` writes after each epoch, so that a run that was cut goes on as if it never had been."""

import inspect
import io
import os
import random
from pathlib import Path

import numpy as np
import torch

from coursekit import errors
from coursekit.history import History


class Checkpoint:
    """The state of one training run in one file; `measured` names what its history has."""

    def __init__(self, path, model, optimizer, scheduler, loaders, measured):
        self.path, self.loaders = errors.path("checkpoint", path).absolute(), loaders
        if self.path.is_dir() or not os.access(self.path.parent, os.W_OK):
            raise ValueError(f"checkpoint: {path} must name a file in a folder that is there and may be written to")
        self.parts = {"model": model, "optimizer": optimizer} | ({"scheduler": scheduler} if scheduler else {})
        # What two runs must have in common, so that one can go on where the other was cut.
        self.run = {"what is measured": measured, "the optimizer": type(optimizer).__name__}
        self.run |= {f"the shape of {name}": tuple(tensor.shape) for name, tensor in model.state_dict().items()}
        lowered = hasattr(scheduler, "num_bad_epochs")  # by ReduceLROnPlateau, which keeps no initial_lr
        for i, group in enumerate([] if lowered else optimizer.param_groups):
            self.run[f"the learning rate of group {i}"] = float(group.get("initial_lr", group["lr"]))
        if scheduler:
            state, given = scheduler.state_dict(), inspect.signature(type(scheduler)).parameters.keys()
            self.run["the scheduler"] = type(scheduler).__name__
            self.run |= {f"the scheduler's {name}": _plain(state.get(name)) for name in given if name != "last_epoch"}

    def save(self, history, best):
        """Write the state after an epoch: the file gets its name, in place of the older one, when it is complete."""
        buffer, unfinished = io.BytesIO(), Path(f"{self.path}.half-written")
        state = {"parts": {name: part.state_dict() for name, part in self.parts.items()}, "rows": history.rows}
        torch.save(_plain(state | {"run": self.run, "best": best, "random": random_state(self.loaders)}), buffer)
        try:
            with unfinished.open("wb") as file:
                file.write(buffer.getbuffer())
                file.flush()
                os.fsync(file.fileno())
            os.replace(unfinished, self.path)
        finally:  # also after Ctrl-C
            unfinished.unlink(missing_ok=True)

    def load(self):
        """Bring all parts and random numbers to where the run was cut; give back its history and best weights."""
        advice = "give another file, or resume=False to begin anew"
        try:
            state = torch.load(self.path, map_location="cpu", weights_only=True)
            saved = state["run"]
        except Exception as error:  # a damaged file makes torch raise nearly anything
            reason = f"is damaged or no checkpoint of fit ({type(error).__name__})"
            raise ValueError(f"checkpoint: {self.path} {reason}; {advice}") from error
        for name in self.run | saved:
            there, here = saved.get(name, "missing"), self.run.get(name, "missing")
            if there != here:
                difference = f"{name} was {errors.short(there)} there, is {errors.short(here)} here"
                raise ValueError(f"checkpoint: {self.path} is of another run: {difference}; {advice}")
        for name, part in self.parts.items():
            part.load_state_dict(state["parts"][name])
        set_random_state(state["random"], self.loaders)
        return History(state["rows"]), state["best"]


def _plain(state):
    """Python's numbers in place of NumPy's, which `torch.load` refuses as unknown code."""
    if isinstance(state, dict):
        return {_plain(name): _plain(value) for name, value in state.items()}
    if isinstance(state, list | tuple):
        return type(state)(map(_plain, state))
    return state.tolist() if isinstance(state, np.generic | np.ndarray) else state


def random_state(loaders):
    """State of every random number that training may draw."""
    return {name: get() for name, (get, _) in _sources(loaders).items()}


def set_random_state(state, loaders):
    """Go back to a state of `random_state`, as far as it has the same sources."""
    for name in state.keys() & _sources(loaders).keys():
        _sources(loaders)[name][1](state[name])


def _sources(loaders):
    sources = {"python": (random.getstate, random.setstate), "numpy": (np.random.get_state, np.random.set_state)}
    sources |= {"torch": (torch.get_rng_state, torch.set_rng_state)}
    if torch.cuda.is_available():  # a card with too old a driver is counted, but cannot be asked
        sources |= {"cuda": (torch.cuda.get_rng_state_all, torch.cuda.set_rng_state_all)}
    owners = loaders | {f"{name}'s sampler": getattr(loader, "sampler", None) for name, loader in loaders.items()}
    own = {name: owner.generator for name, owner in owners.items() if getattr(owner, "generator", None)}
    return sources | {name: (one.get_state, one.set_state) for name, one in own.items()}
