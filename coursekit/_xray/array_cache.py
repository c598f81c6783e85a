"""Arrays kept in a file between runs: complete and checked, or made anew."""

import os
import threading
import time
import zipfile
from contextlib import suppress
from pathlib import Path

import numpy as np

from coursekit._files import written_whole

OLD = 3600  # seconds after which an unfinished file is that of a killed process


def cached(path, forms, make):
    """Read arrays from a file, or make them and try to write the file.

    Parameters
    ----------
    path : pathlib.Path
        The file; its folder is made if it is not there.
    forms : dict of str to tuple
        Shape and dtype of each array by name: a file with others is made anew, like a damaged one.
    make : callable
        ``make()`` -> dict of the arrays.

    Returns
    -------
    dict of str to numpy.ndarray
        The arrays. Where the file cannot be written, they are made each time.
    """
    arrays = _read(path)
    if arrays is None or {name: (a.shape, a.dtype) for name, a in arrays.items()} != forms:
        arrays = make()
        _write(path, arrays)
    return arrays


def _read(path):
    """Arrays of a whole file, else None."""
    try:
        with open(path, "rb") as file:
            if zipfile.ZipFile(file).testzip():
                return None
            file.seek(0)
            with np.load(file, allow_pickle=False) as archive:
                return dict(archive)
    except Exception:  # absent, locked, or damaged, which makes zipfile and NumPy raise nearly anything
        return None


def _write(path, arrays):
    unfinished = Path(f"{path}.{os.getpid()}-{threading.get_ident()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        for left in path.parent.glob(f"{path.name}.*"):
            with suppress(OSError):  # another process may be at it
                if time.time() - left.stat().st_mtime > OLD:
                    left.unlink()
        with written_whole(path, unfinished) as file:
            np.savez_compressed(file, **arrays)
    except OSError:
        pass  # no space, no right to write: everything works without the file
