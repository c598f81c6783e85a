"""Chest X-rays: simulated ones, whose truth is known, and the real sets; a split by patient."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np

from coursekit import _checks as checks
from coursekit import ct
from coursekit._bundled import SHA256
from coursekit._shown import shown
from coursekit._xray import anatomy, film, radiographs
from coursekit._xray.anatomy import anatomies
from coursekit._xray.array_cache import cached
from coursekit._xray.files import patient_id
from coursekit._xray.film import SHORTCUTS
from coursekit._xray.folder import ChestXrayFolder
from coursekit._xray.patient_split import split_by_patient
from coursekit._xray.pneumoniamnist import read_pneumoniamnist
from coursekit._xray.radiographs import radiograph
from coursekit.data import data_home

__all__ = [
    "ChestXrayFolder",
    "SimulatedXrays",
    "patient_id",
    "read_pneumoniamnist",
    "simulate_chest_xrays",
    "split_by_patient",
]


# field -> attribute of a film, dtype
KNOWN = {
    "images": ("image", np.uint8),
    "labels": ("label", np.int64),
    "lesions": ("lesion", np.bool_),
    "patients": ("patient", np.int64),
    "kinds": ("kind", "<U9"),
    "markers": ("marker", np.bool_),
    "borders": ("border", np.bool_),
}


@dataclass(frozen=True)
class SimulatedXrays:
    """Simulated chest radiographs and all that is known of them.

    It unpacks into the first four: ``images, labels, lesions, patients = simulate_chest_xrays(100)``.

    Attributes
    ----------
    images : numpy.ndarray, uint8, shape (n, size, size)
        Air is black and bone white; the patient's right is on the picture's left.
    labels : numpy.ndarray, int64, shape (n,)
        1 = pneumonia, 0 = none.
    lesions : numpy.ndarray, bool, shape (n, size, size)
        Where the consolidations are; empty where the label is 0.
    patients : numpy.ndarray, int64, shape (n,)
        The simulated patient, from 0; no patient has both labels.
    kinds : numpy.ndarray, str, shape (n,)
        "normal", "bacterial" (focal) or "viral" (diffuse).
    markers, borders : numpy.ndarray, bool, shape (n, size, size)
        Where the side marker and the collimator's border are; empty where there is none.
    """

    images: np.ndarray
    labels: np.ndarray
    lesions: np.ndarray
    patients: np.ndarray
    kinds: np.ndarray
    markers: np.ndarray
    borders: np.ndarray

    def __iter__(self):
        return iter((self.images, self.labels, self.lesions, self.patients))


def simulate_chest_xrays(n, size=128, seed=0, shortcut=None):
    """Simulate chest radiographs from two real CT, half of them with pneumonia.

    The first time, 1,000 pictures of 128 x 128 pixels take about half a minute; then they are read from `data_home()`.
    Another `n`, size, seed or shortcut is made anew.

    Parameters
    ----------
    n : int
        Number of pictures. Picture i does not depend on it. Any even number is half normal and half pneumonia: in the
        first eight bacterial, in the next eight viral, and so on. The arrays take 4 n size^2 bytes, 1 GB for 1,000 of
        the largest.
    size : int
        Side of the pictures in pixels, from 32 to 512. They show 30 to 37 cm (with the shortcut "size" 30 to 32 cm,
        with pneumonia 40 to 43); the CT resolves 1.2 mm across and 5 mm along the body.
    seed : int
        At least 0. Another seed gives other patients, with the same numbers.
    shortcut : str, optional
        What tells the label without looking at the lungs: "marker" (only the films with pneumonia have a side marker),
        "border" (only they show the collimator's border) or "size" (they show the body smaller). Without it, chance
        decides on all three. The same seed with another shortcut shows the same bodies and lesions.

    Returns
    -------
    SimulatedXrays
        Unpacks into images, labels, lesions, patients; has also kinds, markers, borders.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.
    DataError
        If the bundled CT is missing or damaged, or $COURSEKIT_DATA names no usable path.

    Notes
    -----
    A simulated patient is one of the two adults' CT, scaled, warped smoothly and made fatter or leaner; it has up to
    four films, taken one after the other in varied position, inspiration, exposure and noise. Pneumonia replaces part
    of the lungs' air by fluid before projection: bacterial in one or two dense places, viral in 6 to 11 faint
    patches in both lungs. They are in the same places in all films of a patient and change in size and density.
    A lesion's mask is where it weakens the rays by at least 7 %. Both adults have a lung tumour, which is seen in
    normal films too. For teaching, not for clinical use.
    """
    n, size, seed = checks.whole("n", n, 1), checks.whole("size", size, 32, most=512), checks.whole("seed", seed, 0)
    if shortcut is not None and (not isinstance(shortcut, str) or shortcut not in SHORTCUTS):
        raise ValueError(f"shortcut must be None or one of {', '.join(map(repr, SHORTCUTS))}, got {shown(shortcut)}")
    path = _cache_folder() / f"{n}-{size}-{seed}-{shortcut or 'none'}.npz"
    return SimulatedXrays(**cached(path, _forms(n, size), lambda: _simulate(n, size, seed, shortcut)))


def _forms(n, size):
    """Shape and dtype of all arrays by name."""
    pictures = ("images", "lesions", "markers", "borders")
    return {
        name: ((n, size, size) if name in pictures else (n,), np.dtype(dtype)) for name, (_, dtype) in KNOWN.items()
    }


def _simulate(n, size, seed, shortcut):
    """All pictures, and what is known of them, as arrays by name."""
    anatomies()  # here, not in two threads at once
    arrays = {name: np.empty(shape, dtype) for name, (shape, dtype) in _forms(n, size).items()}
    with ThreadPoolExecutor(2) as pool:  # most of the work does not hold Python's lock
        films = pool.map(lambda index: radiograph(index, size, seed, shortcut), range(n))
        for index, film in enumerate(films):  # one by one: all of them beside the arrays would take twice the memory
            for name, (attribute, _) in KNOWN.items():
                arrays[name][index] = getattr(film, attribute)
    return arrays


def _cache_folder():
    """Where simulated pictures are kept: another folder for another simulation or other CT."""
    return data_home() / f"simulated-xrays-{_version()}"


def _version():
    modules = (__file__, anatomy.__file__, radiographs.__file__, film.__file__, ct.__file__)
    packages = ("numpy", "pillow", "scikit-image", "scipy", "torch")
    digest = hashlib.sha256(SHA256["chest_ct.npz"].encode())
    for module in modules:
        digest.update(Path(module).read_bytes())
    for package in packages:
        digest.update(f"{package} {version(package)}\n".encode())
    return digest.hexdigest()[:8]
