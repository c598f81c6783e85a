"""Small sets in place of the remote ones, with the same names and form, and what each fetched one must be."""

import gzip
import hashlib
import io
import os
import struct
import zipfile

import numpy as np

from coursekit import data

rng = np.random.default_rng(0)
DIGITS = {
    part: (rng.integers(0, 256, (digits, 28, 28), dtype=np.uint8), rng.integers(0, 10, digits, dtype=np.uint8))
    for part, digits in (("train", 6), ("t10k", 3))
}
XRAYS = {
    part: (rng.integers(0, 256, (n, 28, 28), dtype=np.uint8), rng.integers(0, 2, (n, 1), dtype=np.uint8))
    for part, n in (("train", 200), ("val", 4), ("test", 5))
}
COUNTS = dict(zip(data.CHEST_XRAYS, (3, 4, 1, 1, 2, 2), strict=True))


def idx(array):
    """The format of MNIST's files: type and number of dimensions, the sizes, the bytes."""
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.tobytes()


def npz(parts):
    buffer = io.BytesIO()
    arrays = {f"{part}_{kind}": a for part, pair in parts.items() for kind, a in zip(("images", "labels"), pair)}  # noqa: B905
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


MNIST = {
    f"{part}-{kind}.gz": gzip.compress(idx(array), mtime=0)
    for part, arrays in DIGITS.items()
    for kind, array in zip(("images-idx3-ubyte", "labels-idx1-ubyte"), arrays, strict=True)
}
NPZ = "pneumoniamnist.npz"
FILES = MNIST | {NPZ: npz(XRAYS)}

# The tree that is wanted, and what else lies in the archive of the chest X-rays and of the CT slices
TREE = {
    pattern.replace("*", f"person{i}_virus_{i}"): b"\xff\xd8" + rng.bytes(3000 + i)
    for pattern, n in COUNTS.items()
    for i in range(n)
}
CHEST = {f"chest_xray/{path}": content for path, content in TREE.items()}
CHEST |= {f"chest_xray/{name}": content for name, content in CHEST.items()}
CHEST |= {f"__MACOSX/chest_xray/{path.replace('/p', '/._p')}": b"shadow" for path in TREE}
CHEST |= {"chest_xray/train/NORMAL/._person1.jpeg": b"shadow", "chest_xray/.DS_Store": b"x", "readme.txt": b"x"}
SLICES = {f"dicom_dir/ID_{i:04}_AGE_0060_CONTRAST_1_CT.dcm": rng.bytes(2000) for i in range(5)}
SLICES |= {"overview.csv": b",Age,Contrast\n0,60,True\n"}
CT = SLICES | {"tiff_images/ID_0000.tif": rng.bytes(2000), "full_archive.npz": rng.bytes(5000)}


def pack(members):
    """A zip archive of these members, whose folders have entries of their own, too."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.mkdir("chest_xray")
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def use_small_sets(address, setitem):
    """Take the small sets for the real ones, and a server on this machine for their only mirror."""
    for file in data.FILES:
        folder, name = file.split("/")
        setitem(data.FILES, file, f"md5:{hashlib.md5(FILES[name]).hexdigest()}")
        setitem(data.MIRRORS, folder, (address,))
    for name, counts in (("chest_xray", COUNTS), ("ct_slices", {"dicom_dir/*.dcm": 5, "overview.csv": 1})):
        setitem(data.KAGGLE, name, (*data.KAGGLE[name][:2], counts))


def data_home(tmp_path, monkeypatch):
    """A data home that is not there yet, and a user without anything of Kaggle."""
    for name in [name for name in os.environ if name.startswith(("KAGGLE_", "XDG_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("COURSEKIT_DATA", str(tmp_path / "home"))
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    return tmp_path / "home"


def assert_arrays(fetched, parts):
    for (images, labels), (expected_images, expected_labels) in zip(fetched, parts.values(), strict=True):
        assert (images.dtype, labels.dtype) == (np.uint8, np.int64)
        np.testing.assert_array_equal(images, expected_images)
        np.testing.assert_array_equal(labels, expected_labels.ravel())


def tree(folder):
    """All files below a folder by path."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
