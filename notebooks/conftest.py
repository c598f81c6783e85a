"""How nbval compares a notebook's outputs with the stored ones: decimal numbers by tolerance, the rest exactly."""

import math
import os
import re
from decimal import Decimal

# The kernels inherit this. Two BLAS threads on shared cores wait for each other: thirty small fits then take
# seven seconds instead of a quarter of one.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("TQDM_DISABLE", "1")  # a progress bar is no result

# Not the 506. that ends a sentence, nor parts of a version or a date.
DECIMAL = re.compile(r"(?<![\w.])[-+]?\d+(?:\.\d+(?:[eE][-+]?\d+)?|\.?[eE][-+]?\d+)(?!\.?\d)")


class RoundedText(str):
    """Text that equals another if its decimal numbers agree to one unit in the last printed digit.

    A number with fewer than three digits must agree exactly: there a unit is too much. So must whole numbers and words;
    white space does not count.
    """

    __hash__ = str.__hash__

    def __eq__(self, other):
        if DECIMAL.sub("#", self).split() != DECIMAL.sub("#", other).split():
            return False
        return all(map(self.close, DECIMAL.findall(self), DECIMAL.findall(other)))

    def __ne__(self, other):
        return not self == other

    @staticmethod
    def close(a, b):
        a, b = Decimal(a), Decimal(b)
        unit = Decimal(1).scaleb(min(a.as_tuple().exponent, b.as_tuple().exponent))
        long = max(len(a.as_tuple().digits), len(b.as_tuple().digits)) >= 3
        return abs(a - b) <= unit * long


class TrainedText(RoundedText):
    """For cells tagged `trained`: a small network's results drift by up to 2 % from one processor to another."""

    @staticmethod
    def close(a, b):
        tolerance = 1.001e-3  # in binary, 0.027 - 0.026 is more than 1e-3
        return RoundedText.close(a, b) or math.isclose(float(a), float(b), rel_tol=2e-2, abs_tol=tolerance)


def pytest_collectstart(collector):
    """Leave out what changes with every release of a library."""
    if hasattr(collector, "skip_compare"):
        collector.skip_compare += ("text/html", "stderr", "image/svg+xml")


def pytest_itemcollected(item):
    """Compare with tolerance, and give slow cells time."""
    if hasattr(item, "sanitize"):
        item.sanitize = TrainedText if "trained" in item.cell.metadata.get("tags", []) else RoundedText
        item.output_timeout = 60
