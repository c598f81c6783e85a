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
LITTER = ("DICOMDIR", "THUMBS.DB", "DESKTOP.INI")  # of archives and of Windows


def read_dicom_series(folder):
    """Read one CT series, the DICOM files of a `folder`, into a `CTVolume` in Hounsfield units.

    The folder holds one whole axial series, at any depth if it holds none itself; a single file will do. What a file
    is, its content tells, not its name; localizers, other kinds and hidden files are passed over. HU are rounded, and
    at least -1024: padding may be lower. A single slice has its thickness (nan if unknown) as distance. Without a
    PatientID, `patient` is the folder's name.
    """
    folder = errors.path("folder", folder)
    return _read(folder, folder.resolve().stem if folder.is_file() else folder.resolve().name)[0]


def read_dose_pairs(full_folder, low_folder):
    """Read the full-dose and the low-dose images of one scan, voxel by voxel at the same place.

    `full_folder` and `low_folder` are those of the two series, such as ``L067/full_1mm`` and ``L067/quarter_1mm``; each
    gives a `CTVolume`, as by `read_dicom_series`.
    """
    folders = errors.path("full_folder", full_folder), errors.path("low_folder", low_folder)
    name, *_ = _dose_of(folders[0].resolve())
    (full, full_mm), (low, low_mm) = (_read(folder, name) for folder in folders)
    # the export of a scanner may put the dose into the name: L067_FD_1_1 and L067_QD_1_1
    facts = [(re.sub(r"_[FLQ]D(_.*)?$", "", volume.patient), *volume.hu.shape) for volume in (full, low)]
    if facts[0] != facts[1] or not np.allclose(full_mm, low_mm, rtol=0, atol=TOLERANCE_MM):
        told = [f"{fact}, corners in mm {mm.tolist()}" for fact, mm in zip(facts, (full_mm, low_mm), strict=True)]
        unlike = f"{folders[0]} and {folders[1]} are no pair: patient and shape {told[0]}, but {told[1]}"
        raise DataError(f"{unlike}. Give two series of one scan; find_dose_pairs finds them.")
    return full, low


def find_dose_pairs(root, folders="*"):
    """Find the patients of whom the folder `root` holds full-dose and low-dose images, at any depth.

    Gives patient -> (full, low) folders for `read_dose_pairs`. Two layouts are known: ``L067/full_1mm`` with
    ``L067/quarter_1mm`` (AAPM Low Dose CT Grand Challenge), and ``L067/<study>/1.000000-Full Dose Images-<n>`` with
    ``1.000000-Low Dose Images-<n>`` (TCIA's LDCT-and-Projection-data). `folders` chooses among several pairs of a
    patient by the series' names, such as ``"*_1mm"``.
    """
    root = errors.path("root", root).resolve()
    found, pairs = {}, {}
    for folder, files in walk(root):
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
        raise DataError(f"{root} has no pair such as L067/full_1mm, quarter_1mm. Give two folders to read_dose_pairs.")
    return pairs


def _dose_of(folder):
    """Patient, kind of reconstruction and dose ("full", "low" or None) that a folder's path tells."""
    aapm = re.fullmatch(r"(full|quarter)_(?!dicom-ct-pd|.*proj)(.+)", folder.name.lower())
    tcia = re.search(r"(full|low) dose images", folder.name.lower())
    if aapm:
        return folder.parent.name, aapm[2], "full" if aapm[1] == "full" else "low"
    return (folder.parent.parent if tcia else folder.parent).name, "", tcia and tcia[1]


def walk(folder):
    """A folder and those below it, each with its files in the order of their names, without hidden ones and litter."""

    def stop(error):
        raise DataError(f"{error.filename} cannot be read ({error.strerror}). Give a folder that you may read.")

    for place, below, names in os.walk(folder, onerror=stop, followlinks=True):
        below[:] = sorted(name for name in below if name[0] != ".")
        yield Path(place), [Path(place, n) for n in sorted(names) if n[0] != "." and n.upper() not in LITTER]


def _read(folder, name):
    """The volume in a folder, and where its opposite corners are: to the patient's left, back and head, in mm."""
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
    hu = np.stack([_hounsfield(path, (int(rows), int(columns)))[::down, ::across] for path in paths])
    if not ((hu > AIR) & (hu < -800)).any():
        warnings.warn(f"{folder}: nothing is near -1000 HU, as air is; are these Hounsfield units?", stacklevel=3)
    patient = str(headers[paths[0]].get("PatientID") or name)
    size_mm = [across * (columns - 1) * columns_mm, down * (rows - 1) * rows_mm, table[-1, 12] - first_mm[2]]
    corners_mm = np.sort([first_mm, first_mm + size_mm], axis=0)
    return CTVolume(hu, (float(distance), float(rows_mm), float(columns_mm)), patient), corners_mm


def _one_series(folder):
    """The headers of the slices by their paths, if there is exactly one series."""
    series, others = {}, {}
    for place, paths in [(folder, [folder])] if folder.is_file() else walk(folder):
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
    told = []
    for headers in series.values():
        path, header = next(iter(headers.items()))
        told.append(f"{header.get('SeriesDescription', '?')} ({len(headers)} files, e.g. {path.relative_to(folder)})")
    if told:
        raise DataError(f"{folder} holds {len(told)} series: {'; '.join(told)}. Give a folder that holds one.")
    holds = f"{folder} holds no CT slice in DICOM format, but {'; '.join(others.values()) or 'nothing'}"
    raise DataError(f"{holds}. Give one DICOM file for each slice: no pictures or NIfTI (.nii); unpack archives.")


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
        raise _unusable(path, f'{error}; if it is compressed, %pip install "pylibjpeg[all]" may help') from error
    if stored.shape != shape:
        raise _unusable(path, f"its pixels have the shape {stored.shape}, not {shape}")
    slope, intercept = (_numbers(path, image, f"Rescale{name}")[0] for name in ("Slope", "Intercept"))
    hu = np.rint(stored * slope + intercept)
    return np.where(hu > 32767, AIR, np.maximum(hu, AIR)).astype(np.int16)  # padding lies at one end or the other


def _numbers(path, header, name):
    wanted = FIELDS.get(name, 1)
    try:
        return np.array([float(number) for number in np.atleast_1d(header[name].value)]).reshape(wanted)
    except Exception as error:  # pydicom raises nearly anything for a damaged file
        raise _unusable(path, f"{name} is missing or not {wanted} numbers") from error


def _unusable(path, why):
    why = " ".join(str(why).split())  # in one line
    return DataError(f"{path} cannot be used: {why}. Give one whole axial series; get what is damaged again.")
