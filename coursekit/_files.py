"""Files and folders that a learner names, and files that are written whole or not at all."""

import os
from contextlib import contextmanager
from pathlib import Path

from coursekit._errors import DataError
from coursekit._shown import shown


def path_argument(name, value, expected):
    """Give `value` back as a path, or say that argument `name` must be what is `expected`."""
    if not isinstance(value, str | os.PathLike) or not os.fspath(value) or isinstance(os.fspath(value), bytes):
        raise TypeError(f"{name}: expected {expected}, got {shown(value)}")
    return Path(value)


@contextmanager
def readable(path, remedy):
    """Turn what the system says of a path into a DataError that ends with the next step to take."""
    try:
        yield
    except (OSError, RuntimeError) as error:  # the latter for ~ and a name that nobody has
        place = getattr(error, "filename", None) or path
        reason = getattr(error, "strerror", None) or str(error).rstrip(".")
        raise DataError(f"{place} cannot be read ({reason}). {remedy}") from error


@contextmanager
def written_whole(path, unfinished):
    """Open a file for bytes under another name: it gets its own, in place of an older one, when all is on the disk."""
    try:
        with open(unfinished, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, path)
    finally:  # also after Ctrl-C
        Path(unfinished).unlink(missing_ok=True)
