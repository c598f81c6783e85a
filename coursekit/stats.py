"""Statistics that scikit-learn lacks."""

import numpy as np

from coursekit import errors


def bootstrap_interval(metric, *arrays, groups=None, n=1000, level=0.95, seed=0):
    """Percentile bootstrap interval of a metric (Efron & Tibshirani, 1993), drawing rows or whole groups of rows.

    Rows of one group (a patient's images, a town's tracts) resemble each other, so drawing rows one by one
    would make the interval too narrow. With `groups`, whole groups are drawn with replacement.

    Parameters
    ----------
    metric : callable
        ``metric(*arrays) -> float``, such as `sklearn.metrics.roc_auc_score`. It must be defined on the whole data.
        A resample on which it raises ValueError or gives NaN (an AUC with one class only) is drawn again.
    *arrays : array_like, shape (rows, ...); What the metric takes, such as true values and predictions
    groups : array_like, shape (rows,), optional; The group of each row
    n, level, seed : int, float, int; Number of resamples, coverage between 0 and 1, and seed of the random draws

    Returns
    -------
    low, high : float; Ends of the interval, in the unit of the metric
    """
    n, level, seed = errors.whole("n", n, 1), errors.positive("level", level, most=1), errors.whole("seed", seed, 0)
    arrays = [np.asarray(array) for array in arrays]
    if not arrays or any(array.ndim == 0 or not 0 < len(array) == len(arrays[0]) for array in arrays):
        raise ValueError(f"arrays: expected one or more of equal length, got shapes {[a.shape for a in arrays]}")
    members = np.arange(len(arrays[0])) if groups is None else _rows_of_each(np.asarray(groups), len(arrays[0]))
    if not np.isfinite(float(metric(*arrays))):
        raise ValueError("metric: not a finite number on the whole data")
    rng, values = np.random.default_rng(seed), []
    for _ in range(20 * n):
        drawn = rng.integers(len(members), size=len(members))
        rows = drawn if groups is None else np.concatenate([members[i] for i in drawn])
        try:
            result = float(metric(*(array[rows] for array in arrays)))
        except ValueError:
            continue
        values += [result] if np.isfinite(result) else []
        if len(values) == n:
            return tuple(np.quantile(values, [(1 - level) / 2, (1 + level) / 2]).tolist())
    raise ValueError("metric: undefined on nearly every resample; are there enough rows of each class?")


def _rows_of_each(groups, rows):
    """The row numbers of each group."""
    if groups.shape != (rows,) or any(group is None or group != group for group in groups.tolist()):  # NaN != NaN
        raise ValueError(f"groups: expected one for each of {rows} rows, none missing, got shape {groups.shape}")
    number = np.unique(groups, return_inverse=True)[1]
    order = np.argsort(number, kind="stable")
    return np.split(order, np.cumsum(np.bincount(number))[:-1])
