"""A split in which no patient is in two parts."""

from numbers import Integral

import numpy as np

from coursekit import _checks as checks
from coursekit._shown import shown

ATTEMPTS = 100  # only patients with several labels may need more than one
LEAST_SHARE = 1e-6  # by as much the sum of the shares may miss 1: what is less is a slip


def split_by_patient(patients, labels, shares=(0.8, 0.2), seed=0):
    """Split rows at random into parts, all rows of a patient into the same one, with about the same mix of labels.

    Patients come in random order; each goes to the part that lacks most, for its share, of the labels that the patient
    has. So each patient has about the same chance to be in a part, however many rows there are.

    Parameters
    ----------
    patients : array_like, shape (n,)
        Whose row it is: names or whole numbers.
    labels : array_like, shape (n,)
        What each part shall have its share of: labels, or kinds. A patient may have several.
    shares : sequence of float
        The share of the rows that each part shall have, two or more, which add to 1. Patients with many rows make
        the real ones differ from them.
    seed : int
        Of the random order, at least 0.

    Returns
    -------
    tuple of numpy.ndarray, int64
        For each part its rows, in rising order. Each row is in one part, and each part has every label.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong, or a label has fewer patients than there are parts.
    """
    patients, labels = _names("patients", patients), _names("labels", labels)
    if len(labels) != len(patients):
        raise ValueError(f"labels must have one for each of the {len(patients)} patients' rows, got {len(labels)}")
    shares, seed = _checked_shares(shares), checks.whole("seed", seed, 0)
    ids, patient = np.unique(patients, return_inverse=True)
    classes, label = np.unique(labels, return_inverse=True)
    counts = np.zeros((len(ids), len(classes)))
    np.add.at(counts, (patient, label), 1)
    for value, number in zip(classes.tolist(), np.count_nonzero(counts, axis=0), strict=True):
        if number < len(shares):
            raise ValueError(f"patients: {number} with the label {shown(value)} cannot be in {len(shares)} parts")
    rng = np.random.default_rng(seed)
    for _ in range(ATTEMPTS):
        part, complete = _assigned(counts, shares, rng.permutation(len(ids)))
        if complete:
            return tuple(np.flatnonzero(part[patient] == number) for number in range(len(shares)))
    raise ValueError(f"patients: found no way to give each of the {len(shares)} parts a patient with every label")


def _assigned(counts, shares, order):
    """The part of each patient, and whether each part has each label."""
    wanted = np.outer(shares, counts.sum(axis=0))
    have, parts = np.zeros_like(wanted), np.empty(len(counts), np.int64)
    for patient in order:
        # Without the patient's own rows: with them, the smaller part would never get a patient who has many.
        fullness = (have / wanted) @ counts[patient]
        parts[patient] = fullness.argmin()
        have[parts[patient]] += counts[patient]
    return parts, have.all()


def _names(name, values):
    """Give `values` back as an array of one dimension whose elements can be told apart and sorted."""
    try:
        elements = np.asarray(values, dtype=object)  # else NumPy makes a name of NaN
    except Exception as error:  # a tensor on a GPU or with a gradient, an object that fails at it
        raise TypeError(f"{name} must be an array of names or whole numbers: {error}") from None
    if elements.ndim != 1 or not len(elements):
        raise ValueError(f"{name} must have shape (n,) with at least one row, got shape {elements.shape}")
    if all(isinstance(element, str) for element in elements):
        return elements.astype(str)
    if all(isinstance(element, Integral | np.bool_) for element in elements):
        return np.array([int(element) for element in elements], object)  # of any size
    raise TypeError(f"{name} must be an array of names, or of whole numbers, and none may be missing")


def _checked_shares(shares):
    if isinstance(shares, str) or not np.iterable(shares):
        raise TypeError(f"shares must be two or more numbers, such as (0.8, 0.2), got {shown(shares)}")
    shares = [checks.positive("shares", share) for share in shares]
    if len(shares) < 2 or abs(sum(shares) - 1) > LEAST_SHARE:
        raise ValueError(f"shares must be two or more numbers that add to 1, such as (0.8, 0.2), got {shares}")
    if min(shares) < LEAST_SHARE:
        raise ValueError(f"shares must be at least {LEAST_SHARE:g} each, got {min(shares):g}")
    return shares
