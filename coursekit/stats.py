"""Statistics that scikit-learn lacks."""

import numpy as np

from coursekit import _checks as checks
from coursekit._shown import shown_error


def bootstrap_interval(metric, *arrays, groups=None, n=1000, level=0.95, seed=0):
    """Percentile bootstrap interval of a metric, drawing rows or whole groups of rows.

    Rows of one group (a patient's images, a town's tracts) resemble each other, so drawing rows one by one
    would make the interval too narrow. With `groups`, whole groups are drawn with replacement.

    Parameters
    ----------
    metric : callable
        ``metric(*arrays) -> float``, such as `sklearn.metrics.roc_auc_score`. It must be defined on the whole data.
        A resample on which it raises ValueError or gives NaN (an AUC with one class only) is drawn again.
    *arrays : array_like, shape (rows, ...)
        What the metric takes, such as true values and predictions.
    groups : array_like, shape (rows,), optional
        The group of each row.
    n : int
        Number of resamples.
    level : float
        Coverage, between 0 and 1.
    seed : int
        Seed of the random draws.

    Returns
    -------
    low, high : float
        Ends of the interval, in the unit of the metric.

    Raises
    ------
    TypeError, ValueError
        If an argument does not have this form, or the metric is undefined on nearly every resample.

    References
    ----------
    Efron & Tibshirani, An Introduction to the Bootstrap, 1993.
    """
    n, level, seed = checks.whole("n", n, 1), checks.number("level", level), checks.whole("seed", seed, 0)
    if not 0 < level < 1:
        raise ValueError(f"level must be between 0 and 1, got {level:g}")
    arrays, members = _checked(metric, arrays, groups)
    if not np.isfinite(float(metric(*arrays))):
        raise ValueError("metric: not a finite number on the whole data")
    rng = np.random.default_rng(seed)
    values = []
    for _ in range(20 * n):
        if len(values) == n:
            break
        drawn = rng.integers(len(members), size=len(members))
        rows = drawn if groups is None else np.concatenate([members[i] for i in drawn])
        try:
            result = float(metric(*(array[rows] for array in arrays)))
        except ValueError:
            continue
        if np.isfinite(result):
            values.append(result)
    if len(values) < n:
        raise ValueError("metric: undefined on nearly every resample; are there enough rows of each class?")
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def _checked(metric, arrays, groups):
    """Arrays as NumPy arrays, and the row numbers of each group; ValueError or TypeError for a wrong argument."""
    if not callable(metric):
        raise TypeError(f"metric: expected a function, got {type(metric).__name__}")
    arrays = [_array("arrays", array) for array in arrays]
    if not arrays or any(array.ndim == 0 or len(array) != len(arrays[0]) or not len(array) for array in arrays):
        raise ValueError(f"arrays: expected one or more of equal length, got shapes {[a.shape for a in arrays]}")
    if groups is None:
        return arrays, np.arange(len(arrays[0]))
    groups = _array("groups", groups)
    if groups.shape != (len(arrays[0]),):
        raise ValueError(f"groups: expected shape ({len(arrays[0])},), got {groups.shape}")
    if any(group is None or group != group for group in groups.tolist()):  # NaN differs from itself
        raise ValueError("groups: some are missing; give each row a group")
    number = np.unique(groups, return_inverse=True)[1]
    order = np.argsort(number, kind="stable")
    return arrays, np.split(order, np.cumsum(np.bincount(number))[:-1])


def _array(name, values):
    """`values` as an array, or TypeError that names the argument."""
    try:
        return np.asarray(values)
    except Exception as error:  # a ragged list, a tensor with a gradient, an object that cannot do what it offers
        raise TypeError(
            f"{name}: expected an array of rows, got {type(values).__name__}: {shown_error(error)}"
        ) from error
