"""Images with known projections, for the tests of the CT functions."""

import numpy as np
from hypothesis import strategies as st

BLOBS = st.lists(
    # Distance from the middle and angle; width and height of the Gaussian. Shares of half the slice's width.
    st.tuples(st.floats(0, 0.4), st.floats(0, 6.28), st.floats(0.12, 0.15), st.floats(0.2, 1)),
    min_size=1,
    max_size=4,
)


def grid(size):
    """Coordinates of the pixels' centres, columns and rows; the circle has radius 1."""
    position = (np.arange(size) - (size - 1) / 2) / (size / 2)
    return position[None, :], position[:, None]


def smooth(size, blobs):
    """Gaussian blobs that end within the circle."""
    x, y = grid(size)
    image = sum(
        height * np.exp(-((x - away * np.cos(angle)) ** 2 + (y - away * np.sin(angle)) ** 2) / (2 * width**2))
        for away, angle, width, height in blobs
    )
    return np.where(np.hypot(x, y) < 0.95, image, 0)


def disc(size, radius, inside, outside):
    """A disc in the middle, whose edge is one pixel wide."""
    x, y = grid(size)
    share = np.clip((radius - np.hypot(x, y)) * size / 2 + 0.5, 0, 1)
    return outside + (inside - outside) * share


def random_images(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)
