"""Two adults' CT turned into stacks of projected slabs, whose shifted sum is a radiograph at any small angle."""

import functools
from dataclasses import dataclass

import numpy as np

from coursekit.ct import hu_to_mu
from coursekit.data import load_chest_ct

SLAB_ROWS = 16  # rows of CT (about 19 mm) projected onto one slab: at 6 degrees its ends shift by 2 mm, one pixel
STEP_MM = 2.5  # distance of a slab's rows: half that of the slices
BELOW = 14  # slices added below the feet end, which a film shows and the CT of patient 1 does not
MARGIN = 20  # rows and columns added on each side, for films that show more than the CT
FLUID_HU = 20
BONE = 1.8  # extra attenuation of bone: a film is taken with softer rays than a CT, in which bone stands out more


@dataclass(frozen=True)
class Anatomy:
    """One patient's chest as slabs from front to back, each projected onto a plane seen from the back.

    Attributes
    ----------
    soft, bone, filling : numpy.ndarray, float32, shape (slabs, rows, columns)
        Line integrals of the attenuation of all tissue, of what bone adds for softer rays, and of what would be added
        if all air of the lungs were replaced by fluid.
    depth_mm : numpy.ndarray, shape (slabs,)
        Where each slab is, front to back; 0 is the middle of the lungs.
    centre : tuple of float
        Row and column of the middle of the lungs.
    step_mm : tuple of float
        Distance of the rows and of the columns.
    sites : tuple of numpy.ndarray, shape (points, 3)
        Places well inside the right and the left lung, with much air in front and behind: depth, height (downwards) and
        width in mm from the middle.
    """

    soft: np.ndarray
    bone: np.ndarray
    filling: np.ndarray
    depth_mm: np.ndarray
    centre: tuple
    step_mm: tuple
    sites: tuple


@functools.cache
def anatomies():
    """Prepare both patients; under a second each, kept for the life of the process."""
    return tuple(_anatomy(volume) for volume in load_chest_ct())


def _anatomy(volume):
    from scipy import ndimage

    slice_mm, row_mm, column_mm = volume.spacing_mm
    hu, lung = _without_table(np.clip(volume.hu, -1000, 1500).astype(np.float32))
    hu, lung = _longer(hu, lung)

    def slabs(mu):
        """Project slabs along the rays and halve the distance of the slices."""
        summed = mu.reshape(len(mu), -1, SLAB_ROWS, mu.shape[2]).sum(axis=2).transpose(1, 0, 2) * row_mm
        zoom = (1, slice_mm / STEP_MM, 1)
        finer = ndimage.zoom(summed, zoom, order=3, grid_mode=True, mode="nearest")
        return _wider(np.maximum(finer, 0)).astype(np.float32)

    mu = hu_to_mu(hu)
    soft, bone = slabs(mu), slabs(BONE * np.maximum(mu - hu_to_mu(150), 0))
    air = lung * (hu_to_mu(FLUID_HU) - mu)
    filling = slabs(air)
    used = soft.max(axis=(1, 2)) > 0.01
    on_ray = air.sum(axis=1, keepdims=True)
    clear = on_ray > np.percentile(on_ray[on_ray > 0], 95) / 2  # not behind heart or diaphragm
    inside = np.argwhere(clear & ndimage.binary_erosion(lung, np.ones((3, 9, 9))))
    middle = np.argwhere(lung).mean(axis=0)
    sites = ((inside - middle) * volume.spacing_mm)[:, [1, 0, 2]]
    depths = (SLAB_ROWS * (np.arange(len(soft)) + 0.5) - 0.5 - middle[1]) * row_mm
    centre = ((middle[0] + 0.5) * slice_mm / STEP_MM - 0.5 + MARGIN, middle[2] + MARGIN)
    return Anatomy(
        *(channel[used] for channel in (soft, bone, filling)),
        depths[used],
        centre,
        (STEP_MM, column_mm),
        (sites[sites[:, 2] < 0], sites[sites[:, 2] > 0]),
    )


def _wider(slabs):
    """Add what the CT cut off: neck and abdomen go on mirrored, arms and breasts are rounded off."""
    slabs = np.pad(slabs, ((0, 0), (MARGIN, MARGIN), (0, 0)), mode="symmetric")
    slabs = np.pad(slabs, ((0, 0), (0, 0), (MARGIN, MARGIN)), mode="edge")
    round_off = np.sqrt(1 - np.linspace(0, 1, MARGIN) ** 2)
    slabs[:, :, -MARGIN:] *= round_off
    slabs[:, :, :MARGIN] *= round_off[::-1]
    return slabs


def _without_table(hu):
    """Air in place of the table and clothes, and the mask of the air in the lungs (without trachea and bowel)."""
    from scipy import ndimage

    coarse, across = hu[:, ::2, ::2], np.ones((1, 3, 3))
    body = _largest(ndimage.binary_opening(coarse > -300, np.ones((1, 5, 5))))
    body = np.stack([ndimage.binary_fill_holes(layer) for layer in body])
    air = body & (coarse < -500)
    pieces, _ = ndimage.label(ndimage.binary_erosion(air, across))
    sizes = np.bincount(pieces.ravel())
    sizes[0] = 0
    lung = ndimage.binary_dilation(np.isin(pieces, np.flatnonzero(sizes > 2000)), across, iterations=2) & air
    body, lung = (mask.repeat(2, axis=1).repeat(2, axis=2) for mask in (body, lung))
    hu[~body] = -1000
    return hu, lung


def _largest(mask):
    from scipy import ndimage

    pieces, _ = ndimage.label(mask)
    return pieces == np.bincount(pieces.ravel())[1:].argmax() + 1


def _longer(hu, lung):
    """Continue the body below: the last slices mirrored, with lungs that taper off into the abdomen."""
    from scipy import ndimage

    below, lung_below = hu[-2 : -2 - BELOW : -1].copy(), np.zeros((BELOW, *lung.shape[1:]), bool)
    body = np.stack([ndimage.binary_fill_holes(layer > -300) for layer in below])
    below[body & (below < 0)] = 20
    taper = lung[-1]
    for layer, mask in zip(below, lung_below, strict=True):
        taper = ndimage.binary_erosion(taper, np.ones((3, 3)), iterations=2)
        mask[:] = taper
        layer[taper] = -800
    return np.concatenate([hu, below]), np.concatenate([lung, lung_below])
