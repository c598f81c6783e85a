"""One simulated chest radiograph: a varied anatomy, consolidations in it, and its projection."""

from dataclasses import dataclass

import numpy as np

from coursekit._xray.anatomy import anatomies
from coursekit._xray.film import develop, nuisances

IMAGES_PER_PATIENT = 4
FOCUS_MM = 1800  # from the X-ray tube to the film, which touches the chest
FIELD_MM = 312  # side of the square that the film shows of a patient of middle size
MASK_FROM = 0.07  # attenuation from which on a lesion counts as seen: about 7 % fewer rays
KINDS = ("normal", "bacterial", "viral")


@dataclass(frozen=True)
class Radiograph:
    """What is known of one simulated film; all pictures have shape (size, size)."""

    image: np.ndarray
    label: int
    lesion: np.ndarray
    patient: int
    kind: str
    marker: np.ndarray
    border: np.ndarray


def radiograph(index, size, seed, shortcut):
    """Take picture number `index` of a seed; it does not depend on how many others are taken.

    In each block of eight pictures two patients take turns in random order, one healthy and one with pneumonia, so that
    any even number of pictures is balanced.
    """
    block, place = divmod(index, 2 * IMAGES_PER_PATIENT)
    visit, second = divmod(place, 2)
    label = int(_random(seed, "order", block, visit).integers(2)) ^ second
    patient = 2 * block + (label ^ int(_random(seed, "patients", block).integers(2)))
    kind = KINDS[label and 1 + block % 2]
    body = Body(seed, patient, kind)
    geometry = Geometry(body, seed, visit, size, label, shortcut)
    if label:
        tissue, filling = geometry.sample(body.tissue(), body.anatomy.filling)
        lesion = (body.consolidation(geometry.places(), visit) * filling).sum(axis=0)
    else:
        (tissue,) = geometry.sample(body.tissue())
        lesion = np.zeros((size, size), np.float32)
    attenuation = tissue.sum(axis=0)
    image = develop(attenuation + lesion, _random(seed, "film", patient, visit))
    marker, border = nuisances(image, _random(seed, "nuisance", patient, visit), label, shortcut)
    image = np.clip(255 * image + 0.5, 0, 255).astype(np.uint8)
    return Radiograph(image, label, lesion >= MASK_FROM, patient, kind, marker, border)


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
        self.soft, self.bone, self.lung = random.uniform((0.85, 0.6, -0.04), (1.2, 1.5, 0.08)).tolist()
        smooth = np.array([1, 0.7, 0.7, 0.3, 0.3])
        self.warp = 3.2 * random.normal(size=(2, 3, 5, 5)) * smooth[:3, None, None] * smooth[:, None] * smooth

    def tissue(self):
        """Slabs of this patient's attenuation."""
        anatomy = self.anatomy
        return self.soft * anatomy.soft + self.bone * anatomy.bone + self.lung * anatomy.filling

    def consolidation(self, places, visit):
        """Fraction of the lungs' air that fluid replaces at these places (depth, height, width in mm) at a visit."""
        random = _random(self.seed, "lesion", self.patient)
        blobs = focal(self.anatomy, random) if self.kind == "bacterial" else diffuse(self.anatomy, random)
        grain = _grain(random, places)
        growth, density_change = _random(self.seed, "course", self.patient, visit).uniform((0.85, 0.8), (1.15, 1.2))
        air = np.ones(places.shape[1:], np.float32)
        for centre, radii, density, edge in blobs:
            scaled = [(at - middle) / radius for at, middle, radius in zip(places, centre, radii * growth, strict=True)]
            near = np.abs(scaled[0][:, 0, 0]) < 2  # slabs that the blob may reach
            distance = np.sqrt(sum(axis[near] ** 2 for axis in scaled))
            fill = np.clip((1 - distance + 0.3 * grain[near]) / edge + 0.5, 0, 1)
            air[near] *= 1 - min(density * density_change, 1) * fill * np.clip(0.8 + 0.25 * grain[near], 0.1, 1)
        return 1 - air


def focal(anatomy, random):
    """One dense consolidation in one lung, at times with a smaller neighbour."""
    side = anatomy.sites[random.integers(2)]
    centre = side[random.integers(len(side))]
    radii = random.uniform((40, 29, 29), (65, 47, 43))
    blobs = [(centre, radii, random.uniform(0.75, 1.0), random.uniform(0.3, 0.6))]
    if random.random() < 0.4:
        blobs.append((side[random.integers(len(side))], radii * 0.6, random.uniform(0.3, 0.6), 0.5))
    return blobs


def diffuse(anatomy, random):
    """Several faint patches in both lungs."""
    blobs = []
    for number in range(random.integers(6, 12)):
        side = anatomy.sites[number % 2]
        centre = side[random.integers(len(side))]
        blobs.append((centre, random.uniform(14, 30, 3) * (1.5, 1, 1), random.uniform(0.2, 0.5), 0.8))
    return blobs


def _grain(random, places):
    """Noise of variance 1 with grains of about 12 mm, fixed in the body; each slab has its own."""
    import torch
    from scipy import ndimage

    noise = ndimage.gaussian_filter(random.normal(size=(places.shape[1], 1, 40, 40)), (0, 0, 1, 1))
    grid = places[:0:-1].transpose(1, 2, 3, 0) / np.float32(6 * 20)  # 40 numbers at steps of 6 mm
    return _look_up(torch.from_numpy((noise / noise.std()).astype(np.float32)), torch.from_numpy(grid))[:, 0]


def _look_up(values, grid):
    from torch.nn.functional import grid_sample

    return grid_sample(values, grid, mode="bilinear", padding_mode="border", align_corners=True).numpy()


class Geometry:
    """Where the rays of one film meet the slabs of a body: position, rotation, magnification, inspiration and warp."""

    def __init__(self, body, seed, visit, size, label, shortcut):
        self.anatomy = body.anatomy
        random = _random(seed, "geometry", body.patient, visit)
        yaw, pitch, roll = np.deg2rad(random.uniform(-1, 1, 3) * (5, 5, 3))
        shift = random.uniform(-10, 10, 2)
        inspiration = random.uniform(0.92, 1.08)
        zoom = random.random()
        if shortcut == "size":
            field = FIELD_MM / ((0.72 if label else 0.98) + 0.07 * zoom)
        else:
            field = FIELD_MM / (0.85 + 0.2 * zoom)
        across = ((np.arange(size) + 0.5) / size - 0.5) * field
        down = across + 12
        z, x = (
            down[:, None] * np.cos(roll) + across * np.sin(roll),
            across * np.cos(roll) - down[:, None] * np.sin(roll),
        )
        depth = body.anatomy.depth_mm.astype(np.float32)
        y = depth[:, None, None]
        smaller = 1 - (y - depth[0]) / FOCUS_MM
        warp_z, warp_x = _warp(body.warp.astype(np.float32), depth, down + shift[0], across + shift[1])
        z = ((z + shift[0]) * smaller + y * np.tan(pitch)) / body.height + warp_z
        x = ((x + shift[1]) * smaller + y * np.tan(yaw)) / body.width + warp_x
        apex = -100  # mm; a deeper breath moves everything below it
        self.z, self.x = np.where(z > apex, apex + (z - apex) / inspiration, z), x

    def sample(self, *channels):
        """Look up slabs where the rays meet them."""
        import torch

        slabs = torch.from_numpy(np.stack(channels, axis=1))
        rows = self.z / self.anatomy.step_mm[0] + self.anatomy.centre[0]
        columns = self.x / self.anatomy.step_mm[1] + self.anatomy.centre[1]
        grid = np.stack([2 * columns / (slabs.shape[3] - 1) - 1, 2 * rows / (slabs.shape[2] - 1) - 1], axis=-1)
        return _look_up(slabs, torch.from_numpy(grid.astype(np.float32))).transpose(1, 0, 2, 3)

    def places(self):
        """Depth, height and width in mm where each ray meets each slab."""
        y = np.broadcast_to(self.anatomy.depth_mm[:, None, None], self.z.shape)
        return np.stack([y, self.z, self.x]).astype(np.float32)


def _warp(coefficients, depth, down, across):
    """Smooth random shifts in mm along height and width: sums of waves of 400, 300 and 150 mm."""

    def waves(at, longest, number):
        phases = 2 * np.pi * at / longest
        return np.stack([np.ones_like(at), *(f(k * phases) for k in range(1, number + 1) for f in (np.cos, np.sin))])

    bases = waves(depth, 400, 1), waves(down, 300, 2), waves(across, 300, 2)
    return np.einsum("dabc,ak,bi,cj->dkij", coefficients, *bases, optimize=True)
