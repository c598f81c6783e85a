"""Files that are downloaded once: each is checked, and a folder gets its final name only when all of it is there."""

import os
import tempfile
from http.client import HTTPException
from pathlib import Path

MNIST_MD5 = {  # of the unpacked files; torchvision checks those of the packed ones
    "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
}


class DataError(Exception):
    """Trouble with a data file; the message ends with the next step to take."""


def mnist(home):
    """Make sure that the four files of MNIST are in ``home/MNIST/raw``, as torchvision unpacks them.

    Parameters
    ----------
    home : pathlib.Path
        Folder for downloaded data; it is made if it is not there.

    Returns
    -------
    pathlib.Path
        The folder with the four files, whose checksums are right.

    Raises
    ------
    DataError
        If they cannot be downloaded, or one on disk is missing or damaged.
    """
    from torchvision.datasets.utils import check_integrity

    folder = home / "MNIST" / "raw"
    if not folder.parent.exists():
        _download_mnist(home)
    for name, md5 in MNIST_MD5.items():
        if not check_integrity(folder / name, md5):
            raise DataError(
                f"{folder / name} is missing or damaged. Delete {folder.parent}, then call fetch_mnist again."
            )
    return folder


def _download_mnist(home):
    from torchvision.datasets import MNIST

    try:
        home.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=home, prefix="MNIST-") as folder:
            MNIST(folder, download=True)
            try:
                os.rename(Path(folder) / "MNIST", home / "MNIST")
            except OSError:
                if not (home / "MNIST").exists():  # else another process was faster
                    raise
    except (OSError, EOFError, RuntimeError, HTTPException) as error:
        raise DataError(
            f"MNIST could not be downloaded to {home} ({error}). Check the connection and the free space, or use "
            "load_mnist_10k, which needs no network."
        ) from error
