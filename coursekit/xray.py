"""Chest X-rays: a folder of films, whose they are, and a split by patient; the simulated ones come from `simulate`.

A wrong argument raises TypeError or ValueError that names it; trouble with films raises DataError.
"""

import hashlib
import re
import warnings
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np
from PIL import Image
from tqdm import tqdm

from coursekit import errors
from coursekit.data import data_home, read_pneumoniamnist  # noqa: F401 - also a name of this module
from coursekit.scans import walk
from coursekit.simulate import kept, simulate_chest_xrays  # noqa: F401

VERSION = 1  # raise it when `decode` gives other pictures: those that are kept are then made anew
PARTS, SPELLINGS = ("train", "val", "test"), {"training": "train", "valid": "val", "validation": "val"}
CLASSES = ("normal", "pneumonia")  # label 0, label 1
ENDING = r"\.(?i:jpe?g|png|tiff?|bmp)"
NAMES = (  # Kaggle's, and Kermany's own: disease, patient, picture
    rf"(?P<patient>(?P<group>person\d+)_(?P<kind>bacteria|virus))_\d+(_\d+)?{ENDING}",
    rf"(?P<patient>(NORMAL2-)?(?P<group>IM-\d+))-\d+(-\d+)?{ENDING}",
    rf"(?P<kind>NORMAL|BACTERIA|VIRUS)-(?P<patient>(?P<group>\d+))-\d+{ENDING}",
)
EXAMPLES = "person1_bacteria_2.jpeg, IM-0115-0001.jpeg, NORMAL2-IM-0117-0001.jpeg or VIRUS-1049278-0001.jpeg"
FOREIGN = {  # what else people have
    ".zip": "an archive: unpack it first",
    ".csv": "a table, perhaps of labels, as NIH, CheXpert and RSNA have: sort the films into folders by it",
    ".dcm": "DICOM: save each film as an 8-bit PNG, after choosing what is black and what is white",
    ".nii": "NIfTI, which holds CT and MR: not radiographs",
}


def patient_id(filename):
    """Tell from its `filename` whose a film is: "person1_bacteria" for ``person1_bacteria_2.jpeg``.

    In the Kaggle set the number alone is no patient: 170 of the 202 in test are also in train, none with the same type.
    """
    if not (known := _parsed(errors.path("filename", filename))):
        raise ValueError(f"filename must be a name like {EXAMPLES}, got {errors.short(str(filename))}")
    return known[1]


def _parsed(path):
    """Kind, patient and group, if a file's name tells them."""
    for pattern in NAMES:
        if match := re.fullmatch(pattern, path.name, re.ASCII):
            return match.groupdict().get("kind", "normal").lower(), match["patient"], match["group"]
    return None


class ChestXrayFolder:
    """Films in the folders train, val and test, each with NORMAL and PNEUMONIA, as in the Kaggle set.

    Case, blanks around a folder's name, "training" and "valid" do not matter; films are JPEG, PNG, TIFF or BMP files.
    Hidden files, __MACOSX and the archive's second copy are passed over; what else is not read is told in a warning.

    Parameters
    ----------
    root : str or os.PathLike; folder with train, val and test, some of which may be missing, or a folder that holds it

    Attributes
    ----------
    paths : list of pathlib.Path; the films by part, then normal before pneumonia, then by name
    labels : int64 array, shape (n,); 0 = normal, 1 = pneumonia
    kinds : str array, shape (n,); "normal", "bacteria" or "virus"
    patients : str array, shape (n,); whose film it is, as `patient_id` gives it, to count patients and to draw them
    groups : str array, shape (n,); the number alone, to split with: too coarse a group cannot leak
    parts : str array, shape (n,); "train", "val" or "test"
    unused : list of pathlib.Path; the files that the warning is about
    """

    def __init__(self, root):
        root = errors.path("root", root).resolve()
        self.root, films, self.unused = _find(root)
        self.paths = [path for *_, path in films]
        self.parts = np.array([PARTS[part] for part, *_ in films])
        self.labels = np.array([label for _, label, *_ in films], np.int64)
        self.kinds, self.patients, self.groups = np.array([_known(path, label) for _, label, _, path in films]).T
        for part in np.unique(self.parts):
            if len(set(self.labels[self.parts == part])) == 1:
                raise errors.DataError(f"{root}: {part} lacks a class of films. Unpack it again, or move {part} away.")
        if self.unused:
            warnings.warn(f"Not used: {_listed(root, self.unused)}", stacklevel=2)
        places = Counter(who for who, _ in set(zip(self.patients.tolist(), self.parts.tolist(), strict=True)))
        if shared := sorted(who for who, parts in places.items() if parts > 1):
            warnings.warn(f"Patients are in two parts, such as {shared[0]}: use split_by_patient.", stacklevel=2)

    def images(self, size=224, resize="squash"):
        """Read all films as grey squares: decoded the first time, then read from a file in `data_home()`.

        5,856 films take about a minute the first time and 294 MB of disk at 224 x 224 pixels.

        Parameters
        ----------
        size : int; side in pixels, at most 1024
        resize : str; "squash" presses the film into a square, "crop" takes its middle square, as in PneumoniaMNIST

        Returns
        -------
        numpy.ndarray, uint8, shape (n, size, size); from black 0 to white 255
        """
        size = errors.whole("size", size, 1, 1024)
        if resize not in ("squash", "crop"):
            raise ValueError(f"resize must be 'squash' or 'crop', got {errors.short(resize)}")

        def decoded():
            with ThreadPoolExecutor() as pool:  # Pillow does not hold Python's lock meanwhile
                films = pool.map(lambda path: decode(path, size, resize), self.paths)
                return {"images": np.stack(list(tqdm(films, "Decoding", len(self.paths), leave=False)))}

        states = [(path.stat().st_size, path.stat().st_mtime_ns) if path.exists() else () for path in self.paths]
        signature = hashlib.sha256(repr([VERSION, self.paths, states]).encode()).hexdigest()
        tree = hashlib.sha256(bytes(self.root)).hexdigest()[:12]
        return kept(data_home() / "xray-images" / f"{tree}-{size}-{resize}.npz", signature, decoded)["images"]

    def shapes(self):
        """Read how large the files' own pictures are: rows and columns, int64, shape (n, 2)."""
        shapes = []
        for path in self.paths:
            with _opened(path) as film:
                shapes.append((film.height, film.width))
        return np.array(shapes, np.int64)


def _find(root):
    """The folder of train, val and test; its films in order, as (part, label, name, path); what else lies in root."""
    if not root.is_dir():
        raise errors.DataError(f"{root} is no folder. Give the one that holds train, val and test; unpack an archive.")
    files, sets = [path for _, found in walk(root) for path in found], defaultdict(list)
    for path in files:
        part, kind, name = (piece.strip().lower() for piece in ("", "", *path.relative_to(root).parts)[-3:])
        part = SPELLINGS.get(part, part)
        if part in PARTS and kind in CLASSES and re.search(f"{ENDING}$", name):
            sets[path.parents[2]].append((PARTS.index(part), CLASSES.index(kind), path.name, path))
    if not sets:
        holds = f"holds no films in train/NORMAL, train/PNEUMONIA and so on, but {_listed(root, files)}"
        raise errors.DataError(f"{root} {holds} Give the folder that holds train, val and test.")
    outer = min(sets, key=lambda folder: (len(folder.parts), folder))
    films = sorted(sets[outer])
    used = {path.relative_to(outer) for *_, path in films}  # and the same ones once more in the archive's second copy
    again = {path for folder in sets for *_, path in sets[folder] if path.relative_to(folder) in used}
    return outer, films, sorted(set(files) - again)


def _listed(root, files):
    """How many files lie in which folders, and what to do with them, if their names tell what they are."""
    folders = Counter(str(path.parent.relative_to(root)) for path in files).most_common(3)
    words = [f"{number:,} in {folder}" for folder, number in folders] + [f"such as {path.name}" for path in files[:1]]
    names = " ".join(path.name.lower() for path in files)
    advice = "".join(f" {ending} is {what}." for ending, what in FOREIGN.items() if ending in names)
    return f"{len(files):,} file(s) below {root}: {', '.join(words) or 'nothing'}.{advice}"


def _known(path, label):
    """Kind, patient and group of a film that lies in the folder of this label."""
    if not (known := _parsed(path)) or (known[0] == "normal") == label:
        raise errors.DataError(f"{path} is no {CLASSES[label]} film by its name; names are like {EXAMPLES}. Move it.")
    return known


def decode(path, size, resize):
    """Decode a picture to a grey square: uint8, made smaller by averaging, larger by linear interpolation."""
    with _opened(path) as image:
        # JPEG decodes to 1/2, 1/4 or 1/8 in less time, whose last row or column may then be only partly filled.
        _, (_, _, width, height) = image.draft("L", (2 * size, 2 * size)) or ("L", (0, 0, *image.size))
        grey = image.convert("L")
    side = min(width, height)
    left, top = (width - side) / 2, (height - side) / 2
    box = (left, top, left + side, top + side) if resize == "crop" else (0, 0, width, height)
    return np.asarray(grey.resize((size, size), Image.Resampling.BILINEAR, box))


@contextmanager
def _opened(path):
    """A picture; DataError if it has more than 8 bits, or if it, or what is done with it, fails."""
    try:
        with Image.open(path) as image:
            if image.mode[0] in "IF":
                raise ValueError("it has more than 8 bits: choose what is black and what white, and save 8 bits")
            yield image
    except Exception as error:  # a damaged file makes Pillow raise nearly anything
        raise errors.DataError(f"{path} cannot be read ({error}). Replace it, or move it away.") from error


def split_by_patient(patients, labels, shares=(0.8, 0.2), seed=0):
    """Split rows at random into parts, all rows of a patient into the same one, with about the same mix of labels.

    Patients come in random order; each goes to the part that lacks most, for its share, of the patient's labels.

    Parameters
    ----------
    patients : array_like, shape (n,); whose row it is: names or whole numbers
    labels : array_like, shape (n,); what each part has its share of; a patient may have several
    shares : sequence of float; share of the rows for each part, two or more, which add to 1
    seed : int; of the random order

    Returns
    -------
    tuple of numpy.ndarray, int64; for each part its rows, in rising order. Each part has every label
    """
    patients, labels = _names("patients", patients), _names("labels", labels)
    if len(labels) != len(patients):
        raise ValueError(f"labels must have one for each of the {len(patients)} patients' rows, got {len(labels)}")
    shares, seed = [errors.positive("shares", share) for share in np.atleast_1d(shares)], errors.whole("seed", seed, 0)
    if len(shares) < 2 or abs(sum(shares) - 1) > 1e-6:
        raise ValueError(f"shares must be two or more numbers that add to 1, such as (0.8, 0.2), got {shares}")
    ids, patient = np.unique(patients, return_inverse=True)
    classes, label = np.unique(labels, return_inverse=True)
    counts = np.zeros((len(ids), len(classes)))
    np.add.at(counts, (patient, label), 1)
    for value, number in zip(classes.tolist(), np.count_nonzero(counts, axis=0), strict=True):
        if number < len(shares):
            raise ValueError(f"patients: {number} with the label {value!r} cannot be in {len(shares)} parts")
    rng, wanted = np.random.default_rng(seed), np.outer(shares, counts.sum(axis=0))
    for _ in range(100):  # only patients with several labels may need more than one attempt
        have, part = np.zeros_like(wanted), np.empty(len(ids), np.int64)
        for one in rng.permutation(len(ids)):
            # Without the patient's own rows: with them, the smaller part would never get a patient who has many.
            part[one] = ((have / wanted) @ counts[one]).argmin()
            have[part[one]] += counts[one]
        if have.all():
            return tuple(np.flatnonzero(part[patient] == number) for number in range(len(shares)))
    raise ValueError(f"patients: found no way to give each of the {len(shares)} parts a patient with every label")


def _names(name, values):
    """Give `values` back as an array of names or whole numbers, which can be told apart and put in order."""
    values = np.asarray(values, dtype=object)  # else NumPy makes a name of NaN
    if values.ndim != 1 or not len(values):
        raise ValueError(f"{name} must have shape (n,) with at least one row, got shape {values.shape}")
    if not all(isinstance(value, str | int | np.integer | np.bool_) for value in values):
        raise TypeError(f"{name} must be names or whole numbers, none missing; got {errors.short(values)}")
    return np.array(values.tolist())
