"""Small CT scans for the tests, written as scanners and archives write them."""

import numpy as np
import pydicom
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

# Slices from head to feet of 5 rows and 7 columns, as CTVolume has them
HU = np.random.default_rng(0).integers(-1000, 1500, (4, 5, 7)).astype(np.int16)


def write_slice(path, hu, z=0.0, *, slope=1, intercept=-1024, stored_type=np.uint16, series="1.2.3", **fields):
    """Write one slice; `fields` are DICOM's, and None leaves one out."""
    stored = np.rint((hu - np.float64(intercept)) / slope).astype(stored_type)
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = fields.get("SOPClassUID", CTImageStorage)
    meta.MediaStorageSOPInstanceUID = generate_uid()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    image = FileDataset(str(path), {}, file_meta=meta, preamble=b"\0" * 128)
    values = {
        "SOPClassUID": CTImageStorage,
        "ImageType": ["ORIGINAL", "PRIMARY", "AXIAL"],
        "Modality": "CT",
        "PatientID": "L067",
        "SeriesInstanceUID": series,
        "SliceThickness": 5,
        "ImagePositionPatient": [-100.5, -90.25, z],
        "ImageOrientationPatient": [1, 0, 0, 0, 1, 0],
        "PixelSpacing": [0.75, 0.5],
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "Rows": hu.shape[0],
        "Columns": hu.shape[1],
        "BitsAllocated": 16,
        "BitsStored": 16,
        "HighBit": 15,
        "PixelRepresentation": int(np.issubdtype(stored_type, np.signedinteger)),
        "RescaleSlope": slope,
        "RescaleIntercept": intercept,
        **fields,
    }
    for name, value in values.items():
        if value is not None:
            setattr(image, name, value)
    image.PixelData = stored.tobytes()
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save_as(path, enforce_file_format=True)
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
    for name, value in fields.items():
        part = image.file_meta if name.startswith("Media") else image
        delattr(part, name) if value is None else setattr(part, name, value)
    image.save_as(path)


def bare(path, meta=True):
    """Leave out what stands before a file's fields, as some anonymisers do: the preamble, and the fields of group 2."""
    content = path.read_bytes()[132:]
    length = 12 + int.from_bytes(content[8:12], "little")  # of group 2, after the field that says it
    path.write_bytes(content if meta else content[length:])
