"""Values of every kind that some argument cannot be: odd objects from a list, and generated ones."""

import datetime
import decimal
import fractions
import re
from unittest import mock

import numpy as np
import pandas as pd
import torch
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

HUGE = [2**31, 2**63, 10**400, 1e308]


def hostile(*methods):
    """An object whose methods of these names raise what no function expects."""

    def raising(*_, **__):
        raise ZeroDivisionError("on purpose")

    return type("Hostile", (), {f"__{method}__": raising for method in methods})()


def endless():
    """A list that holds itself."""
    deep = []
    deep.append(deep)
    return deep


ODD = {
    **{repr(thing): lambda thing=thing: thing for thing in (None, True, False, 0, -1, 1, 3, 0.5, -2.5, 1j, ...)},
    **{repr(thing): lambda thing=thing: thing for thing in (float("nan"), float("inf"), -float("inf"))},
    **{f"huge {thing:.0e}" if thing < 1e300 else f"huge {i}": lambda t=thing: t for i, thing in enumerate(HUGE)},
    **{repr(thing): lambda thing=thing: thing for thing in ("", " ", "text", "1", "ä\udcff", "a\0b", b"bytes", "한글")},
    **{f"hostile {name}": lambda name=name: hostile(name) for name in ("repr", "len", "array", "iter", "float")},
    **{f"hostile {name}": lambda name=name: hostile(name) for name in ("index", "int", "bool", "eq", "hash", "fspath")},
    **{f"hostile {name}": lambda name=name: hostile(name) for name in ("getitem", "call", "str", "format", "lt")},
    "hostile in all": lambda: hostile("repr", "str", "len", "array", "iter", "float", "index", "bool", "eq", "getitem"),
    "empty list": list,
    "empty dict": dict,
    "endless list": endless,
    "object": object,
    "generator": lambda: (number for number in (1, 2)),
    "class": lambda: dict,
    "module": lambda: re,
    "mock": mock.MagicMock,
    "Decimal": lambda: decimal.Decimal("NaN"),
    "Fraction": lambda: fractions.Fraction(1, 3),
    "date": lambda: datetime.date(2020, 1, 1),
    "NA": lambda: pd.NA,
    "NaT": lambda: pd.NaT,
    "frame": lambda: pd.DataFrame({"a": [1, None], "b": ["x", "y"]}),
    "series": lambda: pd.Series([1, None, 3], dtype="Int64"),
    "empty array": lambda: np.zeros(0),
    "array with NaN": lambda: np.array([[1.0, np.nan], [0.0, 1.0]]),
    "array of infinity": lambda: np.full((8, 8), np.inf),
    "array of another shape": lambda: np.zeros((3, 5, 7)),
    "array of objects": lambda: np.array([1, None, "x"], dtype=object),
    "array of text": lambda: np.array(["a", "b"]),
    "array of dates": lambda: np.array([1, 2], dtype="datetime64[D]"),
    "structured array": lambda: np.zeros(3, dtype="i4,f4"),
    "masked array": lambda: np.ma.masked_array([1.0, 2.0], mask=[True, False]),
    "array without shape": lambda: np.array(5.0),
    "NumPy's time": lambda: np.timedelta64(3, "m"),  # which NumPy counts among the whole numbers
    "array of times": lambda: np.array([2, 6], dtype="timedelta64[m]"),
    "NumPy's missing time": lambda: np.timedelta64("NaT", "s"),
    "NumPy's bool": lambda: np.True_,
    "NumPy's NaN": lambda: np.float32("nan"),
    "float16": lambda: np.float16(0.1),
    "ragged list": lambda: [[1.0], [2.0, 3.0]],
    "nested tuple": lambda: ((1, 2), (3, 4)),
    "list of None": lambda: [None, None],
    "empty tensor": lambda: torch.zeros(0),
    "tensor of NaN": lambda: torch.full((8, 8), torch.nan),
    "tensor with a gradient": lambda: torch.zeros(8, 8, requires_grad=True),
    "sparse tensor": lambda: torch.eye(8).to_sparse(),
    "tensor without data": lambda: torch.zeros(8, 8, device="meta"),
    "complex tensor": lambda: torch.zeros(8, 8, dtype=torch.complex64),
    "tensor of bool": lambda: torch.zeros(8, 8, dtype=torch.bool),
}
plain_text = st.text(st.characters(exclude_characters="/\\~"), max_size=12)  # no path that leaves the folder
numbers = st.integers(-(10**6), 40) | st.floats()
generated = (
    numbers
    | plain_text
    | st.binary(max_size=6)
    | st.lists(numbers | plain_text | st.none(), max_size=5)
    | st.dictionaries(plain_text, numbers, max_size=3)
    | st.tuples(numbers, numbers)
    | hnp.arrays(hnp.scalar_dtypes(), hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=9))
)
bad_values = st.sampled_from(list(ODD)).map(lambda name: (name, ODD[name]())) | generated.map(lambda v: ("", v))
