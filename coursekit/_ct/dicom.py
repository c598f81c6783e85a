"""From the DICOM files of one CT series to an array of Hounsfield units, or an error that names the file."""

from itertools import pairwise

from coursekit._errors import DataError
from coursekit._files import readable

CT_IMAGE = "1.2.840.10008.5.1.4.1.1.2"  # DICOM's number for "CT Image Storage"
AIR = -1024  # HU
TOLERANCE_MM = 0.1  # to which some scanners round positions
HEADER = [
    *("SOPClassUID", "ImageType", "SeriesInstanceUID", "SeriesDescription", "PatientID", "Rows", "Columns"),
    *("ImageOrientationPatient", "ImagePositionPatient", "PixelSpacing", "SliceThickness"),
]


def read_series(folder):
    """Read the one CT series of a folder.

    Parameters
    ----------
    folder : pathlib.Path
        A folder that is there, or one file.

    Returns
    -------
    hu : numpy.ndarray, int16, shape (slices, rows, columns)
        From head to feet, front to back, and the patient's right to left.
    spacing_mm : tuple of float
        Of slices, rows and columns.
    patient : str
        The PatientID.
    corner_mm : tuple of float
        Where the centre of the first voxel is: towards the patient's left, back and head.

    Raises
    ------
    ImportError
        If pydicom is not installed.
    DataError
        If there is not exactly one whole axial series.
    """
    import numpy as np

    headers = _one_series(folder, _headers(folder))
    paths = list(headers)
    (rows_mm, columns_mm), (rows, columns), signs = _plane(headers)
    corners = np.array([_numbers(path, headers[path], "ImagePositionPatient", 3) for path in paths])
    corners[:, 0] -= (columns - 1) * columns_mm if signs[0] < 0 else 0  # of the image once it is turned
    corners[:, 1] -= (rows - 1) * rows_mm if signs[1] < 0 else 0
    order = np.argsort(-corners[:, 2], kind="stable")  # DICOM's third axis points to the head
    paths, corners = [paths[i] for i in order], corners[order]
    if len(paths) > 1:
        slices_mm = _slice_distance(paths, corners)
    else:
        slices_mm = _numbers(paths[0], headers[paths[0]], "SliceThickness", 1)[0]
    hu = np.stack([_hounsfield(path, (rows, columns))[:: signs[1], :: signs[0]] for path in paths])
    patient = _text(paths[0], headers[paths[0]], "PatientID")
    return hu, (float(slices_mm), float(rows_mm), float(columns_mm)), patient, tuple(corners[0].tolist())


def files_in(folder):
    """Return the files of a folder in the order of their names, without hidden files and DICOM's table of contents."""
    if folder.is_file():
        return [folder]
    with readable(folder, "Get the right to read it."):
        paths = sorted(path for path in folder.iterdir() if path.is_file())
    return [path for path in paths if not path.name.startswith(".") and path.name.upper() != "DICOMDIR"]


def _headers(folder):
    """The header of each file that is a CT image but no localizer."""
    try:
        import pydicom
    except ImportError as error:
        raise ImportError('pydicom is needed to read DICOM files. Run: %pip install "coursekit[ct]"') from error
    headers = {}
    for path in files_in(folder):
        try:
            header = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=HEADER)
            kind = header.file_meta.get("MediaStorageSOPClassUID") or header["SOPClassUID"].value
            image_type = header.get("ImageType") or ()
        except pydicom.errors.InvalidDicomError as error:
            if path.suffix.lower() in (".dcm", ".ima") or not path.stat().st_size:
                raise _damaged(path, "it does not begin as a DICOM file does") from error
            continue
        except Exception as error:  # pydicom raises nearly anything for a damaged file
            raise _damaged(path, error) from error
        if kind == CT_IMAGE and "LOCALIZER" not in image_type:
            headers[path] = header
    return headers


def _one_series(folder, headers):
    """The headers, if there are some and all are of one series."""
    if not headers:
        raise DataError(f"{folder} holds no CT image in DICOM format. Give the folder that holds a scan's slices.")
    series = {}
    for path, header in headers.items():
        series.setdefault(_text(path, header, "SeriesInstanceUID"), []).append(path)
    if "" in series:
        raise _damaged(series[""][0], "it names no series")
    if len(series) > 1:
        found = []
        for uid, paths in series.items():
            name = _text(paths[0], headers[paths[0]], "SeriesDescription") or uid
            found.append(f"{name} ({len(paths)} files, such as {paths[0].name})")
        raise DataError(
            f"{folder} holds {len(series)} series: {'; '.join(found)}. Move each into its own folder, and give one."
        )
    return headers


def _plane(headers):
    """What all slices share: distances of rows and columns in mm, their numbers, and the signs of their directions.

    The signs, of columns and of rows, are 1 where they go to the patient's left and back, else -1.
    """
    import numpy as np

    sizes = (("ImageOrientationPatient", 6), ("PixelSpacing", 2), ("Rows", 1), ("Columns", 1))
    first = None
    for path, header in headers.items():
        plane = np.concatenate([_numbers(path, header, name, count) for name, count in sizes])
        if first is None:
            first_path, first = path, plane
        if not np.allclose(plane, first, rtol=0, atol=1e-3):
            raise DataError(
                f"{path} and {first_path.name} differ in size, pixel spacing or orientation. Keep only slices of one "
                "kind in the folder."
            )
    signs = np.where(first[[0, 4]] < 0, -1, 1)
    if not np.allclose(first[:6], [signs[0], 0, 0, 0, signs[1], 0], atol=0.01):
        raise DataError(
            f"{first_path} is no axial slice: its rows and columns run along {first[:6].tolist()}. Give an axial "
            "series that is not tilted."
        )
    if (first[6:] <= 0).any():
        raise _damaged(first_path, "its size or pixel spacing is not positive")
    return first[6:8], first[8:].astype(int), signs


def _slice_distance(paths, corners):
    """Distance of neighbouring slices in mm; a DataError unless it is the same everywhere."""
    import numpy as np

    steps = -np.diff(corners[:, 2])
    pairs = [f"{above} and {below.name}" for above, below in pairwise(paths)]
    least, most = np.argmin(steps), np.argmax(steps)
    if steps[least] < 0.01:
        raise DataError(f"{pairs[least]} lie at the same position. Keep only one of each two such slices.")
    if steps[most] - steps[least] > TOLERANCE_MM + 0.01 * steps[least]:
        raise DataError(
            f"The slices are not evenly spaced: {pairs[least]} are {steps[least]:.2f} mm apart, {pairs[most]} "
            f"{steps[most]:.2f} mm. If slices are missing, get the whole series again; if some do not belong to it, "
            "move them away."
        )
    if np.ptp(corners[:, :2], axis=0).max() > TOLERANCE_MM:
        raise DataError(f"The slices of {paths[0].parent} are shifted sideways. Give a series that is not tilted.")
    return steps.mean()


def _hounsfield(path, shape):
    """One slice in HU as int16, as it is stored in the file."""
    import numpy as np
    import pydicom

    try:
        image = pydicom.dcmread(path)
        _require_decoder(path, image.file_meta.TransferSyntaxUID)
        stored = image.pixel_array
        padding = image.get("PixelPaddingValue")
        outside = None if padding is None else stored == np.array(padding).astype(stored.dtype)  # 63536 may mean -2000
    except DataError:
        raise
    except Exception as error:  # pydicom raises nearly anything for a damaged file
        raise _damaged(path, error) from error
    if stored.shape != shape:
        raise _damaged(path, f"its image has the shape {stored.shape}, not ({shape[0]}, {shape[1]})")
    slope, intercept = (_numbers(path, image, f"Rescale{name}", 1)[0] for name in ("Slope", "Intercept"))
    hu = np.rint(stored * slope + intercept)
    if outside is not None:
        hu[outside] = AIR
    if hu.min() < -32768 or hu.max() > 32767:
        raise _damaged(path, f"it goes from {hu.min():.0f} to {hu.max():.0f} HU")
    return hu.astype(np.int16)


def _require_decoder(path, syntax):
    from pydicom.pixels import get_decoder

    try:
        readable = get_decoder(syntax).is_available
    except NotImplementedError:
        readable = False
    if not readable:
        raise DataError(
            f'{path} is compressed as "{syntax.name}", for which no decoder is installed. '
            'Run: %pip install "pylibjpeg[all]", then restart the kernel.'
        )


def _text(path, header, name):
    """A field of a header as text, empty if it is missing."""
    try:
        return str(header.get(name) or "")
    except Exception as error:  # pydicom raises nearly anything for a damaged file
        raise _damaged(path, f"{name} cannot be read") from error


def _numbers(path, header, name, count):
    """A field of a header as `count` finite numbers, or a DataError that names the file and the field."""
    import numpy as np

    try:
        numbers = np.array(header[name].value, dtype=float).reshape(-1)
    except Exception as error:  # pydicom raises nearly anything for a damaged file
        raise _damaged(path, f"{name} is missing or no number") from error
    if len(numbers) != count or not np.isfinite(numbers).all():
        raise _damaged(path, f"{name} is {header[name].value!r}, not {count} numbers")
    return numbers


def _damaged(path, why):
    return DataError(f"{path} is damaged or no complete CT image ({why}). Get the file again from where it came from.")
