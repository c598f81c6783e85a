"""Slips that learners really make: each is answered by one error whose message names what to mend."""

import pytest

# what was done -> the call, the kind of error, words of its message
SLIPS = {}

# ---- training ---------------------------------------------------------------------------------------------------

SLIPS |= {}

# ---- data sets ----------------------------------------------------------------------------------------------------

SLIPS |= {}

# ---- CT and scans of one's own ------------------------------------------------------------------------------------

SLIPS |= {}

# ---- chest X-rays -------------------------------------------------------------------------------------------------

SLIPS |= {}

# ---- figures and statistics ---------------------------------------------------------------------------------------

import matplotlib.pyplot as plt  # noqa: E402
import numpy as np  # noqa: E402

from coursekit import check, plot, stats  # noqa: E402

ALT = "A line that rises from left to right."
ROWS = np.arange(5.0)


def drawing(k=1):
    return plt.Figure(), ALT


SLIPS |= {
    "axes given in place of the figure": (
        lambda: plot.show(plt.Figure().subplots(), ALT),
        TypeError,
        ["fig", "figure", "Axes"],
    ),
    "a figure with two words as its text": (lambda: plot.show(plt.Figure(), "A plot."), ValueError, ["alt", "A plot."]),
    "a slider for what draw does not take": (lambda: plot.explore(drawing, n=(1, 2)), ValueError, ["sliders", "n"]),
    "a slider without its default": (lambda: plot.explore(drawing, k=(2, 5)), ValueError, ["k", "default 1", "(2, 5)"]),
    "a draw that forgets return": (lambda: plot.explore(lambda k=1: None, k=(1, 2)), TypeError, ["draw", "None"]),
    "true values and scores of unequal length": (
        lambda: stats.bootstrap_interval(lambda t, s: 1.0, ROWS, ROWS[:3]),
        ValueError,
        ["arrays", "(5,)", "(3,)"],
    ),
    "no data": (lambda: stats.bootstrap_interval(np.mean, []), ValueError, ["arrays", "(0,)"]),
    "a group without its rows": (
        lambda: stats.bootstrap_interval(np.mean, ROWS, groups=[1, 2]),
        ValueError,
        ["groups", "5 rows", "(2,)"],
    ),
    "a patient's number that is missing": (
        lambda: stats.bootstrap_interval(np.mean, ROWS, groups=[1, 2, np.nan, 3, 3]),
        ValueError,
        ["groups", "missing"],
    ),
    "a level in percent": (lambda: stats.bootstrap_interval(np.mean, ROWS, level=95), ValueError, ["level", "95"]),
    "a metric that is NaN": (
        lambda: stats.bootstrap_interval(lambda v: np.nan, ROWS),
        ValueError,
        ["metric", "finite"],
    ),
    "an exercise whose answer is 0": (lambda: check.value("1.1 a", ..., 0), ValueError, ["expected", "lazy"]),
}


@pytest.mark.parametrize("slip", SLIPS)
def test_the_message_names_what_to_mend(slip):
    call, kind, words = SLIPS[slip]
    with pytest.raises(kind) as caught:
        call()
    message = str(caught.value)
    assert all(word in message for word in words), message
    assert "\n" not in message
    assert len(message) < 400
