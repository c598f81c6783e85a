"""How close an image is to the truth, inside the field of view of a CT scanner."""

import numpy as np

from coursekit import _checks as checks
from coursekit._shown import shown

WINDOW = 7  # pixels, the usual size
LARGEST = 10_000  # rows and columns: more would not fit into memory


def in_circle(size):
    """Mark the pixels whose centres lie in the inscribed circle, the field of view.

    Parameters
    ----------
    size : int
        Rows and columns.

    Returns
    -------
    numpy.ndarray, bool, shape (size, size)
        True in the circle, whose diameter is the side of the square.

    Raises
    ------
    TypeError, ValueError
        If `size` is no whole number of at least 1.
    """
    position = np.arange(checks.whole("size", size, 1, LARGEST)) - (size - 1) / 2
    return position[:, None] ** 2 + position[None, :] ** 2 <= (size / 2) ** 2


def psnr(image, truth, hu_range):
    """Peak signal-to-noise ratio inside the field of view: the higher, the closer.

    Parameters
    ----------
    image, truth : array_like, shape (..., size, size)
        Hounsfield units; both are clipped to the range first.
    hu_range : tuple of float
        Lowest and highest HU. The same images score higher with a wider range, so a figure without its range says
        nothing.

    Returns
    -------
    float or numpy.ndarray, shape (...)
        Decibels, one for each slice; infinite where the two agree.

    Raises
    ------
    TypeError, ValueError
        If the images are not square, not of one shape or not finite, or `hu_range` is no rising pair of numbers.
    """
    from skimage.metrics import peak_signal_noise_ratio

    def measure(image, truth, circle, width):
        with np.errstate(divide="ignore"):  # equal images: infinity is the answer
            return peak_signal_noise_ratio(truth[circle], image[circle], data_range=width)

    return _each_slice(measure, image, truth, hu_range, least=2)


def ssim(image, truth, hu_range):
    """Structural similarity inside the field of view: 1 for equal images, about 0 for unrelated ones.

    Computed as the images would be displayed: the range is shifted to 0 (black) and above, because the measure compares
    brightness by ratios. Windows have 7 x 7 pixels.

    Parameters
    ----------
    image, truth : array_like, shape (..., size, size)
        Hounsfield units, at least 7 x 7; both are clipped to the range first.
    hu_range : tuple of float
        Lowest and highest HU, for example those of a display window.

    Returns
    -------
    float or numpy.ndarray, shape (...)
        Mean over the field of view, one for each slice.

    Raises
    ------
    TypeError, ValueError
        If the images are not square, not of one shape or not finite, or `hu_range` is no rising pair of numbers.

    References
    ----------
    Wang et al., IEEE Transactions on Image Processing 13 (2004) 600-612.
    """
    from skimage.metrics import structural_similarity

    def measure(image, truth, circle, width):
        return structural_similarity(truth, image, win_size=WINDOW, data_range=width, full=True)[1][circle].mean()

    return _each_slice(measure, image, truth, hu_range, least=WINDOW)


def _each_slice(measure, image, truth, hu_range, least):
    """Apply ``measure(image, truth, circle, width)`` to slices that are clipped and shifted to 0 ... width."""
    truth, image = checks.squares("truth", truth, least), checks.squares("image", image, least)
    if truth.shape != image.shape:
        raise ValueError(f"image must have the shape of truth, {truth.shape}, got {image.shape}")
    low, high = _limits(hu_range)
    circle = in_circle(truth.shape[-1])
    scores = np.empty(truth.shape[:-2])
    for index in np.ndindex(scores.shape):
        # In float64: variances as differences of squares lose their digits in float32.
        grey = [np.clip(hu[index].astype(np.float64), low, high) - low for hu in (image, truth)]
        scores[index] = measure(*(np.where(circle, one, 0) for one in grey), circle, high - low)
    return scores[()]


def _limits(hu_range):
    try:
        low, high = hu_range
    except (TypeError, ValueError):
        raise TypeError(f"hu_range must be two numbers, lowest and highest HU, got {shown(hu_range)}") from None
    low, high = checks.number("hu_range", low), checks.number("hu_range", high)
    if not -1e9 < low < high < 1e9:  # beyond, squares would overflow
        raise ValueError(f"hu_range must rise from the lowest to the highest HU, got {low:g} and {high:g}")
    return low, high
