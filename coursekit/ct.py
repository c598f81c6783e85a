"""CT physics: Hounsfield units, display windows, projection, dose, reconstruction, and how close two images are.

Slices are square; leading axes are those of a batch. A wrong argument raises TypeError or ValueError that names it.
"""

import numpy as np

from coursekit.errors import number, positive, short, whole
from coursekit.projector import Projector, finite, fits_memory, precise
from coursekit.scans import find_dose_pairs, read_dicom_series, read_dose_pairs  # noqa: F401 - also names of this module

MU_WATER, MU_AIR = 0.02, 0.00002  # 1/mm at about 70 keV, as in LoDoPaB-CT: Leuschner et al., Sci. Data 8 (2021) 109


def hu_to_mu(hu):
    """Turn Hounsfield units `hu` into attenuation in 1/mm, float32 or float64: water 0.02, air 0.00002."""
    return precise("hu", hu) * ((MU_WATER - MU_AIR) / 1000) + MU_WATER


def mu_to_hu(mu):
    """Turn attenuation `mu` in 1/mm into Hounsfield units: the inverse of `hu_to_mu`, with the same types."""
    return (precise("mu", mu) - MU_WATER) * (1000 / (MU_WATER - MU_AIR))


def window(hu, center, width):
    """Map Hounsfield units `hu` onto the greys from black (0) to white (1), as a viewer does; for display only.

    `center` and `width` of the range, in HU: lung -600 and 1500, soft tissue 40 and 400, bone 400 and 1800.
    """
    center, width = number("center", center), positive("width", width)
    return ((precise("hu", hu) - (center - width / 2)) / width).clip(0, 1)


def scan(hu, n_angles=180, fov_mm=300.0, size=None):
    """Measure slices without noise: the line integrals on a detector that has `size` elements.

    The rays are integrated on a grid twice as fine as that of the reconstruction, because the same grid would flatter
    every method (the "inverse crime"); an element averages the *intensities* of its two rays, as a detector does.

    Parameters
    ----------
    hu : array_like, shape (..., rows, rows); Hounsfield units. What is below -1000, such as padding, counts as air
    n_angles : int; projections over half a turn
    fov_mm : float; width of the slice in mm, whose inscribed circle is the field of view
    size : int, optional; by default `rows`, and `hu` is interpolated to the finer grid; with rows / 2, it is that grid

    Returns
    -------
    numpy.ndarray, float32, shape (..., n_angles, size); sinograms
    """
    hu = _squares("hu", hu)
    size = hu.shape[-1] if size is None else whole("size", size, 2)
    fits_memory(size, whole("n_angles", n_angles, 1), finer=2)
    fine = Projector(2 * size, n_angles, positive("fov_mm", fov_mm) / (2 * size))
    if hu.shape[-1] != 2 * size:
        from skimage.transform import resize

        hu = resize(hu, (*hu.shape[:-2], 2 * size, 2 * size), order=1, preserve_range=True)
    integrals = fine.forward(hu_to_mu(np.maximum(hu, -1000)))
    pairs = integrals.astype(np.float64).reshape(*hu.shape[:-2], n_angles, size, 2)
    # minus the logarithm of the mean intensity, also where exp would give 0, as behind metal
    return (np.log(2) - np.logaddexp(-pairs[..., 0], -pairs[..., 1])).astype(np.float32)


def noisy_sinogram(sinogram, photons, seed=0):
    """Add the noise of a measurement: each detector element counts a random number of photons.

    Parameters
    ----------
    sinogram : array_like; line integrals
    photons : float; sent towards each detector element at each angle, up to 1e15; proportional to the dose
    seed : int; same seed, same noise

    Returns
    -------
    numpy.ndarray, float32, shape of `sinogram`; no photon counts as a tenth: the logarithm of nothing is infinite
    """
    sinogram = finite("sinogram", sinogram).numpy(force=True).astype(np.float64)
    if (sinogram < -9).any():
        raise ValueError(f"sinogram must hold line integrals, about 0 and above, got {sinogram.min():g}")
    photons, rng = positive("photons", photons, most=1e15), np.random.default_rng(whole("seed", seed, 0))
    counts = rng.poisson(photons * np.exp(-sinogram))
    return (np.log(photons) - np.log(np.maximum(counts, 0.1))).astype(np.float32)


def reconstruct(sinogram, fov_mm=300.0, filter="ramp"):
    """Reconstruct slices by filtered back-projection.

    Parameters
    ----------
    sinogram : array_like, shape (..., n_angles, size); line integrals
    fov_mm : float; width of the slice in mm, as given to `scan`
    filter : str; "ramp", "shepp-logan" or "hann", see `Projector.fbp`

    Returns
    -------
    numpy.ndarray, float32, shape (..., size, size); Hounsfield units, -1000 outside the circle
    """
    sinogram = finite("sinogram", sinogram).numpy(force=True)
    n_angles, size = sinogram.shape[-2:]
    projector = Projector(size, n_angles, positive("fov_mm", fov_mm) / size)
    return np.where(in_circle(size), mu_to_hu(projector.fbp(sinogram, filter)), np.float32(-1000))


def simulate_low_dose(hu, photons, seed=0, *, n_angles=180, fov_mm=300.0, size=None):
    """Show in HU what a scanner makes of slices `hu` at a dose of so many `photons`.

    That is `scan` (`n_angles`, `fov_mm`, `size`), then `noisy_sinogram` (`seed`), then `reconstruct`: see there.
    """
    return reconstruct(noisy_sinogram(scan(hu, n_angles, fov_mm, size), photons, seed), fov_mm)


def in_circle(size):
    """Mark the pixels, of `size` x `size`, whose centres lie in the inscribed circle, the field of view: bool."""
    position = np.arange(whole("size", size, 1)) - (size - 1) / 2
    return position[:, None] ** 2 + position[None, :] ** 2 <= (size / 2) ** 2


def psnr(image, truth, hu_range):
    """Peak signal-to-noise ratio inside the field of view: the higher, the closer.

    Parameters
    ----------
    image, truth : array_like, shape (..., size, size); Hounsfield units, both clipped to the range first
    hu_range : tuple of float; lowest and highest HU. The wider, the higher the score: name it with the figure

    Returns
    -------
    float or numpy.ndarray, shape (...); decibels, one for each slice; infinite where the two agree
    """
    from skimage.metrics import peak_signal_noise_ratio

    def measure(image, truth, circle, width):
        with np.errstate(divide="ignore"):  # equal images: infinity is the answer
            return peak_signal_noise_ratio(truth[circle], image[circle], data_range=width)

    return _each_slice(measure, image, truth, hu_range)


def ssim(image, truth, hu_range):
    """Structural similarity inside the field of view: 1 for equal images, about 0 for unrelated ones.

    `image`, `truth`, `hu_range` and the result are as for `psnr`; windows have 7 x 7 pixels. It compares brightness by
    ratios, so the range is shifted to 0 and above. Wang et al., IEEE Trans. Image Processing 13 (2004) 600-612.
    """
    from skimage.metrics import structural_similarity

    def measure(image, truth, circle, width):
        return structural_similarity(truth, image, win_size=7, data_range=width, full=True)[1][circle].mean()

    return _each_slice(measure, image, truth, hu_range)


def _each_slice(measure, image, truth, hu_range):
    """Apply ``measure(image, truth, circle, width)`` to slices that are clipped and shifted to 0 ... width."""
    image, truth = (_squares(name, hu).astype(np.float64) for name, hu in (("image", image), ("truth", truth)))
    if truth.shape != image.shape:
        raise ValueError(f"image must have the shape of truth, {truth.shape}, got {image.shape}")
    if np.shape(hu_range) != (2,) or not hu_range[0] < hu_range[1]:
        raise ValueError(f"hu_range must be two numbers, lowest and highest HU, got {short(hu_range)}")
    low, high = map(float, hu_range)
    circle = in_circle(truth.shape[-1])
    # in float64: variances as differences of squares lose their digits in float32
    image, truth = (np.where(circle, hu.clip(low, high) - low, 0) for hu in (image, truth))
    scores = [measure(image[index], truth[index], circle, high - low) for index in np.ndindex(truth.shape[:-2])]
    return np.reshape(scores, truth.shape[:-2])[()]


def _squares(name, values):
    values = finite(name, values).numpy(force=True)
    if values.ndim < 2 or values.shape[-1] != values.shape[-2]:
        raise ValueError(f"{name} must be square slices, shape (..., rows, rows), got shape {values.shape}")
    return values
