"""CT scans of one's own: DICOM series, alone or in pairs of doses. Trouble with them is a DataError."""

import os
import re
import warnings
from fnmatch import fnmatch
from pathlib import Path

import numpy as np

from coursekit import errors
from coursekit.data import CTVolume
from coursekit.errors import DataError

CT_IMAGE = "1.2.840.10008.5.1.4.1.1.2"  # DICOM's number for "CT Image Storage", a file for each slice
FIELDS = {"ImageOrientationPatient": 6, "PixelSpacing": 2, "Rows": 1, "Columns": 1, "ImagePositionPatient": 3}
TOLERANCE_MM = 0.1  # to which some scanners round positions
TOLERANCES = [1e-3] * 10 + [TOLERANCE_MM] * 2 + [np.inf]  # of the fields: what slices share, all but the height
AIR = -1024  # HU


def read_dicom_series(folder):
    """Read one CT series, the DICOM files of a folder, into a volume in Hounsfield units.

    What a file is, its content tells, not its name. Localizers, other kinds and hidden files are passed over.

    Parameters
    ----------
    folder : str or os.PathLike
        Folder with the slices of one whole axial series, or one file. Where it holds none, folders below are searched.

    Returns
    -------
    CTVolume
        HU = RescaleSlope * stored value + RescaleIntercept, rounded, and at least -1024: padding may be lower. A single
        slice has its thickness (nan if unknown) as distance. Without a PatientID, `patient` is the folder's name.
    """
    folder = errors.path("folder", folder)
    return _read(folder, folder.resolve().stem)[0]


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
    """
    folders = errors.path("full_folder", full_folder), errors.path("low_folder", low_folder)
    name, *_ = _dose_of(folders[0].resolve())
    (full, full_mm), (low, low_mm) = (_read(folder, name) for folder in folders)
    # the export of a scanner may put the dose into the name: L067_FD_1_1 and L067_QD_1_1
    facts = [(re.sub(r"_[FLQ]D(_.*)?$", "", volume.patient), *volume.hu.shape) for volume in (full, low)]
    places = (*full_mm, *full.spacing_mm), (*low_mm, *low.spacing_mm)
    # spacings so that the far corner is as near as the first one
    tolerances = TOLERANCE_MM / np.repeat([1, max(full.hu.shape)], 3)
    if facts[0] != facts[1] or (np.abs(np.subtract(*places)) > tolerances).any():
        told = [f"{fact}, first voxel and spacing in mm {place}" for fact, place in zip(facts, places, strict=True)]
        raise DataError(
            f"{folders[0]} and {folders[1]} are no pair: patient and shape {told[0]}, but {told[1]}. "
            "Give two series of one scan; find_dose_pairs finds them."
        )
    return full, low


def find_dose_pairs(root, folders="*"):
    """Find the patients of whom a folder holds full-dose and low-dose images, at any depth.

    Two layouts are known: ``L067/full_1mm`` with ``L067/quarter_1mm`` (AAPM Low Dose CT Grand Challenge), and
    ``L067/<study>/1.000000-Full Dose Images-<n>`` with ``1.000000-Low Dose Images-<n>`` (TCIA's
    LDCT-and-Projection-data). Projections, and patients with one dose, are left out.

    Parameters
    ----------
    root : str or os.PathLike
        Folder with all patients.
    folders : str
        Pattern of the series' names, such as ``"*_1mm"``. Without it, a patient with several pairs is a ValueError.

    Returns
    -------
    dict of str to (pathlib.Path, pathlib.Path)
        Patient -> the full-dose and the low-dose folder, for `read_dose_pairs`; sorted by patient.
    """
    root = errors.path("root", root).resolve()
    found, pairs = {}, {}
    for folder, files in _walk(root):
        patient, kind, dose = _dose_of(folder)
        if dose and files and fnmatch(folder.name.lower(), folders.lower()):
            found.setdefault((patient, kind), {}).setdefault(dose, []).append(folder)
    for (patient, _), doses in sorted(found.items()):
        if len(doses) == 2:
            pairs[patient] = (*pairs.get(patient, ()), *doses["full"], *doses["low"])
            if len(pairs[patient]) > 2:  # no DataError: nothing is wrong with the data
                names = ", ".join(str(folder.relative_to(root)) for folder in pairs[patient])
                raise ValueError(f"folders must choose one pair, such as folders='*_1mm': {patient} has {names}")
    if not pairs:
        raise DataError(
            f"{root} holds no full-dose folder with its low-dose folder, such as L067/full_1mm and L067/quarter_1mm "
            "or 'Full Dose Images' and 'Low Dose Images'. Give the right root, or two folders to read_dose_pairs."
        )
    return pairs


def _dose_of(folder):
    """Patient, kind of reconstruction and dose ("full", "low" or None) that a folder's path tells."""
    aapm = re.fullmatch(r"(full|quarter)_(?!dicom-ct-pd|.*proj)(.+)", folder.name.lower())
    tcia = re.search(r"(full|low) dose images", folder.name.lower())
    if aapm:
        return folder.parent.name, aapm[2], "full" if aapm[1] == "full" else "low"
    return (folder.parent.parent if tcia else folder.parent).name, "", tcia and tcia[1]


def _walk(folder):
    """A folder and those below it, each with its files in the order of their names; nothing hidden, no DICOMDIR."""

    def stop(error):
        raise DataError(f"{error.filename} cannot be read ({error.strerror}). Give a folder that you may read.")

    if folder.is_file():
        yield folder, [folder]
        return
    for place, below, names in os.walk(folder, onerror=stop):
        below[:] = sorted(name for name in below if name[0] != ".")
        yield Path(place), [Path(place, n) for n in sorted(names) if n[0] != "." and n.upper() != "DICOMDIR"]


def _read(folder, name):
    """The volume in a folder, and where its first voxel is: to the patient's left, back and head, in mm."""
    headers = _one_series(folder)
    table = np.array([[x for field in FIELDS for x in _numbers(path, headers[path], field)] for path in headers])
    order = np.argsort(-table[:, 12], kind="stable")  # DICOM's third axis points to the head
    table, paths = table[order], [list(headers)[i] for i in order]
    names = [path.relative_to(folder.parent) for path in paths]
    other = (np.abs(table - table[0]) > TOLERANCES).any(axis=1)
    if other.any():
        raise _unusable(folder, f"{names[0]} and {names[other.argmax()]} differ in size, spacing, direction or place")
    axes, (rows_mm, columns_mm, rows, columns), first_mm = np.split(table[0], [6, 10])
    across, down = np.where(axes[[0, 4]] < 0, -1, 1)  # slices may be stored from the patient's left or back on
    if not np.allclose(axes, [across, 0, 0, 0, down, 0], atol=0.01):
        raise _unusable(folder, f"{names[0]} is not axial or tilted: rows and columns run along {axes.tolist()}")
    distance = headers[paths[0]].get("SliceThickness") or np.nan  # of a single slice
    if len(paths) > 1:
        steps = np.diff(-table[:, 12])
        distance, least, most = steps.mean(), steps.argmin(), steps.argmax()
        if steps[least] < 0.01 or steps[most] - steps[least] > TOLERANCE_MM + 0.01 * steps[least]:
            apart = [f"{names[i]} and {names[i + 1]} are {steps[i]:.2f} mm apart" for i in (least, most)]
            raise _unusable(folder, f"slices are missing, double or of another series: {', '.join(apart)}")
    hu = np.stack([_hounsfield(path, (rows, columns))[::down, ::across] for path in paths])
    if not ((hu > AIR) & (hu < -800)).any():
        warnings.warn(f"{folder}: nothing is near -1000 HU, as air is; are these Hounsfield units?", stacklevel=3)
    first_mm -= [(across < 0) * (columns - 1) * columns_mm, (down < 0) * (rows - 1) * rows_mm, 0]
    patient = str(headers[paths[0]].get("PatientID") or name)
    return CTVolume(hu, (float(distance), float(rows_mm), float(columns_mm)), patient), tuple(first_mm.tolist())


def _one_series(folder):
    """The headers of the slices by their paths, if there is exactly one series."""
    series, others, told = {}, {}, []
    for place, paths in _walk(folder):
        for path in paths:
            header = _dicom(path, stop_before_pixels=True)
            kind = path.suffix if header is None else header.SOPClassUID
            if kind == CT_IMAGE and "LOCALIZER" not in (header.get("ImageType") or ()):
                series.setdefault(header.get("SeriesInstanceUID") or place, {})[path] = header
            else:
                others[kind] = path.name if header is None else f"{path.name} ({kind.name})"
        if place == folder and series:
            break
    if len(series) == 1:
        return series.popitem()[1]
    for one in series.values():
        path, header = next(iter(one.items()))
        name = header.get("SeriesDescription") or "without description"
        told.append(f"{name} ({len(one)} files, such as {path.relative_to(folder)})")
    if told:
        raise DataError(f"{folder} holds {len(told)} series: {'; '.join(told)}. Give a folder that holds one.")
    raise DataError(
        f"{folder} holds no CT slice in DICOM format, but {'; '.join(others.values()) or 'nothing'}. Give a scan's "
        "DICOM files, one for each slice: pictures and NIfTI (.nii) have lost what they say. Unpack an archive first."
    )


def _dicom(path, **how):
    """A DICOM file as pydicom has it, or None if it is something else."""
    try:
        import pydicom
    except ImportError as error:
        raise ImportError('pydicom is needed to read DICOM files. Run: %pip install "coursekit[ct]"') from error
    try:
        with open(path, "rb") as file:
            start = file.read(132)
        # some leave out the 128 bytes before "DICM": then a file begins with the fields of group 2 or 8
        if start[128:] == b"DICM" or start[:2] in (b"\2\0", b"\b\0"):
            image = pydicom.dcmread(path, force=True, **how)
            implicit, _ = image.original_encoding
            image.file_meta.setdefault("TransferSyntaxUID", "1.2.840.10008.1.2" + ("" if implicit else ".1"))
            image.SOPClassUID = image.file_meta.get("MediaStorageSOPClassUID") or image.SOPClassUID
            return image
    except Exception as error:  # pydicom raises nearly anything for a damaged file
        raise _unusable(path, error) from error
    if path.suffix.lower() in (".dcm", ".ima") or not (start or path.suffix):
        raise _unusable(path, "it does not begin as a DICOM file does")
    return None


def _hounsfield(path, shape):
    """One slice in HU, as it lies in the file."""
    image = _dicom(path)
    try:
        stored = image.pixel_array
    except Exception as error:  # pydicom raises nearly anything for a damaged file
        syntax = image.file_meta.TransferSyntaxUID
        if syntax.startswith("1.2.840.10008.1.2.4"):  # JPEG and its kin, which other packages read
            raise DataError(
                f'{path} is compressed as "{syntax.name}", which no library installed here reads. '
                'Run: %pip install "pylibjpeg[all]", then restart the kernel; else get the file again.'
            ) from error
        raise _unusable(path, error) from error
    if stored.shape != shape:
        raise _unusable(path, f"its pixels have the shape {stored.shape}, not {shape}")
    slope, intercept = (_numbers(path, image, f"Rescale{name}")[0] for name in ("Slope", "Intercept"))
    hu = np.rint(stored * slope + intercept)
    return np.where(hu > 32767, AIR, np.maximum(hu, AIR)).astype(np.int16)  # padding lies at one end or the other


def _numbers(path, header, name):
    try:
        numbers = np.array(header[name].value, float).reshape(-1)
    except Exception:  # pydicom raises nearly anything for a damaged file
        numbers = []
    if len(numbers) != FIELDS.get(name, 1) or not np.isfinite(numbers).all():
        raise _unusable(path, f"{name} is missing or not {FIELDS.get(name, 1)} numbers")
    return numbers


def _unusable(path, why):
    why = " ".join(str(why).split())
    return DataError(f"{path} cannot be used: {why}. Give one whole axial series; get what is damaged again.")
