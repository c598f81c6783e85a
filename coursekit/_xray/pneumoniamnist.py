"""The file of PneumoniaMNIST: small chest X-rays in three parts."""

import numpy as np

from coursekit._errors import DataError
from coursekit._files import path_argument, readable


def read_pneumoniamnist(path):
    """Read a file in the form of PneumoniaMNIST, whose X-rays may be larger than 28 x 28 pixels.

    Parameters
    ----------
    path : str or os.PathLike
        An .npz file with train_images, train_labels, val_images, val_labels and, unless the test is held back,
        test_images and test_labels.

    Returns
    -------
    train, val, test : tuple of (images, labels)
        As published: images are numpy.ndarray, uint8, shape (n, size, size); labels are numpy.ndarray, int64,
        shape (n,), 0 = normal, 1 = pneumonia. Where the file has no test, `test` is None.

    Raises
    ------
    TypeError
        If `path` is no path.
    DataError
        If the file is missing or damaged, cannot be read, or holds something else.

    Notes
    -----
    Source: MedMNIST v2, Yang et al., Sci. Data 10, 2023, https://zenodo.org/records/6496656; CC BY 4.0. The file does
    not tell whose X-rays they are.
    """
    path = path_argument("path", path, "the path of an .npz file")
    with readable(path, "Give another path, or call fetch_pneumoniamnist."):
        path = path.expanduser()
        there = path.is_file()
    if not there:
        raise DataError(f"{path} is no file. Give the path of pneumoniamnist.npz, or call fetch_pneumoniamnist.")
    try:
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except Exception as error:  # a damaged file makes zipfile and NumPy raise nearly anything
        raise DataError(
            f"{path} is damaged or no .npz file ({error}). Download it again, or call fetch_pneumoniamnist."
        ) from error
    train, val = (_part(path, arrays, part) for part in ("train", "val"))
    absent = "test_images" not in arrays and "test_labels" not in arrays
    return train, val, None if absent else _part(path, arrays, "test")


def _part(path, arrays, part):
    """Images and labels of a part; DataError unless they are of the form of PneumoniaMNIST."""
    advice = "Give a file in the form of PneumoniaMNIST, or call fetch_pneumoniamnist."
    for name in (f"{part}_images", f"{part}_labels"):
        if name not in arrays:
            raise DataError(f"{path} lacks {name}. {advice}")
    images, labels = arrays[f"{part}_images"], arrays[f"{part}_labels"]
    if images.dtype != np.uint8 or images.ndim != 3 or not images.size or images.shape[1] != images.shape[2]:
        raise DataError(
            f"{path}: {part}_images is {images.dtype} of shape {images.shape}, not uint8 of shape (n, size, size). "
            f"{advice}"
        )
    if labels.dtype.kind not in "iu" or labels.shape not in ((len(images), 1), (len(images),)):
        raise DataError(
            f"{path}: {part}_labels is {labels.dtype} of shape {labels.shape}, not whole numbers of shape "
            f"({len(images)}, 1). {advice}"
        )
    if not np.isin(labels, (0, 1)).all():
        raise DataError(f"{path}: {part}_labels holds others than 0 and 1. {advice}")
    return images, labels.ravel().astype(np.int64)
