"""How much faster the projector is than scikit-image: `python -m tests.benchmarks.ct_speed`.

Both compute on one thread, in processor seconds. Their turns alternate, so that whatever else the machine does
meanwhile, such as filling the cache, slows both. scikit-image has no batches and takes as long for each image.
"""

import statistics
import time

import numpy as np
import torch
from skimage.transform import iradon, radon

from coursekit.ct import Projector

SIZE, N_ANGLES, BATCH = 256, 180, 16


def speedups(rounds=5):
    """Time that scikit-image takes for an image, divided by ours in a batch: the medians of forward and of FBP."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        projector, degrees = Projector(SIZE, N_ANGLES), np.arange(N_ANGLES) * 180 / N_ANGLES
        position = np.linspace(-1, 1, SIZE)
        image = np.maximum(0.9 - np.hypot(position, position[:, None]), 0).astype(np.float32)  # radon wants a circle
        images = np.repeat(image[None], BATCH, axis=0)
        sinograms = projector.forward(images)
        pairs = (
            ((radon, image, degrees), (projector.forward, images)),
            ((iradon, sinograms[0].T, degrees), (projector.fbp, sinograms)),
        )
        ratios = [[_seconds(*theirs) * BATCH / _seconds(*ours) for theirs, ours in pairs] for _ in range(rounds + 1)]
        return [statistics.median(column) for column in zip(*ratios[1:], strict=True)]  # the first round warms up
    finally:
        torch.set_num_threads(threads)


def _seconds(function, *arguments):
    start = time.process_time()
    function(*arguments)
    return time.process_time() - start


if __name__ == "__main__":
    print("forward {:.1f} times as fast as scikit-image, FBP {:.1f} times".format(*speedups()))
