"""The Kaggle set of children's chest X-rays as it lies on disk: its folders, and what its files' names tell."""

import os
import re
from pathlib import Path

from coursekit._errors import DataError
from coursekit._files import path_argument, readable
from coursekit._shown import shown

PARTS = ("train", "val", "test")
CLASSES = ("NORMAL", "PNEUMONIA")  # label 0, label 1
ENDING = r"\.(?i:jpe?g|png)"
NAMES = (
    rf"(?P<patient>(?P<group>person\d+)_(?P<kind>bacteria|virus))_\d+(_\d+)?{ENDING}",
    rf"(?P<patient>(NORMAL2-)?(?P<group>IM-\d+))-\d+(-\d+)?{ENDING}",
)


def patient_id(filename):
    """Tell from the name of an X-ray's file whose it is.

    Parameters
    ----------
    filename : str or os.PathLike
        Name of a file of the Kaggle set, with or without its folder.

    Returns
    -------
    str
        "person1_bacteria" for ``person1_bacteria_2.jpeg``, "IM-0115" for ``IM-0115-0001.jpeg``, "NORMAL2-IM-0117" for
        ``NORMAL2-IM-0117-0001-0002.jpeg``.

    Raises
    ------
    TypeError
        If `filename` is no path.
    ValueError
        If the name is not of one of these forms.

    Notes
    -----
    The number alone is no patient: 170 of the 202 numbers in test are also in train, but none of them with the same
    type. Nor are X-rays of one number and two types more alike than those of strangers, while X-rays of one number
    and one type are. Where that matters, split by `ChestXrayFolder.groups`, which joins the types.
    """
    if not isinstance(filename, str | os.PathLike) or isinstance(os.fspath(filename), bytes):
        raise TypeError(f"filename: expected the name of a file, got {shown(filename)}")
    _, patient, _ = _parsed(filename)
    return patient


def _parsed(path):
    """Kind, patient and group of a file; ValueError for a name that is not of the set's form."""
    name = Path(path).name
    for pattern in NAMES:
        if match := re.fullmatch(pattern, name, re.ASCII):
            return match.groupdict().get("kind", "normal"), match["patient"], match["group"]
    raise ValueError(
        "filename: expected a name such as 'person1_bacteria_2.jpeg', 'person1_virus_6.jpeg', 'IM-0115-0001.jpeg' or "
        f"'NORMAL2-IM-0117-0001.jpeg', got {shown(name)}"
    )


def known(path):
    """Kind, patient and group of a file of the tree; DataError for a name that tells nothing or something else."""
    try:
        kind, patient, group = _parsed(path)
    except ValueError as error:
        raise DataError(
            f"{path} is not named as the files of the set are, so that nobody knows whose it is. Move it out of the "
            "folder, or give it a name such as person1_bacteria_2.jpeg or IM-0115-0001.jpeg."
        ) from error
    if (kind == "normal") != (path.parent.name == "NORMAL"):
        raise DataError(
            f"{path} is of kind {kind} by its name, but lies in {path.parent.name}. Move it to where it belongs."
        )
    return kind, patient, group


def find(root):
    """Find the tree in a folder: the outermost one that has X-rays.

    Parameters
    ----------
    root : str or os.PathLike
        The tree, or a folder that holds it as chest_xray.

    Returns
    -------
    tree : pathlib.Path
        Folder with train, val and test.
    paths : list of pathlib.Path
        Its X-rays, by part, class and name.

    Raises
    ------
    TypeError
        If `root` is no path.
    DataError
        If there is none or it cannot be read, a part has class folders without X-rays, or a file lies in two parts.
    """
    root = path_argument("root", root, "the path of a folder")
    with readable(root, "Get the right to read it, or give another folder."):
        root = root.expanduser()
        if not root.is_dir():
            raise DataError(f"{root} is no folder. Give the folder that holds chest_xray; unpack an archive first.")
        root = root.resolve()
        trees = [root, root / "chest_xray", root / "chest_xray" / "chest_xray"]
        found = {tree: [_pictures(tree / part / name) for part in PARTS for name in CLASSES] for tree in trees}
        tree = next(filter(lambda tree: any(found[tree]), trees), root)
        paths = [path for pictures in found[tree] for path in pictures]
        _refuse_copies(paths)
    if not paths:
        raise DataError(
            f"{root} holds no X-rays in train/NORMAL, train/PNEUMONIA and so on. Give the folder that holds "
            "chest_xray, or that of fetch_chest_xray()."
        )
    for part, normal, pneumonia in zip(PARTS, found[tree][::2], found[tree][1::2], strict=True):
        lacks = tree / part / CLASSES[bool(normal)]
        empty = not normal and any((tree / part / name).is_dir() for name in CLASSES)
        if bool(normal) != bool(pneumonia) or empty:
            raise DataError(
                f"{lacks} has no X-rays. Unpack the archive again, delete {part} if it shall be empty, or give another "
                "folder."
            )
    return tree, paths


def _pictures(folder):
    """The pictures in a folder by name: no hidden files, and nothing where there is no folder."""
    for place in (folder.parent, folder):
        if place.is_symlink() and not place.exists():
            raise DataError(f"{place} is a link to nothing. Mend it, or give another folder.")
    if not folder.is_dir():
        return []
    with os.scandir(folder) as entries:  # a link to nothing is taken, and named when it is read
        names = sorted(
            entry.name for entry in entries if entry.is_file() or (entry.is_symlink() and not entry.is_dir())
        )
    return [folder / name for name in names if re.fullmatch(rf"[^.].*{ENDING}", name)]


def _refuse_copies(paths):
    """Raise DataError if a file lies in two folders: the usual slip when one makes a larger val."""
    first = {}
    for path in paths:
        other = first.setdefault(path.stem, path)
        if other is not path and path.is_file() and other.is_file() and path.read_bytes() == other.read_bytes():
            raise DataError(
                f"{path} is a copy of {other}: what a model has seen must not test it. Delete one of the two."
            )
