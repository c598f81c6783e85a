"""Calls of the CT physics in which one argument is wrong, for test_public_api."""

import numpy as np
import torch

SLICE = np.zeros((8, 8))
NO_NUMBERS = (None, "0", True, [1, [2]], 1j, torch.ones(2) > 0)
NO_ARRAYS = (*NO_NUMBERS[:-1], np.full((8, 8), np.nan), np.full((8, 8), -np.inf), np.full((8, 8), 1e300))
NO_SLICES = (*NO_ARRAYS, 3.0, [], np.zeros(8), np.zeros((8, 7)), np.zeros((0, 0)), [[1]])
NO_SINOGRAMS = (*NO_ARRAYS, 3.0, [], np.zeros(8), np.zeros((0, 8)), np.zeros((8, 0)), np.zeros((8, 1)))
NOT_POSITIVE = (0, -1, np.nan, np.inf, 10**400, "1", None, True, [1.0], np.array([1.0, 2.0]))
NO_SCORES = {
    "image": (*NO_SLICES, np.zeros((9, 9)), SLICE[None]),
    "truth": (*NO_SLICES, np.zeros((9, 9)), SLICE[None]),
    "hu_range": (None, 400, (0,), (0, 1, 2), "01", (1, 0), (5, 5), (0, np.nan), (-np.inf, 0), (0, "1"), (False, True)),
}
WRONG_DOSE = {
    "photons": (*NOT_POSITIVE, 1e16),
    "electronic_noise": (-1, np.nan, np.inf, None, "0", False, [0.0]),
    "seed": (-1, 0.0, None, "0", True),
}
WRONG_SCANNER = {
    "n_angles": (0, -3, 2.5, None, "3", True),
    "fov_mm": NOT_POSITIVE,
    "size": (0, 1, 8.0, "8", True),
}
WRONG_FILTER = {"window": (None, 3, "Ramp", "", ["ramp"]), "cutoff": (0, -1, 1.5, np.nan, None, "1", True)}
SCAN = {"hu": SLICE, "n_angles": 3, "fov_mm": 100.0, "size": 4}
SCORE = {"image": SLICE, "truth": SLICE, "hu_range": (-1000, 1000)}
TABLE = [
    ("ct.hu_to_mu", {"hu": 0}, {"hu": NO_NUMBERS}),
    ("ct.mu_to_hu", {"mu": 0}, {"mu": NO_NUMBERS}),
    (
        "ct.window",
        {"hu": 0, "center": 40, "width": 400},
        {"hu": NO_NUMBERS, "center": (None, "40", True, np.nan, np.inf, [40]), "width": NOT_POSITIVE},
    ),
    ("ct.scan", SCAN, {"hu": NO_SLICES} | WRONG_SCANNER),
    ("ct.noisy_sinogram", {"sinogram": SLICE, "photons": 10}, {"sinogram": (*NO_ARRAYS, -10.0)} | WRONG_DOSE),
    ("ct.reconstruct", {"sinogram": SLICE}, {"sinogram": NO_SINOGRAMS, "fov_mm": NOT_POSITIVE} | WRONG_FILTER),
    ("ct.simulate_low_dose", SCAN | {"photons": 10}, {"hu": NO_SLICES} | WRONG_DOSE | WRONG_SCANNER),
    ("ct.in_circle", {}, {"size": (0, -1, 8.0, "8", None, True)}),
    ("ct.psnr", SCORE, NO_SCORES),
    ("ct.ssim", SCORE, NO_SCORES | {"truth": (*NO_SCORES["truth"], np.zeros((6, 6)))}),
]
WRONG_CT = [
    (function, name, [lambda f, given=right | {name: bad}: f(**given) for bad in values])
    for function, right, wrong in TABLE
    for name, values in wrong.items()
]
