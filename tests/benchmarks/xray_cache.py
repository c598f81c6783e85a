"""An epoch of X-rays: `ChestXrayFolder.images` beside torchvision's ImageFolder.

JPEG files of 1300 x 1000 pixels, once each in random order, as batches of 32 tensors of uint8 at 224 x 224.
ImageFolder decodes and resizes each file in each epoch, in this process or in two workers; ours keeps what it has
decoded. In seconds of the clock: our first epoch decodes on all cores, and lets the JPEG decoder leave out what the
smaller picture does not need.
"""

import os
import tempfile
import time
from functools import partial
from pathlib import Path
from statistics import median
from unittest.mock import patch

import numpy as np
import torch
from benchmarks.report import alternate, number, one_thread, ratios, spread, table
from PIL import Image
from torch.utils.data import DataLoader, TensorDataset
from torchvision.datasets import ImageFolder
from torchvision.transforms import v2

from coursekit.xray import ChestXrayFolder

PACKAGES = ("torch", "torchvision", "pillow", "numpy")
SIZE = 224
EPOCHS = ("ImageFolder", "ImageFolder, two workers", "ours, decoding", "ours, opened again", "ours, later epochs")


def measure(rounds=5, n=500):
    turns = _turns(n, 1000, 1300, rounds)
    theirs = turns[EPOCHS[0]]
    rows = [[epoch, spread(turns[epoch]), spread(ratios(theirs, turns[epoch]))] for epoch in EPOCHS]
    opened, later = (number(median(ratios(theirs, turns[epoch]))) for epoch in EPOCHS[3:])
    faster = f"{later} times as fast as ImageFolder's, or {opened} times if it opens the file"
    return f"An epoch of decoded X-rays is {faster}.", table(
        ["", f"Seconds for {n} X-rays", "ImageFolder / this"], rows
    )


def _turns(n, rows, columns, rounds):
    with tempfile.TemporaryDirectory() as name, patch.dict(os.environ, COURSEKIT_DATA=f"{name}/home"), one_thread():
        films = Path(name) / "films"
        write_jpegs(films, n, rows, columns)
        resize = v2.Compose([v2.Grayscale(), v2.Resize((SIZE, SIZE)), v2.PILToTensor()])
        functions = (
            partial(_epoch, ImageFolder(films / "train", resize)),
            partial(_epoch, ImageFolder(films / "train", resize), workers=2),
            partial(_decoded, films),
            lambda: _epoch(_opened(films)),
            partial(_epoch, _opened(films)),
        )
        return alternate(dict(zip(EPOCHS, functions, strict=True)), rounds, time.perf_counter)


def _decoded(folder):
    """An epoch of a learner who has never seen these files."""
    with tempfile.TemporaryDirectory() as home, patch.dict(os.environ, COURSEKIT_DATA=home):
        _epoch(_opened(folder))


def _opened(folder):
    xrays = ChestXrayFolder(folder)
    return TensorDataset(torch.from_numpy(xrays.images(SIZE)), torch.from_numpy(xrays.labels))


def _epoch(data, workers=0):
    seen = sum(len(labels) for _, labels in DataLoader(data, 32, shuffle=True, num_workers=workers))
    assert seen == len(data)


def write_jpegs(root, n, rows, columns):
    """JPEGs in folders: a smooth random picture each, with a radiograph's fine noise."""
    rng = np.random.default_rng(0)
    grain = rng.normal(0, 3, (rows, columns))
    for kind in ("NORMAL", "PNEUMONIA"):
        (root / "train" / kind).mkdir(parents=True)
    for index in range(n):
        coarse = Image.fromarray(rng.uniform(20, 235, (20, 26)).astype(np.float32))
        smooth = np.asarray(coarse.resize((columns, rows), Image.Resampling.BICUBIC))
        name = f"PNEUMONIA/person{index}_virus_{index}.jpeg" if index % 2 else f"NORMAL/IM-{index}-0001.jpeg"
        Image.fromarray(np.clip(smooth + grain, 0, 255).astype(np.uint8)).save(root / "train" / name, quality=90)
