"""Wrong answers of every kind, for expected values 0.75, [1, 2, 3], "median", (0.75, "median") and True."""

import sys
from unittest import mock

import numpy as np
import pandas as pd
import scipy.sparse
import torch


def fail(error=RuntimeError):
    """A function that takes anything and raises."""

    def raising(*_, **__):
        raise error("on purpose \ud800")  # a lone surrogate cannot be printed either

    return raising


def raising_object(attribute, error=RuntimeError):
    """An object that raises as soon as `attribute` is called or looked at."""
    body = property(fail(error)) if attribute in ("__class__", "__array_interface__", "__dict__") else fail(error)
    return type("Raising", (), {attribute: body})()


class EqualToAll:
    """Says yes to every comparison, and poses as a number, a text and an array."""

    __hash__ = None
    shape, dtype, ndim, size = (), np.dtype(float), 0, 1

    def __eq__(self, other):
        return True

    __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __contains__ = __eq__

    def __sub__(self, other):
        return 0.0

    __rsub__ = __abs__ = __sub__

    def strip(self):
        return self

    casefold = strip


class EqualArray(np.ndarray):
    """An array that always claims to be close."""

    def __le__(self, other):
        return np.ones(self.shape, bool)

    __eq__ = __lt__ = __ge__ = __gt__ = __le__
    __hash__ = None


class EqualText(str):
    """A text that claims to equal every other."""

    __hash__ = str.__hash__

    def __eq__(self, other):
        return True

    def strip(self, *_):
        return "median"

    casefold = lower = strip


def changed_class(pretended):
    return type("Pretender", (), {"__class__": property(lambda self: pretended)})()


def endless_list():
    deep = []
    deep.append(deep)
    return deep


WRONG_ANSWERS = {
    "none": None,
    "empty text": "",
    "other text": "mean",
    "number as text": "0.75",
    "bytes": b"median",
    "zero": 0,
    "nan": float("nan"),
    "infinity": float("inf"),
    "minus infinity": float("-inf"),
    "huge integer": 10**400,
    "complex": 0.75 + 0j,
    "false": False,
    "integer one": 1,
    "dict": {"value": 0.75},
    "set": {0.75},
    "generator": (x for x in (1, 2, 3)),
    "empty list": [],
    "endless list": endless_list(),
    "ragged list": [[1], [2, 3]],
    "too long": [1, 2, 3, 4],
    "column": [[1], [2], [3]],
    "one nan": [1, float("nan"), 3],
    "text in list": ["1", "2", "3"],
    "bools": np.array([True, True, True]),
    "swapped tuple": ("median", 0.75),
    "long tuple": (0.75, "median", None),
    "complex array": np.array([1, 2, 3 + 0j]),
    "object array": np.array([1, 2, 3], dtype=object),
    "structured array": np.array([(1, 2, 3)], dtype="i4,i4,i4"),
    "dates": np.array([1, 2, 3], dtype="datetime64[D]"),
    "array that claims equality": np.array([9.0, 9.0, 9.0]).view(EqualArray),
    "scalar array that claims equality": np.array(9.0).view(EqualArray),
    "matrix": np.matrix([1, 2, 3]),
    "sparse matrix": scipy.sparse.csr_matrix([[1, 2, 3]]),
    "masked": np.ma.masked_array([1.0, 2.0, 3.0], mask=[False, True, False]),
    "masked scalar": np.ma.masked,
    "data frame": pd.DataFrame({"a": [1, 2, 3]}),
    "series of text": pd.Series(["1", "2", "3"]),
    "missing in series": pd.Series([1, None, 3], dtype="Int64"),
    "pandas missing": pd.NA,
    "pandas no time": pd.NaT,
    "tensor with grad": torch.tensor([1.0, 2.0, 4.0], requires_grad=True),
    "sparse tensor": torch.tensor([1.0, 2.0, 3.0]).to_sparse(),
    "tensor without data": torch.empty(3, device="meta"),
    "magic mock": mock.MagicMock(),
    "any": mock.ANY,
    "equal to all": EqualToAll(),
    "text equal to all": EqualText("mode"),
    "pretended float": changed_class(float),
    "pretended text": changed_class(str),
    "pretended list": changed_class(list),
    "class": EqualToAll,
    "float class": float,
    "module": sys,
    "function": fail(),
    "surrogate": "\ud800",
    "unprintable repr": type("Surrogate", (), {"__repr__": lambda self: "\ud800"})(),
    "class read interrupted": raising_object("__class__", KeyboardInterrupt),
    "array interrupted": raising_object("__array__", KeyboardInterrupt),
    "array exits": raising_object("__array__", SystemExit),
    "repr exits": raising_object("__repr__", SystemExit),
} | {
    f"raising {name}": raising_object(f"__{name}__")
    for name in (
        *("class", "repr", "str", "array", "float", "index", "len", "iter", "getitem", "getattr", "getattribute"),
        *("eq", "bool", "hash", "format", "array_interface", "array_function", "array_ufunc", "sub", "abs", "le"),
        *("dict", "deepcopy", "reduce_ex"),
    )
}


def change_arguments(*arguments):
    """Write into each argument, hoping that the expected values are read from there."""
    for argument in arguments:
        if isinstance(argument, np.ndarray):
            argument[...] = 0
    return arguments[0] if arguments else None


def recurse(*arguments):
    return recurse(*arguments)


async def wait(*_):
    return 0


class OwnError(Exception):
    """Raises again when it is shown."""

    __str__ = __repr__ = fail()


# Functions that are wrong for a reference that sums an array.
WRONG_FUNCTIONS = {
    "not callable": 3,
    "none": None,
    "raises Exception": fail(Exception),
    "raises SystemExit": fail(SystemExit),
    "raises KeyboardInterrupt": fail(KeyboardInterrupt),
    "raises GeneratorExit": fail(GeneratorExit),
    "raises an error that raises": fail(OwnError),
    "recurses": recurse,
    "too few parameters": lambda: 6,
    "too many parameters": lambda a, b, c: 6,
    "keyword only": lambda *, values: 6,
    "generator": lambda values: (yield values),
    "changes its argument": change_arguments,
    "returns text": lambda values: str(np.sum(values)),
    "returns the sum in a list": lambda values: [np.sum(values)],
    "returns a function": lambda values: np.sum,
    "returns the first sum only": lambda values: 6.0,
    "returns its argument": lambda values: values,
    "forgets return": lambda values: print(end=""),
    "is a mock": mock.MagicMock(),
    "is a class": EqualToAll,
    "is the float class": float,
    "builtin": len,
} | {f"returns {name}": (lambda *_, answer=answer: answer) for name, answer in WRONG_ANSWERS.items()}
