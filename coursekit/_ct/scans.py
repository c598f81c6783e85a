"""CT scans as hospitals and archives store them: folders of DICOM files, and the HDF5 files of LoDoPaB-CT."""

import re
from fnmatch import fnmatch

from coursekit._ct.dicom import TOLERANCE_MM, files_in, read_series
from coursekit._ct.lodopab import LoDoPaB
from coursekit._errors import DataError
from coursekit._files import path_argument, readable
from coursekit._shown import shown
from coursekit.data import CTVolume


def read_dicom_series(folder):
    """Read one CT series, whose slices are the DICOM files of a folder, into a volume in Hounsfield units.

    Files that are no CT image, hidden files and localizers (scouts) are passed over. Slices are sorted by their
    position in the patient, not by name, and turned to head first, front up, patient's right on the left.

    Parameters
    ----------
    folder : str or os.PathLike
        Folder with the files of one series, or one file. Folders within it are not looked into.

    Returns
    -------
    CTVolume
        HU = RescaleSlope * stored value + RescaleIntercept, rounded; padding outside the scanned circle is -1024.
        The distance between slices is that of their positions; a single slice has its thickness.

    Raises
    ------
    TypeError
        If `folder` is no path.
    ImportError
        If pydicom is not installed.
    DataError
        If the folder holds no series or several, slices are missing or double, they are oblique, sagittal or coronal,
        or a file is damaged or compressed in a way that no installed library reads.
    """
    return CTVolume(*read_series(_existing("folder", folder, or_file=True))[:3])


def read_dose_pairs(full_folder, low_folder):
    """Read the full-dose and the low-dose images of one scan.

    Parameters
    ----------
    full_folder, low_folder : str or os.PathLike
        Folders of the two series, such as ``L067/full_1mm`` and ``L067/quarter_1mm``; see `find_dose_pairs`.

    Returns
    -------
    full, low : CTVolume
        As `read_dicom_series` gives them: voxel by voxel at the same place.

    Raises
    ------
    TypeError
        If a folder is no path.
    ImportError
        If pydicom is not installed.
    DataError
        If one of them cannot be read, or their patients, shapes, spacings or positions differ.
    """
    full_folder = _existing("full_folder", full_folder)
    low_folder = _existing("low_folder", low_folder)
    (*full, full_corner), (*low, low_corner) = read_series(full_folder), read_series(low_folder)
    full, low = CTVolume(*full), CTVolume(*low)
    # The export of a scanner may put the dose into the name: L067_FD_1_1 and L067_QD_1_1.
    patients = [re.sub(r"_[FLQ]D(_.*)?$", "", volume.patient) for volume in (full, low)]
    for what, one, other, tolerance in (
        ("shapes", full.hu.shape, low.hu.shape, 0),
        # so that the far corner is as near as the first one
        ("spacings in mm", full.spacing_mm, low.spacing_mm, TOLERANCE_MM / max(full.hu.shape)),
        ("positions in mm", full_corner, low_corner, TOLERANCE_MM),
    ):
        if max(abs(a - b) for a, b in zip(one, other, strict=True)) > tolerance:
            raise _no_pair(full_folder, low_folder, what, one, other)
    if patients[0] != patients[1]:
        raise _no_pair(full_folder, low_folder, "patients", *patients)
    return full, low


def find_dose_pairs(root, folders="*"):
    """Find the patients of whom a folder holds full-dose and low-dose images.

    Two layouts are known: ``L067/full_1mm`` with ``L067/quarter_1mm`` (AAPM Low Dose CT Grand Challenge), and
    ``L067/<study>/1.000000-Full Dose Images-<n>`` with ``1.000000-Low Dose Images-<n>`` (TCIA's
    LDCT-and-Projection-data, with its descriptive folder names). They may lie at any depth. Patients with one dose
    only are left out.

    Parameters
    ----------
    root : str or os.PathLike
        Folder with all patients.
    folders : str
        Pattern of the series' names, needed where a patient has several pairs: ``"*_1mm"``.

    Returns
    -------
    dict of str to (pathlib.Path, pathlib.Path)
        Patient -> the full-dose and the low-dose folder, for `read_dose_pairs`; sorted by patient.

    Raises
    ------
    TypeError
        If `root` is no path, or `folders` is no str.
    DataError
        If there is no pair, or a patient has several.
    """
    root = _existing("root", root).resolve()
    if not isinstance(folders, str):
        raise TypeError(f"folders: expected a pattern of names, such as '*_1mm', got {shown(folders)}")
    found = {}
    for folder in sorted(path for path in root.rglob("*") if path.is_dir()):
        patient, kind, dose = _dose_of(folder)
        if dose and fnmatch(folder.name.lower(), folders.lower()) and files_in(folder):
            found.setdefault(patient, {}).setdefault(kind, {}).setdefault(dose, []).append(folder)
    pairs = {}
    for patient, kinds in sorted(found.items()):
        both = [doses for doses in kinds.values() if len(doses) == 2]
        several = [folder for doses in both for found_folders in doses.values() for folder in found_folders]
        if len(several) > 2:
            raise DataError(
                f"Patient {patient} has more than one pair: {', '.join(str(f.relative_to(root)) for f in several)}. "
                "Choose with folders, such as folders='*_1mm', or give a folder with one pair a patient."
            )
        if both:
            pairs[patient] = (both[0]["full"][0], both[0]["low"][0])
    if not pairs:
        raise DataError(
            f"{root} holds no full-dose folder with its low-dose folder, such as L067/full_1mm and L067/quarter_1mm "
            "or 'Full Dose Images' and 'Low Dose Images'. Give the right root, or two folders to read_dose_pairs."
        )
    return pairs


def read_lodopab(folder, part="train"):
    """Open one part of LoDoPaB-CT: slices of real chest CT with simulated low-dose sinograms.

    Parameters
    ----------
    folder : str or os.PathLike
        Folder with ``observation_train_000.hdf5``, ``ground_truth_train_000.hdf5`` and so on, or with the folders
        ``observation_train`` and ``ground_truth_train`` that hold them.
    part : str
        "train", "validation" or "test".

    Returns
    -------
    LoDoPaB
        A sequence of (observation, hu): see there. A slice is read when it is asked for.

    Raises
    ------
    TypeError, ValueError
        If `folder` is no path, or `part` is none of the three.
    ImportError
        If h5py is not installed.
    DataError
        If a file is missing or damaged, or holds something else.

    Notes
    -----
    Source: Leuschner et al., Scientific Data 8 (2021) 109, https://doi.org/10.5281/zenodo.3384092, CC BY 4.0.
    """
    if not isinstance(part, str) or part not in ("train", "validation", "test"):
        raise ValueError(f"part: expected 'train', 'validation' or 'test', got {shown(part)}")
    return LoDoPaB(_existing("folder", folder), part)


def _existing(name, folder, or_file=False):
    """Path of a folder that is there, or TypeError that names the argument, or DataError."""
    path = path_argument(name, folder, "the path of a folder")
    with readable(path, "Get the right to read it, or give another folder."):
        path = path.expanduser()
        there = path.is_dir() or (or_file and path.is_file())
    if not there:
        raise DataError(f"{path} is no folder. Give the path of the folder that holds the scan's files.")
    return path


def _no_pair(full_folder, low_folder, what, one, other):
    return DataError(
        f"{full_folder} and {low_folder} are no pair: their {what} differ, {one} and {other}. "
        "Give two series of one scan; find_dose_pairs finds them."
    )


def _dose_of(folder):
    """Patient, kind of reconstruction and dose ("full", "low" or None) that a folder's path tells."""
    aapm = re.fullmatch(r"(full|quarter)_(.+)", folder.name, re.IGNORECASE)
    if aapm:
        return folder.parent.name, aapm[2].lower(), "full" if aapm[1].lower() == "full" else "low"
    tcia = re.search(r"(full|low) dose images", folder.name, re.IGNORECASE)
    return folder.parent.parent.name, "", tcia and tcia[1].lower()
