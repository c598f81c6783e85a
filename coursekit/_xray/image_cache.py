"""Pictures decoded once: one file of bytes on disk, which is mapped into memory instead of being read."""

import errno
import hashlib
import os
import shutil
import warnings
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress

import numpy as np

from coursekit import _progress
from coursekit._errors import DataError
from coursekit._files import written_whole

FORMAT = 1  # another one makes all files anew: to be raised when `decode` gives other pictures
DIGEST = hashlib.sha256().digest_size
RESIZE = ("squash", "crop")
MOST = 1024  # pixels; 5,856 pictures of that side are 6 GB


def cached_images(folder, tree, paths, size, resize, rows):
    """Decode pictures, or read what was decoded before.

    Parameters
    ----------
    folder : pathlib.Path
        Where files with decoded pictures are kept. It is made if it is not there.
    tree : pathlib.Path
        Folder of the pictures: for each, for each size and way of resizing, the newest file is kept.
    paths : sequence of pathlib.Path
        The pictures, in the tree.
    size, resize
        As for `decode`.
    rows : slice
        The pictures that are wanted. Where no file can be kept, only they are decoded.

    Returns
    -------
    numpy.ndarray, uint8, shape (rows, size, size)
        Mapped from the file; what is written into it stays in memory. Where no file can be kept, a warning says so,
        and the pictures are in memory.

    Raises
    ------
    DataError
        If a picture cannot be read.
    """
    import filelock

    shape = len(paths), size, size
    stem = f"{hashlib.sha256(bytes(tree)).hexdigest()[:12]}-{size}-{resize}"
    path = folder / f"{stem}-{_signature(tree, paths)}.npy"
    images = _read(path, shape)
    if images is not None:
        return images[rows]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(folder / f"{stem}.lock"):
            images = _read(path, shape)  # another process may have been at it
            if images is None:
                _make_room(folder, stem, shape)
                with closing(_decoded(paths, size, resize)) as decoded:
                    images = _write(path, shape, decoded)
        return images[rows]
    except (OSError, NotImplementedError) as error:  # filelock raises the latter where a disk has no locks
        reason = getattr(error, "strerror", None) or error
        warnings.warn(
            f"The decoded X-rays could not be kept in {folder} ({reason}), so each call decodes them anew. Free "
            f"{np.prod(shape) / 1e6:,.0f} MB there, or set COURSEKIT_DATA to another folder.",
            stacklevel=3,
        )
    images = np.empty((len(paths[rows]), size, size), np.uint8)
    with closing(_decoded(paths[rows], size, resize)) as decoded:
        for image, picture in zip(images, decoded, strict=True):
            image[:] = picture
    return images


def decode(path, size, resize):
    """Decode a picture to grey and change its size.

    Parameters
    ----------
    path : pathlib.Path
        JPEG or PNG file with 8 bits a pixel and channel; colours become luminance.
    size : int
        Side of the result in pixels.
    resize : str
        "squash" takes the whole picture, whatever its shape, to a square; "crop" takes the largest square in its
        middle and keeps its proportions.

    Returns
    -------
    numpy.ndarray, uint8, shape (size, size)
        Made smaller by averaging, larger by linear interpolation.

    Raises
    ------
    DataError
        If the file cannot be read.
    """
    from PIL import Image

    with _opened(path) as image:
        # JPEG decodes to 1/2, 1/4 or 1/8 in less time, whose last row or column may then be only partly filled.
        drafted = image.draft("L", (2 * size, 2 * size))
        _, (_, _, width, height) = drafted or ("L", (0, 0, *image.size))
        try:
            grey = image.convert("L")
        except Exception as error:  # a damaged file makes Pillow raise nearly anything
            raise _unreadable(path, error) from error
    side = min(width, height)
    left, top = (width - side) / 2, (height - side) / 2
    box = (left, top, left + side, top + side) if resize == "crop" else (0, 0, width, height)
    return np.asarray(grey.resize((size, size), Image.Resampling.BILINEAR, box))


def shape_of(path):
    """Rows and columns of a picture, of which only the beginning is read; DataError if it cannot be."""
    with _opened(path) as image:
        return image.height, image.width


def _opened(path):
    from PIL import Image

    try:
        image = Image.open(path)
    except Exception as error:
        raise _unreadable(path, error) from error
    if image.mode[0] in "IF":  # Pillow would cut off all above 255
        image.close()
        raise _unreadable(path, "it has more than 8 bits a pixel")
    return image


def _unreadable(path, reason):
    return DataError(
        f"{path} cannot be read ({reason}). Unpack or download it again, or move it out of the folder and call "
        "ChestXrayFolder again."
    )


def _decoded(paths, size, resize):
    """Yield all pictures in order, decoded by a few threads: Pillow does not hold Python's lock meanwhile."""
    from tqdm.auto import tqdm

    with ThreadPoolExecutor(min(os.cpu_count() or 1, 8)) as pool:
        images = pool.map(lambda path: decode(path, size, resize), paths)
        try:
            yield from tqdm(images, "Decoding", len(paths), leave=False, unit="image", disable=_progress.hidden())
        finally:  # after Ctrl-C, when the caller closes this, no more are decoded
            pool.shutdown(cancel_futures=True)


def _signature(tree, paths):
    """Digits that change when a picture is added, removed, renamed or changed."""
    digest = hashlib.sha256(f"format {FORMAT}".encode())
    for path in paths:
        try:
            status = path.stat()
        except OSError as error:
            raise _unreadable(path, error.strerror) from error
        digest.update(f"\n{path.relative_to(tree)}\0{status.st_size}\0{status.st_mtime_ns}".encode(errors="replace"))
    return digest.hexdigest()[:16]


def _read(path, shape):
    """Pictures of a file that is as it was written, else None."""
    try:
        images = np.load(path, mmap_mode="c", allow_pickle=False)
        if images.dtype == np.uint8 and images.shape == shape:
            with open(path, "rb") as file:
                file.seek(images.offset + images.nbytes)
                if file.read() == hashlib.sha256(images).digest():
                    return np.asarray(images)
    except Exception:  # absent, locked, or damaged, which makes NumPy raise nearly anything
        pass
    return None


def _make_room(folder, stem, shape):
    """Remove older files of the same tree and what a killed process has left; OSError if there is too little space.

    Only the process that holds the lock may do this.
    """
    for old in folder.glob(f"{stem}-*"):
        with suppress(OSError):  # Windows keeps what another process reads
            old.unlink()
    if shutil.disk_usage(folder).free < np.prod(shape):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _write(path, shape, images):
    """Write the pictures one by one, behind them a checksum; the file gets its name when it is complete."""
    unfinished = path.with_suffix(".unfinished")
    with written_whole(path, unfinished) as file:
        np.lib.format.write_array_header_1_0(file, {"descr": "|u1", "fortran_order": False, "shape": shape})
        digest = hashlib.sha256()
        for image in images:
            digest.update(image)
            file.write(image)
        file.write(digest.digest())
    written = _read(path, shape)
    if written is None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))
    return written
