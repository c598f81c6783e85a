"""The Kaggle set of children's chest X-rays as an object: what is known of each X-ray, and its picture."""

import copy
import warnings
from collections import Counter

import numpy as np

from coursekit import _checks as checks
from coursekit._errors import DataError
from coursekit._shown import shown
from coursekit._xray.files import CLASSES, PARTS, find, known
from coursekit._xray.image_cache import MOST, RESIZE, cached_images, shape_of
from coursekit.data import data_home

# X-rays in the complete set, Kermany et al. 2018
PUBLISHED = {
    ("train", "normal"): 1341,
    ("train", "bacteria"): 2530,
    ("train", "virus"): 1345,
    ("val", "normal"): 8,
    ("val", "bacteria"): 8,
    ("test", "normal"): 234,
    ("test", "bacteria"): 242,
    ("test", "virus"): 148,
}


class ChestXrayFolder:
    """The folders train, val and test of the Kaggle set of chest X-rays, without what else lies there.

    Read are files named ``*.jpeg``, ``*.jpg`` or ``*.png`` in ``<part>/NORMAL`` and ``<part>/PNEUMONIA``. The archive's
    second copy (chest_xray/chest_xray), its shadow files (__MACOSX, ``._*``) and files such as Thumbs.db are passed
    over. Any other tree of this form will do, of whatever numbers.

    Parameters
    ----------
    root : str or os.PathLike
        Folder with train, val and test, or the folder that holds it as chest_xray. A part may be missing.

    Attributes
    ----------
    paths : list of pathlib.Path
        The files; by part, then normal before pneumonia, then by name.
    labels : numpy.ndarray, int64, shape (n,)
        0 = normal, 1 = pneumonia.
    kinds : numpy.ndarray, str, shape (n,)
        "normal", "bacteria" or "virus".
    patients : numpy.ndarray, str, shape (n,)
        Whose X-ray it is, as `patient_id` gives it: to count patients and to draw them in a bootstrap.
    groups : numpy.ndarray, str, shape (n,)
        The number alone: "person1" for person1_bacteria and person1_virus, "IM-0383" for IM-0383 and NORMAL2-IM-0383.
        To split train and val with: those are most likely different children (their X-rays are no more alike than
        strangers'), but nobody has confirmed it, and too coarse a group cannot leak.
    parts : numpy.ndarray, str, shape (n,)
        "train", "val" or "test".
    as_published : bool
        Whether each part that is there has as many X-rays of each kind as in the published set.

    Raises
    ------
    TypeError
        If `root` is no path.
    DataError
        If the folder cannot be read, a part has class folders but not X-rays of both classes, a name is not of the
        set's form or contradicts its folder, or a file lies in two parts.

    Warns
    -----
    UserWarning
        If a patient is in two parts.

    Notes
    -----
    Source: Kermany et al., Cell 172, 2018; CC BY 4.0. Children of one to five years from one hospital.
    """

    def __init__(self, root):
        self._tree, self.paths = find(root)
        self._all, self._rows = self.paths, slice(0, len(self.paths))
        self.labels = np.array([CLASSES.index(path.parent.name) for path in self.paths], np.int64)
        self.parts = np.array([path.parent.parent.name for path in self.paths])
        self.kinds, self.patients, self.groups = np.array([known(path) for path in self.paths]).T
        places = set(zip(self.patients.tolist(), self.parts.tolist(), strict=True))
        number = Counter(patient for patient, _ in places)
        if shared := [patient for patient in number if number[patient] > 1]:
            warnings.warn(
                f"Patients are in more than one part of {self._tree} ({len(shared):,}, such as {min(shared)}), so that "
                "a model is tested on children whom it has seen. Join the parts and split them by split_by_patient.",
                stacklevel=2,
            )

    @property
    def as_published(self):
        """Whether each part that is there has as many X-rays of each kind as in the published set."""
        return self._numbers() == {key: number for key, number in PUBLISHED.items() if key[0] in self.parts}

    def __len__(self):
        return len(self.paths)

    def __repr__(self):
        words = ", ".join(f"{part} {number:,} {kind}" for (part, kind), number in self._numbers().items())
        return f"<ChestXrayFolder {self._tree}: {words}>"

    def _numbers(self):
        """How many X-rays there are by part and kind."""
        return Counter(zip(self.parts.tolist(), self.kinds.tolist(), strict=True))

    def part(self, name):
        """Choose one part, with the same attributes and methods.

        Parameters
        ----------
        name : str
            "train", "val" or "test".

        Returns
        -------
        ChestXrayFolder
            Of this part alone. Its images come from the file that is kept for all parts.

        Raises
        ------
        ValueError
            If `name` is none of the three.
        DataError
            If the folder has no such part.
        """
        if not isinstance(name, str) or name not in PARTS:
            raise ValueError(f"name: expected 'train', 'val' or 'test', got {shown(name)}")
        rows = np.flatnonzero(self.parts == name)
        if not len(rows):
            raise DataError(f"{self._tree} has no X-rays in {name}. Unpack the archive again, or choose another part.")
        chosen, part = copy.copy(self), slice(int(rows[0]), int(rows[-1]) + 1)
        for attribute in ("paths", "labels", "kinds", "patients", "groups", "parts"):
            setattr(chosen, attribute, getattr(self, attribute)[part])
        chosen._rows = slice(self._rows.start + part.start, self._rows.start + part.stop)
        return chosen

    def images(self, size=224, resize="squash"):
        """Read all X-rays as grey squares: decoded the first time, then mapped from a file in `data_home()`.

        The 5,856 published ones take about a minute the first time and 294 MB of disk at 224 x 224 pixels. A file that
        has changed since is noticed by its size and its time, and all are decoded anew.

        Parameters
        ----------
        size : int
            Side in pixels, at most 1024.
        resize : str
            "squash" shows the whole X-ray, pressed or stretched into a square. "crop" keeps its proportions and shows
            the largest square in the middle, as in PneumoniaMNIST.

        Returns
        -------
        numpy.ndarray, uint8, shape (n, size, size)
            From black 0 to white 255. Changes to it stay in memory.

        Raises
        ------
        TypeError, ValueError
            If an argument is wrong.
        DataError
            If a file is damaged or has gone, or $COURSEKIT_DATA names no usable path.

        Warns
        -----
        UserWarning
            If the decoded X-rays cannot be kept on disk, for want of space or of the right to write.
        """
        size = checks.whole("size", size, 1, MOST)
        if not isinstance(resize, str) or resize not in RESIZE:
            raise ValueError(f"resize must be {' or '.join(map(repr, RESIZE))}, got {shown(resize)}")
        return cached_images(data_home() / "xray-images", self._tree, self._all, size, resize, self._rows)

    def shapes(self):
        """Read how large the files' own pictures are.

        Returns
        -------
        numpy.ndarray, int64, shape (n, 2)
            Rows and columns of each, in pixels.

        Raises
        ------
        DataError
            If a file is damaged or has gone.
        """
        return np.array([shape_of(path) for path in self.paths], np.int64)
