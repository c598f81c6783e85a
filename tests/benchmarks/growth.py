"""How cost grows with the number of images, their size and the number of angles.

The exponent is the slope of a line through the logarithms of the medians: 1 where twice as much takes twice as long, 2
where it takes four times as long. All in processor seconds, of all cores together; the projector computes on one
thread. X-rays are simulated at 32 x 32 pixels, in one turn only. `ChestXrayFolder` decodes small JPEG files to 64 x 64
pixels into a file of its own, and opens that again.
"""

import os
import tempfile
import time
import weakref
from functools import partial
from pathlib import Path
from statistics import median
from unittest.mock import patch

import numpy as np
from benchmarks.tables import number, spread, table
from benchmarks.timing import alternate, exponent, one_thread
from benchmarks.xray_cache import write_jpegs

from coursekit.ct import Projector
from coursekit.xray import ChestXrayFolder, simulate_chest_xrays

PACKAGES = ("numpy", "scipy", "torch", "pillow")
IMAGES, SIZES, ANGLES = (250, 500, 1000, 2000, 4000), (64, 96, 128, 192, 256), (90, 180, 360, 720)


def measure(rounds=5, images=IMAGES, sizes=SIZES, angles=ANGLES):
    with tempfile.TemporaryDirectory() as folder, patch.dict(os.environ, COURSEKIT_DATA=f"{folder}/home"):
        by_images = _simulating(images) | _reading(Path(folder), images, rounds)
    with one_thread():
        by_size = _projecting({size: (size, 180) for size in sizes}, rounds)
        by_angles = _projecting({n_angles: (128, n_angles) for n_angles in angles}, rounds)
    found = {"Images": by_images, "Size, at 180 angles": by_size, "Angles, at 128 x 128": by_angles}
    said, tables = [], []
    for title, times in found.items():
        slopes = {what: exponent(list(turns), [median(s) for s in turns.values()]) for what, turns in times.items()}
        said.append(f"{title.partition(',')[0].lower()} ({', '.join(f'{what} {n:.2f}' for what, n in slopes.items())})")
        rows = [[f"{n:,}", *(_milliseconds(turns[n]) for turns in times.values())] for n in times[next(iter(times))]]
        rows.append(["**exponent**", *(f"**{slope:.2f}**" for slope in slopes.values())])
        tables.append(table([title, *(f"{what}, ms" for what in times)], rows))
    return f"Exponents of growth, by {', by '.join(said)}.", *tables


def _milliseconds(turns):
    return spread(turns, 1000) if len(turns) > 1 else number(1000 * turns[0])


def _by_name(turns):
    """Times by name, then by number, of those by both."""
    return {name: {n: turns[other, n] for other, n in turns if other == name} for name, _ in turns}


def _simulating(numbers):
    """One turn each; another seed for each, so that nothing has been kept of it."""
    simulate_chest_xrays(2, size=32)
    turns = {}
    for n in numbers:
        start = time.process_time()
        simulate_chest_xrays(n, size=32, seed=n)
        turns["simulating", n] = [time.process_time() - start]
    return _by_name(turns)


def _reading(root, numbers, rounds):
    functions = {}
    for n in numbers:
        write_jpegs(root / str(n), n, 120, 160)
        functions |= {
            ("decoding", n): partial(_decode, root / str(n)),
            ("opening again", n): partial(_open, root / str(n)),
        }
        _open(root / str(n))
    return _by_name(alternate(functions, rounds))


def _open(folder):
    return ChestXrayFolder(folder).images(64)


def _decode(folder):
    with tempfile.TemporaryDirectory() as home, patch.dict(os.environ, COURSEKIT_DATA=home):
        _open(folder)


def _projecting(shapes, rounds):
    functions = {}
    for n, (size, n_angles) in shapes.items():
        projector, image = Projector(size, n_angles), np.ones((size, size), np.float32)
        functions |= {
            ("making the matrix", n): _making(size, n_angles),
            ("forward", n): partial(projector.forward, image),
            ("FBP", n): partial(projector.fbp, projector.forward(image)),
        }
    return _by_name(alternate(functions, rounds))


def _making(size, n_angles):
    """A function that makes the matrix anew: it is shared as long as it is among the last eight."""
    last = [lambda: None]

    def make():
        for other in range(1, 9):
            Projector(2, other)
        matrix = Projector(size, n_angles).matrix
        assert last[0]() is not matrix, "the matrix was kept"
        last[0] = weakref.ref(matrix)

    return make
