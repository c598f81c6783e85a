"""Simulated chest radiographs whose truth is known: two adults' CT, varied, made ill, projected from back to front."""

import functools
import os
import tempfile
import warnings
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

from coursekit import errors
from coursekit.ct import hu_to_mu
from coursekit.data import data_home, load_chest_ct

VERSION = 1  # raise it when the pictures change: those that are kept are then made anew
SHORTCUTS, KINDS = ("marker", "border", "size"), ("normal", "bacterial", "viral")
FOCUS_MM = 1800  # from the X-ray tube to the film, which touches the chest
FIELD_MM = 312  # side of the square that the film shows of a patient of middle size
MASK_FROM = 0.07  # attenuation from which on a lesion counts as seen: about 7 % fewer rays
BONE = 1.8  # extra attenuation of bone: a film is taken with softer rays than a CT, in which bone stands out more
SLAB_ROWS = 16  # rows of CT (about 19 mm) projected onto one slab: at 6 degrees its ends shift by 2 mm, one pixel
STEP_MM = 2.5  # distance of a slab's rows: half that of the slices
BELOW = 14  # slices added below the feet end, which a film shows and the CT of patient 1 does not
MARGIN = 20  # rows and columns added on each side, for films that show more than the CT


@dataclass(frozen=True)
class SimulatedXrays:
    """Simulated chest radiographs and all that is known of them; unpacks into images, labels, lesions, patients."""

    images: np.ndarray  # uint8, shape (n, size, size): air is black, bone white, the patient's right on the left
    labels: np.ndarray  # int64, shape (n,): 1 = pneumonia, 0 = none
    lesions: np.ndarray  # bool, shape of the images: where the consolidations are, empty where the label is 0
    patients: np.ndarray  # int64, shape (n,): the simulated patient, from 0; no patient has both labels
    kinds: np.ndarray  # str, shape (n,): "normal", "bacterial" (focal) or "viral" (diffuse)
    markers: np.ndarray  # bool, shape of the images: where the side marker is, if there is one
    borders: np.ndarray  # bool, shape of the images: where the collimator's border is, if there is one

    def __iter__(self):
        return iter((self.images, self.labels, self.lesions, self.patients))


def simulate_chest_xrays(n, size=128, seed=0, shortcut=None):
    """Simulate chest radiographs from two real CT, half of them with pneumonia.

    A simulated patient is one of two adults' CT, scaled, warped and made fatter or leaner, with up to four films in
    varied position, inspiration, exposure and noise. Pneumonia replaces part of the lungs' air by fluid: bacterial in
    one or two dense places, viral in 6 to 11 faint patches in both lungs. Both adults have a lung tumour, seen in
    normal films too. 1,000 pictures take half a minute once. For teaching, not for clinical use.

    Parameters
    ----------
    n : int; number of pictures. Picture i does not depend on it; of each two one is normal and one has pneumonia
    size : int; side in pixels, from 32 to 512. Pictures show 30 to 37 cm (label 1 with "size": 40 to 43)
    seed : int; another one gives other patients, with the same numbers
    shortcut : str, optional; tells the label: "marker" (only films with pneumonia have one), "border" (only they show
        the collimator's) or "size" (they show the body smaller); else chance decides. Bodies and lesions stay the same

    Returns
    -------
    SimulatedXrays; unpacks into images (uint8), labels (int64), lesions (bool), patients
    """
    n, size, seed = errors.whole("n", n, 1), errors.whole("size", size, 32, most=512), errors.whole("seed", seed, 0)
    if shortcut is not None and shortcut not in SHORTCUTS:
        raise ValueError(f"shortcut must be None or one of {SHORTCUTS}, got {errors.short(shortcut)}")

    def simulated():
        anatomies()  # here, not in two threads at once
        with ThreadPoolExecutor(2) as pool:  # most of the work does not hold Python's lock
            films = zip(*pool.map(lambda index: radiograph(index, size, seed, shortcut), range(n)), strict=True)
        return dict(zip(SimulatedXrays.__annotations__, map(np.array, films), strict=True))

    path = data_home() / "simulated-xrays" / f"{n}-{size}-{seed}-{shortcut}.npz"
    return SimulatedXrays(**kept(path, f"version {VERSION}", simulated))


def radiograph(index, size, seed, shortcut):
    """Take picture number `index` of a seed: what `SimulatedXrays` has of it, in that order."""
    block, place = divmod(index, 8)  # one healthy and one ill patient take turns, with four films each
    visit, second = divmod(place, 2)
    label = int(_random(seed, "order", block, visit).integers(2)) ^ second
    patient = 2 * block + (label ^ int(_random(seed, "patients", block).integers(2)))
    kind = KINDS[label and 1 + block % 2]
    body = Body(seed, patient, kind)
    rays = Rays(body, visit, size, label, shortcut)
    tissue, air = rays.through(body.tissue, body.anatomy.air)
    lesion = (body.consolidation(rays.places, visit) * air).sum(axis=0) if label else np.zeros_like(tissue[0])
    image = develop(tissue.sum(axis=0) + lesion, _random(seed, "film", patient, visit))
    marker, border = nuisances(image, _random(seed, "nuisance", patient, visit), label, shortcut)
    image = np.clip(255 * image + 0.5, 0, 255).astype(np.uint8)
    return image, label, lesion >= MASK_FROM, patient, kind, marker, border


def _random(seed, purpose, *numbers):
    """Random numbers of their own for each purpose: what one draws changes nothing for the others."""
    return np.random.default_rng([*purpose.encode(), seed, *numbers])


class Body:
    """A simulated patient: one of the two anatomies, its tissues, its warp and its lesions."""

    def __init__(self, seed, patient, kind):
        self.seed, self.patient, self.kind = seed, patient, kind
        random = _random(seed, "body", patient)
        self.anatomy = anatomies()[random.integers(2)]
        self.width, self.height = random.uniform(0.88, 1.08) * random.uniform(0.94, 1.06, 2)
        soft, bone, air = random.uniform((0.85, 0.6, -0.04), (1.2, 1.5, 0.08)).tolist()
        self.tissue = soft * self.anatomy.soft + bone * self.anatomy.bone + air * self.anatomy.air
        smooth = np.array([1, 0.7, 0.7, 0.3, 0.3])
        self.warp = 3.2 * random.normal(size=(2, 3, 5, 5)) * smooth[:3, None, None] * smooth[:, None] * smooth

    def consolidation(self, places, visit):
        """Fraction of the lungs' air that fluid replaces at these places (depth, height, width in mm) at a visit."""
        random = _random(self.seed, "lesion", self.patient)
        blobs = _blobs(self.kind, self.anatomy.sites, random)
        # noise of variance 1 with grains of about 12 mm, fixed in the body; each slab has its own
        noise = ndimage.gaussian_filter(random.normal(size=(places.shape[1], 1, 40, 40)), (0, 0, 1, 1))
        grid = places[:0:-1].transpose(1, 2, 3, 0) / np.float32(6 * 20)  # 40 numbers at steps of 6 mm
        grain = _look_up((noise / noise.std()).astype(np.float32), grid)[:, 0]
        growth, density_change = _random(self.seed, "course", self.patient, visit).uniform((0.85, 0.8), (1.15, 1.2))
        air = np.ones(places.shape[1:], np.float32)
        for centre, radii, density, edge in blobs:
            scaled = [(at - middle) / radius for at, middle, radius in zip(places, centre, radii * growth, strict=True)]
            near = np.abs(scaled[0][:, 0, 0]) < 2  # slabs that the blob may reach
            distance = np.sqrt(sum(axis[near] ** 2 for axis in scaled))
            fill = np.clip((1 - distance + 0.3 * grain[near]) / edge + 0.5, 0, 1)
            air[near] *= 1 - min(density * density_change, 1) * fill * np.clip(0.8 + 0.25 * grain[near], 0.1, 1)
        return 1 - air


def _blobs(kind, sites, rng):
    """Where fluid fills the lungs, as (centre, radii, density, edge): one or two dense places, or many faint ones."""
    if kind == "viral":
        both = [sites[number % 2] for number in range(rng.integers(6, 12))]
        return [(rng.choice(s), rng.uniform(14, 30, 3) * (1.5, 1, 1), rng.uniform(0.2, 0.5), 0.8) for s in both]
    side = sites[rng.integers(2)]
    centre, radii = rng.choice(side), rng.uniform((40, 29, 29), (65, 47, 43))
    blobs = [(centre, radii, rng.uniform(0.75, 1.0), rng.uniform(0.3, 0.6))]
    if rng.random() < 0.4:
        blobs.append((rng.choice(side), radii * 0.6, rng.uniform(0.3, 0.6), 0.5))
    return blobs


def _look_up(values, grid):
    values, grid = torch.from_numpy(values), torch.from_numpy(grid)
    found = torch.nn.functional.grid_sample(values, grid, mode="bilinear", padding_mode="border", align_corners=True)
    return found.numpy()


class Rays:
    """Where the rays of one film meet the slabs of a body: position, rotation, magnification, inspiration and warp."""

    def __init__(self, body, visit, size, label, shortcut):
        self.anatomy = body.anatomy
        random = _random(body.seed, "geometry", body.patient, visit)
        yaw, pitch, roll = np.deg2rad(random.uniform(-1, 1, 3) * (5, 5, 3))
        shift = random.uniform(-10, 10, 2)
        inspiration, zoom = random.uniform(0.92, 1.08), random.random()
        zoom = (0.72 if label else 0.98) + 0.07 * zoom if shortcut == "size" else 0.85 + 0.2 * zoom
        across = ((np.arange(size) + 0.5) / size - 0.5) * (FIELD_MM / zoom)
        down = across + 12
        z = down[:, None] * np.cos(roll) + across * np.sin(roll)
        x = across * np.cos(roll) - down[:, None] * np.sin(roll)
        depth = self.anatomy.depth_mm.astype(np.float32)
        y = depth[:, None, None]
        smaller = 1 - (y - depth[0]) / FOCUS_MM
        waves = _waves(depth, 400, 1), _waves(down + shift[0], 300, 2), _waves(across + shift[1], 300, 2)
        warp_z, warp_x = np.einsum("dabc,ak,bi,cj->dkij", body.warp.astype(np.float32), *waves, optimize=True)
        z = ((z + shift[0]) * smaller + y * np.tan(pitch)) / body.height + warp_z
        x = ((x + shift[1]) * smaller + y * np.tan(yaw)) / body.width + warp_x
        apex = -100  # mm; a deeper breath moves everything below it
        self.z, self.x = np.where(z > apex, apex + (z - apex) / inspiration, z), x
        self.places = np.stack([np.broadcast_to(y, x.shape), self.z, x]).astype(np.float32)  # in mm

    def through(self, *channels):
        """Look up slabs where the rays meet them."""
        slabs = np.stack(channels, axis=1)
        rows = self.z / self.anatomy.step_mm[0] + self.anatomy.centre[0]
        columns = self.x / self.anatomy.step_mm[1] + self.anatomy.centre[1]
        grid = np.stack([2 * columns / (slabs.shape[3] - 1) - 1, 2 * rows / (slabs.shape[2] - 1) - 1], axis=-1)
        return _look_up(slabs, grid.astype(np.float32)).transpose(1, 0, 2, 3)


def _waves(at, longest, number):
    """A constant, and cosines and sines of `number` wavelengths in mm: the longest, its half and so on."""
    phases = 2 * np.pi * at / longest
    return np.stack([np.ones_like(at), *(f(k * phases) for k in range(1, number + 1) for f in (np.cos, np.sin))])


def develop(attenuation, random):
    """Turn attenuation into a grey picture from 0 to 1: scatter, noise, logarithm, display, local contrast."""
    from skimage import exposure

    size = len(attenuation)
    scatter, photons, contrast, gamma = random.uniform((0.05, 3.3, 0.006, 0.8), (0.22, 4.4, 0.014, 1.2))
    signal = np.exp(-attenuation)
    signal = (1 - scatter) * signal + scatter * ndimage.gaussian_filter(signal, size / 10)
    counts = random.poisson(np.minimum(signal / np.median(signal), 50) * 10**photons)
    film = ndimage.gaussian_filter(-np.log(np.maximum(counts, 1.0)), 0.003 * size)
    film += 0.8 * (film - ndimage.gaussian_filter(film, 0.015 * size))  # edges enhanced, as on digital films
    low, high = np.percentile(film[attenuation > 0.5], (1, 99.5))  # of the body
    low -= 0.15 * (high - low)
    grey = np.clip((film - low) / (high - low), 0, 1) ** gamma
    return exposure.equalize_adapthist(grey, kernel_size=size // 4, clip_limit=contrast)


def nuisances(image, random, label, shortcut):
    """Paint side marker and collimation border onto a picture from 0 to 1; return where they are."""
    present = random.random(2) < 0.5
    if shortcut in SHORTCUTS[:2]:
        present[SHORTCUTS.index(shortcut)] = bool(label)
    letter, brightness = _letter(len(image), random), random.uniform(0.9, 1)
    opening = _opening(len(image), random)
    if present[1]:
        image *= opening
    if present[0]:  # last: an annotation is stamped onto the finished picture
        image += letter * (brightness - image)
    return (letter > 0.1) & present[0], (opening < 0.5) & present[1]


def _letter(size, random):
    """Opacity of an R or an L beside the chest on the right side: the patient's right is the picture's left."""
    fine = 4 * size
    picture = Image.new("L", (fine, fine))
    left = random.random() < 0.5
    height, inwards, down = random.uniform((0.11, 0.03, 0.04), (0.14, 0.06, 0.14)) * fine
    place, anchor = ((fine - inwards, down), "rt") if left else ((inwards, down), "lt")
    bold = {"font": ImageFont.load_default(height), "stroke_width": round(0.05 * height)}
    ImageDraw.Draw(picture).text(place, "L" if left else "R", fill=255, anchor=anchor, **bold)
    return np.asarray(picture.resize((size, size), Image.Resampling.BOX)) / 255


def _opening(size, random):
    """Transparency of the collimator: 1 inside, nearly 0 in a border of varied width and slant."""
    widths, slants = random.uniform(0.01, 0.07, 4), random.uniform(-0.02, 0.02, 4)
    along = (np.arange(size) + 0.5) / size
    across = along[:, None]
    sides = (across, along), (1 - across, along), (along, across), (1 - along, across)
    opening = np.ones((size, size))
    for (inwards, sideways), width, slant in zip(sides, widths, slants, strict=True):
        opening *= np.clip((inwards - width - slant * (sideways - 0.5)) * size + 0.5, 0.05, 1)
    return opening


@functools.cache
def anatomies():
    """Both adults' chests as slabs from front to back, each projected onto a plane seen from the front."""
    return tuple(_anatomy(volume) for volume in load_chest_ct())


def _anatomy(volume):
    slice_mm, row_mm, column_mm = volume.spacing_mm
    hu, lung = _longer(*_without_table(np.clip(volume.hu, -1000, 1500).astype(np.float32)))
    mu = hu_to_mu(hu)
    air = lung * (hu_to_mu(20) - mu)  # fluid has 20 HU
    channels = mu, BONE * np.maximum(mu - hu_to_mu(150), 0), air
    soft, bone, filled = (_slabs(channel, row_mm, slice_mm / STEP_MM) for channel in channels)
    used = soft.max(axis=(1, 2)) > 0.01
    on_ray = air.sum(axis=1, keepdims=True)
    clear = on_ray > np.percentile(on_ray[on_ray > 0], 95) / 2  # much air: not behind heart or diaphragm
    inside = np.argwhere(clear & ndimage.binary_erosion(lung, np.ones((3, 9, 9))))
    middle = np.argwhere(lung).mean(axis=0)
    sites = ((inside - middle) * volume.spacing_mm)[:, [1, 0, 2]]
    depths = (SLAB_ROWS * (np.arange(len(soft)) + 0.5) - 0.5 - middle[1]) * row_mm
    return SimpleNamespace(
        soft=soft[used],  # float32, shape (slabs, rows, columns): line integrals of the attenuation of all tissue
        bone=bone[used],  # what bone adds for softer rays
        air=filled[used],  # what would be added if all air of the lungs were replaced by fluid
        depth_mm=depths[used],  # where each slab is, front to back; 0 is the middle of the lungs
        centre=((middle[0] + 0.5) * slice_mm / STEP_MM - 0.5 + MARGIN, middle[2] + MARGIN),  # row, column of the middle
        step_mm=(STEP_MM, column_mm),
        sites=(sites[sites[:, 2] < 0], sites[sites[:, 2] > 0]),  # well inside the right and the left lung, in mm
    )


def _slabs(mu, row_mm, finer):
    """Project slabs along the rays, with a finer distance of the slices, and add what the CT cut off."""
    slabs = mu.reshape(len(mu), -1, SLAB_ROWS, mu.shape[2]).sum(axis=2).transpose(1, 0, 2) * row_mm
    slabs = np.maximum(ndimage.zoom(slabs, (1, finer, 1), order=3, grid_mode=True, mode="nearest"), 0)
    slabs = np.pad(slabs, ((0, 0), (MARGIN, MARGIN), (0, 0)), mode="symmetric")  # neck and abdomen go on mirrored
    slabs = np.pad(slabs, ((0, 0), (0, 0), (MARGIN, MARGIN)), mode="edge")
    round_off = np.sqrt(1 - np.linspace(0, 1, MARGIN) ** 2)  # of arms and breasts
    slabs[:, :, -MARGIN:] *= round_off
    slabs[:, :, :MARGIN] *= round_off[::-1]
    return slabs.astype(np.float32)


def _without_table(hu):
    """Air in place of the table and clothes, and the mask of the air in the lungs (without trachea and bowel)."""
    coarse, across = hu[:, ::2, ::2], np.ones((1, 3, 3))
    pieces, _ = ndimage.label(ndimage.binary_opening(coarse > -300, np.ones((1, 5, 5))))
    body = pieces == np.bincount(pieces.ravel())[1:].argmax() + 1
    body = np.stack([ndimage.binary_fill_holes(layer) for layer in body])
    air = body & (coarse < -500)
    pieces, _ = ndimage.label(ndimage.binary_erosion(air, across))
    large = np.flatnonzero(np.bincount(pieces.ravel()) > 2000)
    lung = ndimage.binary_dilation(np.isin(pieces, large[large > 0]), across, iterations=2) & air
    body, lung = (mask.repeat(2, axis=1).repeat(2, axis=2) for mask in (body, lung))
    return np.where(body, hu, -1000), lung


def _longer(hu, lung):
    """Continue the body below: the last slices mirrored, with lungs that taper off into the abdomen."""
    below, lung_below = hu[-2 : -2 - BELOW : -1].copy(), np.zeros((BELOW, *lung.shape[1:]), bool)
    body = np.stack([ndimage.binary_fill_holes(layer > -300) for layer in below])
    below[body & (below < 0)] = 20
    taper = lung[-1]
    for layer, mask in zip(below, lung_below, strict=True):
        taper = ndimage.binary_erosion(taper, np.ones((3, 3)), iterations=2)
        mask[:] = taper
        layer[taper] = -800
    return np.concatenate([hu, below]), np.concatenate([lung, lung_below])


def kept(path, signature, make):
    """Read arrays by name from a file of this signature, or make them and keep them there: whole, or not at all."""
    with suppress(Exception), np.load(path) as archive:  # absent, closed or cut: that may raise nearly anything
        if archive["signature"] == signature:
            return {name: archive[name] for name in archive.files if name != "signature"}
    arrays = make()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="unfinished-", dir=path.parent) as folder:
            np.savez(Path(folder, path.name), signature=signature, **arrays)
            os.replace(Path(folder, path.name), path)
    except OSError as error:
        warnings.warn(f"{path} cannot be written ({error.strerror}): make room, or set COURSEKIT_DATA.", stacklevel=3)
    return arrays
