"""Repeatable random numbers for training."""

import random

import numpy as np


def seed_everything(seed):
    """Seed Python's, NumPy's and PyTorch's random numbers, so that a run can be repeated.

    Parameters
    ----------
    seed : int
        From 0 to 2**32 - 1.

    Raises
    ------
    TypeError, ValueError
        If `seed` is not such a number.
    """
    import torch

    if isinstance(seed, bool) or not isinstance(seed, int | np.integer):
        raise TypeError(f"seed: expected a whole number, got {seed!r}")
    if not 0 <= seed < 2**32:
        raise ValueError(f"seed: expected a number from 0 to 2**32 - 1, got {seed}")
    random.seed(int(seed))
    np.random.seed(int(seed))
    torch.manual_seed(int(seed))
