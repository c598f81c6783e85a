"""Denoising at use: scikit-image's filters beside the networks of lab 7.

A low-dose slice of 128 x 128 pixels, as in the lab, on one thread, in processor seconds for an image. The filters have
the lab's settings and, as there, get numbers of 64 bits; the networks, of 32 bits, are the lab's residual CNN and
U-Net, through `train.predict`: one slice, 16 at once, and one slice as the mean over four flips, which is how the lab
uses its network. Their training is not counted.
"""

from functools import partial
from statistics import median

import numpy as np
import torch
from benchmarks.report import alternate, number, one_thread, ratios, spread, table
from notebook_functions import functions
from skimage.filters import gaussian
from skimage.restoration import denoise_bilateral, denoise_nl_means, denoise_tv_chambolle

from coursekit import ct, data, train

PACKAGES = ("numpy", "torch", "scikit-image")
BATCH, NOISE = 16, 0.05  # of slices scaled to about 0 to 1
FLIPS = ((), (2,), (3,), (2, 3))
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
        runs = {name: partial(denoise, image) for name, denoise in FILTERS.items()}
        for name, network in networks.items():
            model = network().to(memory_format=torch.channels_last)
            runs |= {
                name: partial(train.predict, model, tensors[:1], device="cpu"),
                f"{name}, {BATCH} slices": partial(train.predict, model, tensors, device="cpu"),
                f"{name}, four flips": partial(_mean_over_flips, model, tensors[:1]),
            }
        times = alternate(runs, rounds)
    times |= {name: [turn / BATCH for turn in turns] for name, turns in times.items() if name.endswith("slices")}
    rows = [[name, spread(times[name], 1000), spread(ratios(times[name], times["residual CNN"]))] for name in runs]
    said = {name: f"{number(1000 * median(times[name]))} ms" for name in runs if not name.endswith("slices")}
    lead = f"A slice of 128 x 128 is denoised in: {', '.join(f'{name} {time}' for name, time in said.items())}."
    return lead, table(["", "Milliseconds a slice", "Time / time of the residual CNN"], rows)


def _mean_over_flips(model, slices):
    flipped = torch.cat([slices.flip(axes) for axes in FLIPS])
    outputs = train.predict(model, flipped, device="cpu").split(len(slices))
    return sum(output.flip(axes) for output, axes in zip(outputs, FLIPS, strict=True)) / len(FLIPS)


def _slices():
    """Low-dose slices of the lab's test patient, scaled to about 0 to 1."""
    volume = data.load_chest_ct()[1]
    hu, width_mm = volume.hu[20 : 20 + BATCH], volume.hu.shape[2] * volume.spacing_mm[2]
    sinogram = ct.scan(np.where(ct.in_circle(256), hu, -1000), fov_mm=width_mm, size=128)
    return (ct.reconstruct(ct.noisy_sinogram(sinogram, 10_000), width_mm) + 1000) / 2000
