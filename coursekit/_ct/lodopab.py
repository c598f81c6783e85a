"""The files of LoDoPaB-CT: 128 slices each, sinograms and images apart."""

import operator
import re

from coursekit._errors import DataError

PER_FILE = 128
SHAPES = {"observation": (1000, 513), "ground_truth": (362, 362)}
MU_WATER, MU_AIR = 20, 0.02  # 1/m
MU_MAX = 3071 * (MU_WATER - MU_AIR) / 1000 + MU_WATER  # 81.35858/m, of 3071 HU: the files hold all divided by this


class LoDoPaB:
    """Slices of LoDoPaB-CT, read when they are asked for: ``observation, hu = slices[0]``.

    Parameters
    ----------
    folder : pathlib.Path
        A folder that is there.
    part : str
        "train", "validation" or "test".

    Raises
    ------
    ImportError
        If h5py is not installed.
    DataError
        If a file is missing or damaged, or holds something else.

    Notes
    -----
    observation : numpy.ndarray, float32, shape (1000, 513)
        Noisy line integrals of the attenuation, -log(photons counted / 4096). Row k is the view at
        (k + 0.5) 180/1000 degrees: column j holds rays with x cos + y sin = (j - 256) 0.7168 mm, where x runs to the
        right and y down from the middle of the image.
    hu : numpy.ndarray, float32, shape (362, 362)
        The truth in HU, from -1001 to 3071: rows from front to back, columns from the patient's right to left. A
        pixel counts as 0.7182 mm (26 cm / 362), whatever it was in the patient.
    """

    def __init__(self, folder, part):
        self._files = {kind: _files(folder, f"{kind}_{part}") for kind in SHAPES}
        most = max(map(len, self._files.values()))
        for kind, files in self._files.items():
            if len(files) < most:
                raise _missing(files[0].parent, f"{kind}_{part}_{len(files):03d}.hdf5")
        pairs = list(zip(*self._files.values(), strict=True))
        self._length = sum(_count(pair, last=pair is pairs[-1]) for pair in pairs)

    def __len__(self):
        return self._length

    def __getitem__(self, index):
        place = operator.index(index)
        place += self._length if place < 0 else 0
        if not 0 <= place < self._length:
            raise IndexError(f"slice {index} of {self._length}")
        number, row = divmod(place, PER_FILE)
        observation, truth = (_read(self._files[kind][number], shape, row) for kind, shape in SHAPES.items())
        mu = truth.T * MU_MAX  # stored with the patient's right to left first
        return observation * MU_MAX, (mu - MU_WATER) / ((MU_WATER - MU_AIR) / 1000)


def _files(folder, stem):
    """Files number 000, 001, … of one kind and part, none missing in between."""
    found = {}
    for path in sorted([*folder.glob(f"{stem}/{stem}_*.hdf5"), *folder.glob(f"{stem}_*.hdf5")]):
        if re.fullmatch(rf"{stem}_\d{{3}}\.hdf5", path.name):
            found[int(path.stem[-3:])] = path
    for number in range(max(found, default=0) + 1):
        if number not in found:
            raise _missing(folder, f"{stem}_{number:03d}.hdf5")
    return [found[number] for number in sorted(found)]


def _missing(folder, name):
    return DataError(
        f"{folder} lacks {name}. Download {re.sub(r'_[0-9]+.hdf5', '.zip', name)} from "
        "https://doi.org/10.5281/zenodo.3384092 and unpack it there."
    )


def _count(pair, last):
    """How many slices a pair of files holds; DataError for another number than there should be."""
    observations, truths = (_read(path, shape) for path, shape in zip(pair, SHAPES.values(), strict=True))
    # The last file of observations holds the rest of the slices, that of images may be filled up with zeros.
    if (last and 0 < observations <= truths <= PER_FILE) or (observations == truths == PER_FILE):
        return observations
    raise DataError(
        f"{pair[0]} holds {observations} slices and {pair[1].name} {truths}; all but the last hold {PER_FILE}. "
        "Unpack or download them again."
    )


def _read(path, shape, row=None):
    """One row of a file's data, or the number of rows; DataError unless the file is whole and holds this shape."""
    try:
        import h5py
    except ImportError as error:
        raise ImportError('h5py is needed to read HDF5 files. Run: %pip install "coursekit[ct]"') from error
    try:
        with h5py.File(path) as file:
            found = file["data"].shape
            if found[1:] == shape:
                return found[0] if row is None else file["data"][row].astype("float32")
    except Exception as error:  # h5py raises nearly anything for a damaged file
        raise DataError(
            f"{path} is damaged or no file of LoDoPaB-CT ({error}). Unpack or download it again."
        ) from error
    raise DataError(
        f"{path} holds an array of shape {found}, not (slices, {shape[0]}, {shape[1]}). Give the folder of the "
        "unpacked LoDoPaB-CT files."
    )
