"""CT physics: Hounsfield units, display windows, projection, dose, reconstruction, and how close two images are."""

import numpy as np

from coursekit import _checks as checks
from coursekit._ct.image_quality import in_circle, psnr, ssim
from coursekit._ct.projector import Projector
from coursekit._ct.scans import find_dose_pairs, read_dicom_series, read_dose_pairs, read_lodopab

__all__ = [
    "Projector",
    "find_dose_pairs",
    "hu_to_mu",
    "in_circle",
    "mu_to_hu",
    "noisy_sinogram",
    "psnr",
    "read_dicom_series",
    "read_dose_pairs",
    "read_lodopab",
    "reconstruct",
    "scan",
    "simulate_low_dose",
    "ssim",
    "window",
]

MU_WATER = 0.02  # 1/mm, water at about 70 keV
MU_AIR = 0.00002  # 1/mm
MOST_PHOTONS = 1e15  # NumPy draws no Poisson number above 9.2e18; a pixel of a clinical scan gets about 1e5
LARGEST = 10_000  # elements of the detector
LEAST_INTEGRAL = -9  # and exp(9) = 8103


def hu_to_mu(hu):
    """Turn Hounsfield units into attenuation: water (0 HU) 0.02/mm, air (-1000 HU) 0.00002/mm.

    Parameters
    ----------
    hu : array_like or torch.Tensor
        Hounsfield units.

    Returns
    -------
    float, or numpy.ndarray or torch.Tensor, float32 or float64, shape of `hu`
        Linear attenuation coefficient in 1/mm. Below about -1001 HU it is negative, which no matter has. NaN stays NaN.

    Raises
    ------
    TypeError
        If `hu` holds anything but real numbers.

    Notes
    -----
    The two values are those of the LoDoPaB-CT set, Leuschner et al., Scientific Data 8 (2021) 109.
    """
    return checks.precise("hu", hu) * ((MU_WATER - MU_AIR) / 1000) + MU_WATER


def mu_to_hu(mu):
    """Turn attenuation into Hounsfield units; the inverse of `hu_to_mu`.

    Parameters
    ----------
    mu : array_like or torch.Tensor
        Linear attenuation coefficient in 1/mm.

    Returns
    -------
    float, or numpy.ndarray or torch.Tensor, float32 or float64, shape of `mu`
        Hounsfield units.

    Raises
    ------
    TypeError
        If `mu` holds anything but real numbers.
    """
    return (checks.precise("mu", mu) - MU_WATER) * (1000 / (MU_WATER - MU_AIR))


def window(hu, center, width):
    """Map a range of Hounsfield units onto the greys from black to white, as a viewer does.

    Parameters
    ----------
    hu : array_like or torch.Tensor
        Hounsfield units.
    center, width : float
        Middle and width of the range in HU: lung -600 and 1500, soft tissue 40 and 400, bone 400 and 1800.

    Returns
    -------
    float, or numpy.ndarray or torch.Tensor, float32 or float64, shape of `hu`
        0 (black) at center - width / 2 and below, 1 (white) at center + width / 2 and above.

    Raises
    ------
    TypeError, ValueError
        If `hu` holds anything but real numbers, `center` is not finite or `width` not above 0.
    """
    center, width = checks.number("center", center), checks.positive("width", width)
    return ((checks.precise("hu", hu) - (center - width / 2)) / width).clip(0, 1)


def scan(hu, n_angles=180, fov_mm=300.0, size=None):
    """Measure slices without noise: the line integrals on a detector that has `size` elements.

    The rays are integrated on a grid twice as fine as that of the reconstruction, two rays to each element, whose
    *intensities* are averaged as a detector does. Reconstructing on the grid of the forward model would flatter every
    method (the "inverse crime").

    Parameters
    ----------
    hu : array_like, shape (..., rows, rows)
        Hounsfield units of square slices. What is below -1000, such as padding, counts as air.
    n_angles : int
        Projections over half a turn.
    fov_mm : float
        Width of the slice in mm; the field of view is the inscribed circle.
    size : int, optional
        Elements of the detector. By default `rows`, and the slice is interpolated to the finer grid. With rows / 2,
        `hu` itself is the finer grid.

    Returns
    -------
    numpy.ndarray, float32, shape (..., n_angles, size)
        Sinograms without unit.

    Raises
    ------
    TypeError, ValueError
        If a slice is not square, holds NaN or infinity, or an argument is of the wrong kind or out of range.
    """
    hu = checks.squares("hu", hu)
    size = hu.shape[-1] if size is None else checks.whole("size", size, 2, LARGEST)
    fine = Projector(2 * size, n_angles, checks.millimetres("fov_mm", fov_mm) / (2 * size))
    integrals = fine.forward(hu_to_mu(np.maximum(_resized(hu, 2 * size), -1000)))
    pairs = integrals.astype(np.float64).reshape(*hu.shape[:-2], fine.n_angles, size, 2)
    # minus the logarithm of the mean intensity, also where exp would give 0, as behind metal
    return (np.log(2) - np.logaddexp(-pairs[..., 0], -pairs[..., 1])).astype(np.float32)


def noisy_sinogram(sinogram, photons, electronic_noise=0.0, seed=0):
    """Add the noise of a measurement: each detector element counts a random number of photons.

    Parameters
    ----------
    sinogram : array_like
        Line integrals, without unit.
    photons : float
        Photons sent towards each detector element at each angle; proportional to the dose. Above 0, up to 1e15.
    electronic_noise : float
        Standard deviation of the electronics, in photons.
    seed : int
        Same seed, same noise.

    Returns
    -------
    numpy.ndarray, float32, shape of `sinogram`
        Line integrals. A count below 0.1 is set to 0.1, because the logarithm of nothing is infinite.

    Raises
    ------
    TypeError, ValueError
        If `sinogram` holds NaN, infinity or values below -9, or an argument is of the wrong kind or out of range.
    """
    sinogram = checks.slices("sinogram", sinogram).astype(np.float64)
    photons, electronic_noise, seed = _dose(photons, electronic_noise, seed)
    if (sinogram < LEAST_INTEGRAL).any():
        raise ValueError(f"sinogram must hold line integrals, about 0 and above, got {sinogram.min():g}")
    rng = np.random.default_rng(seed)
    counts = rng.poisson(photons * np.exp(-sinogram)) + electronic_noise * rng.standard_normal(sinogram.shape)
    return (np.log(photons) - np.log(np.maximum(counts, 0.1))).astype(np.float32)


def reconstruct(sinogram, fov_mm=300.0, window="ramp", cutoff=1.0):
    """Reconstruct slices in HU by filtered back-projection.

    Parameters
    ----------
    sinogram : array_like, shape (..., n_angles, size)
        Line integrals, without unit.
    fov_mm : float
        Width of the slice in mm, as given to `scan`.
    window, cutoff
        See `Projector.fbp`.

    Returns
    -------
    numpy.ndarray, float32, shape (..., size, size)
        Hounsfield units; -1000 outside the circle.

    Raises
    ------
    TypeError, ValueError
        If `sinogram` does not have this form, holds NaN or infinity, or an argument is out of range.
    """
    sinogram = checks.slices("sinogram", sinogram)
    if sinogram.ndim < 2 or sinogram.shape[-2] < 1 or sinogram.shape[-1] < 2:
        raise ValueError(f"sinogram must have a shape (..., n_angles, size), got {sinogram.shape}")
    n_angles, size = sinogram.shape[-2:]
    projector = Projector(size, n_angles, checks.millimetres("fov_mm", fov_mm) / size)
    hu = mu_to_hu(projector.fbp(sinogram, window, cutoff))
    return np.where(in_circle(size), hu, np.float32(-1000))


def simulate_low_dose(hu, photons, electronic_noise=0.0, seed=0, *, n_angles=180, fov_mm=300.0, size=None):
    """Show what a scanner makes of slices at a given dose: `scan`, `noisy_sinogram`, `reconstruct`.

    Parameters
    ----------
    hu : array_like, shape (..., rows, rows)
        Hounsfield units of square slices, without noise as far as possible.
    photons, electronic_noise, seed
        See `noisy_sinogram`.
    n_angles, fov_mm, size
        See `scan`.

    Returns
    -------
    numpy.ndarray, float32, shape (..., size, size)
        Hounsfield units; -1000 outside the circle.

    Raises
    ------
    TypeError, ValueError
        If a slice is not square, holds NaN or infinity, or an argument is of the wrong kind or out of range.
    """
    _dose(photons, electronic_noise, seed)  # wrong ones are named before the long work
    sinogram = noisy_sinogram(scan(hu, n_angles, fov_mm, size), photons, electronic_noise, seed)
    return reconstruct(sinogram, fov_mm)


def _resized(hu, size):
    from skimage.transform import resize

    shape = (*hu.shape[:-2], size, size)
    if hu.shape == shape or not hu.size:
        return hu.reshape(shape)
    return resize(hu, shape, order=1, preserve_range=True)


def _dose(photons, electronic_noise, seed):
    return (
        checks.positive("photons", photons, most=MOST_PHOTONS),
        checks.not_negative("electronic_noise", electronic_noise),
        checks.whole("seed", seed, 0),
    )
