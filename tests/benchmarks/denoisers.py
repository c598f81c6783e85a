"""Denoising at use: scikit-image's filters beside the networks of lab 7.

A low-dose slice of 128 x 128 pixels, as in the lab, on one thread, in processor seconds for an image. The filters have
the lab's settings; the networks are the lab's residual CNN and U-Net, through `train.predict`, one slice at a time and
16 at once. Their training is not counted; nor is the lab's averaging over four flips, which costs four times as much.
"""

from functools import partial
from statistics import median

import numpy as np
import torch
from benchmarks.tables import number, spread, table
from benchmarks.timing import alternate, one_thread, ratios
from notebook_functions import functions
from skimage.filters import gaussian
from skimage.restoration import denoise_bilateral, denoise_nl_means, denoise_tv_chambolle

from coursekit import ct, data, train

PACKAGES = ("numpy", "torch", "scikit-image")
BATCH, NOISE = 16, 0.05  # of slices scaled to about 0 to 1
FILTERS = {
    "Gaussian": partial(gaussian, sigma=0.7),
    "bilateral": partial(denoise_bilateral, sigma_color=NOISE, sigma_spatial=1.5),
    "total variation": partial(denoise_tv_chambolle, weight=NOISE),
    "non-local means": partial(denoise_nl_means, h=NOISE, patch_size=3, patch_distance=5),
}


def measure(rounds=5):
    networks = dict(zip(("residual CNN", "U-Net"), functions("07_low_dose_ct", "ResidualCNN", "UNet"), strict=True))
    slices = _slices()
    tensors = torch.from_numpy(slices[:, None])
    image = slices[0].astype(np.float64)
    with one_thread():
        runs = {(name, 1): partial(denoise, image) for name, denoise in FILTERS.items()}
        for name, network in networks.items():
            model = network().to(memory_format=torch.channels_last)
            runs |= {(name, n): partial(train.predict, model, tensors[:n], device="cpu") for n in (1, BATCH)}
        turns = alternate(runs, rounds)
    times = {(name, n): [seconds / n for seconds in turns[name, n]] for name, n in runs}
    reference = times["residual CNN", BATCH]
    rows = [
        [_label(name, n), spread(times[name, n], 1000), spread(ratios(times[name, n], reference))] for name, n in runs
    ]
    said = {name: f"{number(1000 * median(times[name, n]))} ms" for name, n in runs}  # the larger n where there are two
    lead = f"A slice of 128 x 128 is denoised in: {', '.join(f'{name} {time}' for name, time in said.items())}."
    return lead, table(["", "Milliseconds a slice", f"Time / time of the residual CNN, {BATCH} slices"], rows)


def _label(name, n):
    return name if name in FILTERS else f"{name}, {n} slice{'s' * (n > 1)}"


def _slices():
    """Low-dose slices of the lab's test patient, scaled to about 0 to 1."""
    volume = data.load_chest_ct()[1]
    hu, width_mm = volume.hu[20 : 20 + BATCH], volume.hu.shape[2] * volume.spacing_mm[2]
    sinogram = ct.scan(np.where(ct.in_circle(256), hu, -1000), fov_mm=width_mm, size=128)
    return (ct.reconstruct(ct.noisy_sinogram(sinogram, 10_000), width_mm) + 1000) / 2000
