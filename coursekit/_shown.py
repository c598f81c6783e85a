"""What somebody gave, in one short line of a message."""

import sys

import numpy as np

MOST = 40  # parts of a list that are looked at


def shown(thing, limit=80):
    """A short one-line form of anything, numbers rounded to six digits; cannot fail."""
    try:
        text = _printable(" ".join(_plain(thing).split()))
    except BaseException:
        return "something that cannot be shown"
    return text if len(text) <= limit else text[: limit - 3] + "..."


def _plain(thing):
    if type(thing) in (tuple, list):
        inner = ", ".join([*map(_plain, thing[:MOST]), *(["..."] if len(thing) > MOST else [])])
        return f"[{inner}]" if isinstance(thing, list) else f"({inner})"
    if isinstance(thing, float | np.floating):
        return f"{float(thing):.6g}"
    if isinstance(thing, np.integer | np.bool_):
        return repr(thing.item())
    if isinstance(thing, np.ndarray):
        return np.array2string(thing, precision=6, threshold=20, separator=", ")
    return repr(thing)


def shown_error(error):
    try:
        return _printable(f"{type(error).__name__}: {error}".rstrip(": "))
    except BaseException:
        return type(error).__name__


def _printable(text):
    """`text` with what the output stream does not take (always lone surrogates) written as escapes."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)
