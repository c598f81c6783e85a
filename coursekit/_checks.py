"""Arguments that are checked in one way everywhere: each error names the argument."""

import math
from numbers import Integral, Real

import numpy as np

from coursekit._shown import shown, shown_error


def whole(name, value, least, most=None):
    """Give `value` back as an int, or say that argument `name` must be a whole number from `least` to `most`."""
    if isinstance(value, bool | np.timedelta64) or not isinstance(value, Integral):
        raise TypeError(f"{name} must be a whole number, got {type(value).__name__}")
    if value < least:
        raise ValueError(f"{name} must be at least {least}, got {shown(value)}")
    if most is not None and value > most:
        raise ValueError(f"{name} must be at most {most}, got {shown(value)}")
    return int(value)


def number(name, value):
    """Give `value` back as a float, or say that argument `name` must be a finite number."""
    if isinstance(value, bool | np.timedelta64) or not isinstance(value, Real):
        raise TypeError(f"{name} must be a number, got {type(value).__name__}")
    try:
        value = float(value)
    except OverflowError:  # an int beyond the range of float
        value = math.inf
    if not math.isfinite(value):
        raise ValueError(f"{name} must be finite, got {value}")
    return value


def positive(name, value, most=np.inf):
    """Give `value` back as a float, or say that argument `name` must be above 0 and at most `most`."""
    value = number(name, value)
    if not 0 < value <= most:
        raise ValueError(f"{name} must be above 0{f' and at most {most:g}' if most < np.inf else ''}, got {value:g}")
    return value


def millimetres(name, value, least=1e-6):
    """Give `value` back as a float, or say that argument `name` must be a length: its square shall be one, too."""
    value = positive(name, value, most=1e6)
    if value < least:
        raise ValueError(f"{name} must be at least {least:g} mm, got {value:g}")
    return value


def not_negative(name, value):
    """Give `value` back as a float, or say that argument `name` must be at least 0."""
    value = number(name, value)
    if value < 0:
        raise ValueError(f"{name} must be at least 0, got {value:g}")
    return value


def numbers(name, values):
    """Give `values` back as an array, or say that argument `name` must be an array of real numbers."""
    try:
        values = np.asarray(values)
    except Exception as error:  # a ragged list, a tensor on a GPU or with a gradient, an object that fails at it
        raise TypeError(
            f"{name} must be an array of numbers, got {type(values).__name__}: {shown_error(error)}"
        ) from None
    if values.dtype.kind not in "iuf":
        raise TypeError(f"{name} must be an array of numbers, got dtype {values.dtype}")
    return values


def precise(name, values):
    """Give numbers, an array or a tensor, back as float32 or float64: float16 cannot tell 0 HU from 1 HU in 1/mm."""
    if hasattr(values, "detach"):
        import torch

        if values.dtype == torch.bool or values.is_complex():
            raise TypeError(f"{name} must be a tensor of real numbers, got {values.dtype}")
        if values.layout != torch.strided or values.is_meta:
            raise TypeError(f"{name} must be a dense tensor that holds numbers, got a sparse one or one without data")
        return values.to(torch.promote_types(values.dtype, torch.float32))
    values = numbers(name, values)
    return values.astype(np.result_type(values, np.float32))[()]


def slices(name, values):
    """Give a copy of `values` as float32, or say that argument `name` must be an array of finite numbers."""
    with np.errstate(over="ignore"):
        values = numbers(name, values).astype(np.float32)
    if not np.isfinite(values).all():
        raise ValueError(f"{name} must hold finite numbers only, got NaN, infinity or what float32 cannot hold")
    return values


def squares(name, values, least=2):
    """Give a copy of `values` as float32, or say that argument `name` must be finite square slices."""
    values = slices(name, values)
    if values.ndim < 2 or values.shape[-1] != values.shape[-2] or values.shape[-1] < least:
        shape = f"(..., rows, rows) with at least {least} rows"
        raise ValueError(f"{name} must be square slices, shape {shape}, got shape {values.shape}")
    return values
