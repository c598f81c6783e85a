"""CT beside scikit-image and astra: projection, filtered back-projection and low-dose scans.

Slices of 256 x 256 pixels at 180 angles, on one thread, in processor seconds. astra projects with its `linear` model,
which gives the same sinograms as ours. Neither scikit-image nor astra's 2D part knows batches, so they take as long
for each image. A low-dose scan is `ct.simulate_low_dose`: rays on a grid of 512 x 512, mean intensities, Poisson noise,
reconstruction; the others take the same steps. Our matrices are made before the clock starts, as are astra's objects;
the last line says how long those of the low-dose scan take, once in a process.
"""

import time
from functools import partial
from statistics import median
from types import SimpleNamespace

import numpy as np
from benchmarks.report import alternate, number, one_thread, ratios, spread, table, version
from skimage.transform import iradon, radon, resize

from coursekit import ct, data

PACKAGES = ("numpy", "scipy", "torch", "scikit-image", "astra-toolbox")
SIZE, N_ANGLES, BATCH, PHOTONS, FOV_MM = 256, 180, 16, 10_000, 300.0
DEGREES = np.arange(N_ANGLES) * 180 / N_ANGLES


def measure(rounds=5):
    peers = {"scikit-image": _scikit_image, "astra-toolbox": Astra}
    with one_thread():
        start = time.process_time()
        ct.Projector(2 * SIZE, N_ANGLES), ct.Projector(SIZE, N_ANGLES)
        matrices = time.process_time() - start
        functions = _ours(1) | _ours(BATCH)
        for package in filter(version, peers):
            functions |= _theirs(package, peers[package](SIZE), peers[package](2 * SIZE))
        turns = alternate(functions, rounds)
    rows, said = [], []
    for what in ("forward", "FBP", "low-dose scan"):
        for batch in (1, BATCH):
            ours = [seconds / batch for seconds in turns[what, batch]]
            faster = [ratios(turns[what, package], ours) if version(package) else None for package in peers]
            columns = [spread(times) if times else "absent" for times in faster]
            rows.append([f"{what}, {batch} image{'s' * (batch > 1)}", spread(ours, 1000), *columns])
        said.append(f"{what} {' / '.join(number(median(times)) if times else 'absent' for times in faster)}")
    rows.append(["making the matrices for it, once", number(1000 * matrices), *[""] * len(peers)])
    lead = f"CT in batches of {BATCH}, times as fast as {' / '.join(peers)}: {', '.join(said)}."
    return lead, table(["", "Ours, ms an image", *(f"{package} / ours" for package in peers)], rows)


def _cone():
    """A cone, zero outside the circle, as scikit-image's radon wants it, and smooth: its models do not matter."""
    position = np.linspace(-1, 1, SIZE)
    return np.maximum(0.9 - np.hypot(position, position[:, None]), 0).astype(np.float32)


def _slices(batch):
    """Real slices from the middle of a patient, with air outside the circle."""
    hu, step = data.load_chest_ct()[1].hu, 256 // SIZE
    return np.where(ct.in_circle(SIZE), hu[len(hu) // 2 :][:batch, ::step, ::step], -1000).astype(np.float32)


def _ours(batch):
    projector, images = ct.Projector(SIZE, N_ANGLES), np.repeat(_cone()[None], batch, axis=0)
    return {
        ("forward", batch): partial(projector.forward, images),
        ("FBP", batch): partial(projector.fbp, projector.forward(images)),
        ("low-dose scan", batch): partial(_our_scan, _slices(batch)),
    }


def _our_scan(slices, photons=PHOTONS):
    return ct.simulate_low_dose(slices, photons, n_angles=N_ANGLES, fov_mm=FOV_MM)


def _theirs(name, coarse, fine):
    image, (hu,) = _cone(), _slices(1)
    sinogram = ct.Projector(SIZE, N_ANGLES).forward(image).T
    inside = np.pad(ct.in_circle(2 * SIZE - 4), 2)  # radon warns of anything outside of its own circle

    def scan(photons=PHOTONS):
        mu = np.where(inside, ct.hu_to_mu(resize(hu, inside.shape, order=1)), 0)
        pairs = (fine.forward(mu) * (FOV_MM / 2 / SIZE)).reshape(SIZE, 2, N_ANGLES)
        counts = np.random.default_rng(0).poisson(photons * np.exp(-pairs).mean(axis=1))
        noisy = np.log(photons / np.maximum(counts, 0.1)).astype(np.float32)
        return ct.mu_to_hu(coarse.fbp(noisy) / (FOV_MM / SIZE))

    for theirs, ours in ((coarse.forward(image), sinogram), (coarse.fbp(sinogram), image)):  # radon: half a pixel off
        assert np.abs(theirs - ours).max() < 0.1 * ours.max(), f"{name} computes something else"
    seen = ct.in_circle(SIZE)
    assert np.corrcoef(scan(1e9)[seen], _our_scan(hu, 1e9)[seen])[0, 1] > 0.9, f"{name} computes something else"
    functions = {"forward": partial(coarse.forward, image), "FBP": partial(coarse.fbp, sinogram), "low-dose scan": scan}
    return {(what, name): function for what, function in functions.items()}


def _scikit_image(size):
    """For slices of any size; sinograms have a column for each angle."""
    return SimpleNamespace(forward=partial(radon, theta=DEGREES), fbp=partial(iradon, theta=DEGREES))


class Astra:
    """The same, with astra's objects made once for slices of one size."""

    def __init__(self, size):
        import astra

        volume = astra.create_vol_geom(size, size)
        rays = astra.create_proj_geom("parallel", 1.0, size, np.deg2rad(DEGREES))
        self.image, self.sinogram = astra.data2d.create("-vol", volume), astra.data2d.create("-sino", rays)
        projector = astra.create_projector("linear", rays, volume)
        objects = {"ProjectorId": projector, "ProjectionDataId": self.sinogram}
        projecting = objects | {"type": "FP", "VolumeDataId": self.image}
        filtering = objects | {"type": "FBP", "ReconstructionDataId": self.image}
        self.algorithms = [astra.algorithm.create(one) for one in (projecting, filtering)]
        self.data, self.run = astra.data2d, astra.algorithm.run

    def forward(self, image):
        self.data.store(self.image, image)
        self.run(self.algorithms[0])
        return self.data.get(self.sinogram).T

    def fbp(self, sinogram):
        self.data.store(self.sinogram, sinogram.T)
        self.run(self.algorithms[1])
        return self.data.get(self.image)
