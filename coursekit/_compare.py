"""How `check` compares an answer with what is expected."""

import sys
import unicodedata

import numpy as np

from coursekit._shown import shown


def difference(answer, expected, tol):
    """Say in words how `answer` differs from `expected`, without giving the expected number away; empty if equal."""
    if isinstance(expected, str):
        if not isinstance(answer, str):
            return f"A text is expected, got {shown(answer)}."
        return "" if _bare(answer) == _bare(expected) else f"Got {shown(answer)}."
    if isinstance(expected, tuple):
        if (isinstance(answer, np.ndarray) or _is_tensor(answer)) and answer.ndim:
            answer = list(answer)
        if not isinstance(answer, tuple | list) or len(answer) != len(expected):
            return f"{len(expected)} results are expected, got {shown(answer)}."
        parts = (difference(a, e, tol) for a, e in zip(answer, expected, strict=True))
        return next((f"Result {i}: {part}" for i, part in enumerate(parts, start=1) if part), "")
    return _numeric_difference(answer, _numbers(expected), tol)


def _numeric_difference(answer, wanted, tol):
    try:
        got = _numbers(answer)
    except Exception:
        return f"{'Numbers are' if wanted.shape else 'A number is'} expected, got {shown(answer)}."
    if (got.dtype == bool) != (wanted.dtype == bool):
        return f"{'True or False' if wanted.dtype == bool else 'A number'} is expected, got {shown(answer)}."
    if got.shape != wanted.shape:
        return f"The shape {wanted.shape} is expected, got {got.shape}."
    got, wanted = got.astype(float), wanted.astype(float)
    wrong = ~(np.abs(got - wanted) <= tol * np.maximum(1, np.abs(wanted)))  # a NaN is never close
    if not wrong.any():
        return ""
    first = tuple(int(i) for i in np.argwhere(wrong)[0])
    where = f" at position {list(first)}" if first else ""
    way = "not a number" if np.isnan(got[first]) else "too large" if got[first] > wanted[first] else "too small"
    return f"Got {got[first]:.6g}{where}, which is {way}."


def _bare(text):
    """Text without case, outer spaces and a closing full stop; also for a str that redefines its methods."""
    return unicodedata.normalize("NFC", str.casefold(text)).strip().rstrip(".").rstrip()


def _is_tensor(thing):
    torch = sys.modules.get("torch")  # who holds a tensor has imported torch
    return torch is not None and isinstance(thing, torch.Tensor)


def _numbers(thing):
    """`thing` as an array of bool, int or float; TypeError for anything else."""
    if type(thing) in (list, tuple) and any(map(_is_tensor, thing)):
        return np.stack([_numbers(part) for part in thing])
    if _is_tensor(thing):
        thing = thing.detach().cpu().resolve_neg()
        thing = (thing.float() if thing.is_floating_point() and thing.itemsize < 4 else thing).numpy()  # also bfloat16
    if isinstance(thing, np.ma.MaskedArray) and np.ma.is_masked(thing):
        raise TypeError("values are masked")
    array = np.asarray(thing)
    if array.dtype.kind not in "biuf":
        raise TypeError("not numbers")
    return array


def lazy_answers(expected):
    """Answers that need no thought: zeros, and one number repeated, in the shape that is expected."""
    if isinstance(expected, str):
        return [""]
    if isinstance(expected, tuple):
        return [tuple(lazy_answers(part)[0] for part in expected)]
    array = _numbers(expected)
    repeated = [np.full_like(array, array.flat[0])] if array.size > 1 else []
    return [np.zeros_like(array), *repeated]


def require_comparable(expected, label="expected"):
    if isinstance(expected, tuple):
        for part in expected:
            require_comparable(part, label)
        if not expected:
            raise ValueError(f"{label}: an empty tuple cannot be checked")
    elif isinstance(expected, str):
        if not expected.strip():
            raise ValueError(f"{label}: an empty text cannot be checked")
    else:
        try:
            array = _numbers(expected)
        except Exception as error:
            raise TypeError(f"{label}: numbers, text or a tuple of these, got {shown(expected)}") from error
        if not array.size or not np.isfinite(array).all():
            raise ValueError(f"{label}: finite numbers, got {shown(expected)}")


def require_text(**texts):
    for label, text in texts.items():
        if not isinstance(text, str):
            raise TypeError(f"{label}: expected a text, got {shown(text)}")
        if not text.strip() and label != "hint":
            raise ValueError(f"{label}: expected a non-empty text")
        if any("\ud800" <= letter <= "\udfff" for letter in text):
            raise ValueError(f"{label}: expected letters that can be written, got half of one (a lone surrogate)")


def require_tolerance(tol):
    if isinstance(tol, bool) or not isinstance(tol, int | float) or not 0 <= tol < 1:
        raise ValueError(f"tol: expected a number from 0 to below 1, got {shown(tol)}")
