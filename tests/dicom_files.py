"""Small CT scans for the tests, written as scanners and archives write them."""

import copy

import numpy as np
import pydicom
from pydicom.data import get_testdata_file

EXAMPLE = pydicom.dcmread(get_testdata_file("CT_small.dcm", download=False))
del EXAMPLE[0xFFFC, 0xFFFC]  # padding after the pixels
EXAMPLE.remove_private_tags()
# Slices from head to feet of 5 rows and 7 columns, as CTVolume has them
HU = np.random.default_rng(0).integers(-1000, 1500, (4, 5, 7)).astype(np.int16)


def write_slice(path, hu, z=0.0, *, slope=1, intercept=-1024, stored_type=np.uint16, series="1.2.3", **fields):
    """Write one slice, pydicom's example but for these fields; `fields` are DICOM's, and None leaves one out."""
    stored = np.rint((hu - np.float64(intercept)) / slope).astype(stored_type)
    image = copy.deepcopy(EXAMPLE)
    image.file_meta.MediaStorageSOPClassUID = fields.get("SOPClassUID", image.SOPClassUID)
    image.ImageType, image.PatientID, image.SeriesInstanceUID = ["ORIGINAL", "PRIMARY", "AXIAL"], "L067", series
    image.ImagePositionPatient, image.PixelSpacing = [-100.5, -90.25, z], [0.75, 0.5]
    image.Rows, image.Columns = hu.shape
    image.PixelRepresentation = int(np.issubdtype(stored_type, np.signedinteger))
    image.RescaleSlope, image.RescaleIntercept, image.PixelData = slope, intercept, stored.tobytes()
    path.parent.mkdir(parents=True, exist_ok=True)
    write(image, path, fields)
    return path


def write_series(folder, hu=HU, *, gap=3.0, top=40.0, name="1-{:03d}.dcm", **fields):
    """Write a volume from head to feet, `gap` mm apart; the numbers in the names go from feet to head."""
    last = len(hu)
    return [
        write_slice(folder / name.format(last - i), part, top - gap * i, InstanceNumber=last - i, **fields)
        for i, part in enumerate(hu)
    ]


def change(path, compress=None, **fields):
    """Set fields of a file, or leave out those that are None."""
    image = pydicom.dcmread(path)
    if compress:
        image.compress(compress)
    write(image, path, fields)


def write(image, path, fields):
    for name, value in fields.items():
        part = image.file_meta if name.startswith("Media") else image
        part.pop(name, None) if value is None else setattr(part, name, value)
    image.save_as(path)


def bare(path, meta=True):
    """Leave out what stands before a file's fields, as some anonymisers do: the preamble, and the fields of group 2."""
    content = path.read_bytes()[132:]
    length = 12 + int.from_bytes(content[8:12], "little")  # of group 2, after the field that says it
    path.write_bytes(content if meta else content[length:])
