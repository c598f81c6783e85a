"""Errors that say what to do: `DataError`, and checks of arguments that name the argument, what it got and takes."""

import math
import os
from numbers import Integral, Real
from pathlib import Path

import numpy as np


class DataError(Exception):
    """Trouble with data; the message ends with the next step to take."""


def whole(name, value, least, most=None):
    """Give `value` back as an int, or say that argument `name` must be a whole number from `least` to `most`."""
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(f"{name} must be a whole number, got {type(value).__name__} {short(value)}")
    if value < least:
        raise ValueError(f"{name} must be at least {least}, got {value}")
    if most is not None and value > most:
        raise ValueError(f"{name} must be at most {most}, got {value}")
    return int(value)


def number(name, value):
    """Give `value` back as a float, or say that argument `name` must be a finite number."""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{name} must be a number, got {short(value)}")
    if not math.isfinite(value):
        raise ValueError(f"{name} must be finite, got {value}")
    return float(value)


def positive(name, value, most=math.inf):
    """Give `value` back as a float, or say that argument `name` must be above 0 and at most `most`."""
    if not 0 < number(name, value) <= most:
        raise ValueError(f"{name} must be above 0{f' and at most {most:g}' if most < math.inf else ''}, got {value:g}")
    return float(value)


def path(name, value):
    """Give `value` back as a path, `~` expanded, or say that argument `name` must be one."""
    if not isinstance(value, str | os.PathLike) or not os.fspath(value):
        raise TypeError(f"{name} must be the path of a file or folder, got {short(value)}")
    return Path(value).expanduser()


def short(thing, limit=80):
    """What somebody gave, in one line of at most `limit` letters, numbers rounded to six digits."""
    thing = thing.item() if isinstance(thing, np.generic) else thing
    if isinstance(thing, tuple | list) and len(thing) <= 40:
        inner = ", ".join(short(part, limit) for part in thing)
        text = f"[{inner}]" if isinstance(thing, list) else f"({inner})"
    elif isinstance(thing, float):
        text = f"{thing:.6g}"
    elif isinstance(thing, np.ndarray):
        text = np.array2string(thing, precision=6, threshold=20, separator=", ")
    else:
        text = repr(thing)
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 3] + "..."
