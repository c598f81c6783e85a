"""How much faster decoded X-rays are read than JPEG files: `python -m tests.benchmarks.xray_cache`.

An epoch is every X-ray once, in random order and batches of 32 tensors of uint8 at 224 x 224: from torchvision's
ImageFolder, which decodes and resizes each file each time, and from `ChestXrayFolder.images`. In one process, in
seconds of the clock.
"""

import os
import tempfile
import time
from pathlib import Path
from unittest.mock import patch

import numpy as np
import torch
from PIL import Image
from torch.utils.data import DataLoader, TensorDataset
from torchvision.datasets import ImageFolder
from torchvision.transforms import v2

from coursekit.xray import ChestXrayFolder

SIZE = 224


def seconds(n, rows=1000, columns=1300):
    """Time of an epoch of ImageFolder, of our first one with decoding, of one that opens the file, of a later one."""
    with tempfile.TemporaryDirectory() as name, patch.dict(os.environ, COURSEKIT_DATA=f"{name}/home"):
        _write(Path(name), n, rows, columns)
        resize = v2.Compose([v2.Grayscale(), v2.Resize((SIZE, SIZE)), v2.PILToTensor()])
        theirs = ImageFolder(f"{name}/train", resize)
        return [_timed(theirs)[0], _opened(name)[0], _opened(name)[0], _timed(_opened(name)[1])[0]]


def _opened(folder):
    """Seconds for the first epoch of a process, and the data."""
    start = time.perf_counter()
    xrays = ChestXrayFolder(folder)
    data = TensorDataset(torch.from_numpy(xrays.images(SIZE)), torch.from_numpy(xrays.labels))
    _timed(data)
    return time.perf_counter() - start, data


def _timed(data):
    start = time.perf_counter()
    seen = sum(len(labels) for _, labels in DataLoader(data, 32, shuffle=True))
    assert seen == len(data)
    return time.perf_counter() - start, data


def _write(root, n, rows, columns):
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


if __name__ == "__main__":
    folder, first, second, later = seconds(500)
    print(
        f"ImageFolder {folder:.2f} s an epoch; ours {first:.2f} s with decoding, {second:.3f} s when opened again",
        end="",
    )
    print(f" ({folder / second:.0f} times as fast), {later:.3f} s later ({folder / later:.0f} times)")
