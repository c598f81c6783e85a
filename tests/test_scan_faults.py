"""A DICOM series that is not whole, not one or not axial is refused: with the file's name and the next step."""

import shutil
import sys
import tempfile
from pathlib import Path

import pydicom
import pytest
from dicom_files import HU, change, write_series, write_slice
from disks import closed
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom.encaps import encapsulate
from pydicom.pixels import get_decoder
from pydicom.uid import RLELossless

from coursekit import ct
from coursekit.data import DataError


def assert_refused(folder, *words):
    with pytest.raises(DataError) as caught:
        ct.read_dicom_series(folder)
    message = str(caught.value)
    assert all(word in message for word in words), message
    last = message.rsplit(". ", 1)[1]
    assert last.endswith(".")
    assert last.split()[0] in {"Get", "Give", "Keep", "Move", "Run:", "If"}, message


FAULTS = {
    "no file": (lambda folder: [p.unlink() for p in folder.iterdir()], ["no CT image"]),
    "a slice twice": (lambda folder: shutil.copy(folder / "1-002.dcm", folder / "copy"), ["1-002.dcm", "copy", "same"]),
    "two series": (
        lambda folder: write_series(folder, name="b{}", series="4.5", SeriesDescription="Lung 3 mm"),
        ["2 series", "1.2.3 (4 files, such as 1-001.dcm)", "Lung 3 mm (4 files, such as b1)"],
    ),
    "no series": (
        lambda folder: change(folder / "1-001.dcm", SeriesInstanceUID=None),
        ["1-001.dcm", "names no series"],
    ),
    "a slice missing": (
        lambda folder: (folder / "1-002.dcm").unlink(),
        ["1-003.dcm and 1-001.dcm 6.00 mm", "1-004.dcm and 1-003.dcm are 3.00 mm apart", "missing"],
    ),
    "a slice too near": (
        lambda folder: write_slice(folder / "x", HU[0], 38.5),
        ["1-004.dcm and x are 1.50 mm apart", "1-003.dcm and 1-002.dcm 3.00 mm"],
    ),
    "no position": (
        lambda folder: change(folder / "1-003.dcm", ImagePositionPatient=None),
        ["1-003.dcm", "ImagePositionPatient is missing"],
    ),
    "a short position": (
        lambda folder: change(folder / "1-003.dcm", ImagePositionPatient=[1, 2]),
        ["1-003.dcm", "not 3 numbers"],
    ),
    "another size": (lambda folder: write_slice(folder / "x", HU[0, :4], 43), ["x", "differ in size"]),
    "another spacing": (
        lambda folder: change(folder / "1-004.dcm", PixelSpacing=[0.75, 0.6]),
        ["1-004.dcm", "differ in size, pixel spacing"],
    ),
    "shifted": (
        lambda folder: change(folder / "1-004.dcm", ImagePositionPatient=[-99, -90.25, 40]),
        ["shifted sideways"],
    ),
    "no slope": (lambda folder: change(folder / "1-001.dcm", RescaleSlope=None), ["1-001.dcm", "RescaleSlope"]),
    "a huge slope": (lambda folder: change(folder / "1-001.dcm", RescaleSlope=1000), ["1-001.dcm", " HU"]),
    "a size of none": (
        lambda folder: [change(path, PixelSpacing=[0, 0.5]) for path in folder.iterdir()],
        ["spacing is not positive"],
    ),
    "an empty file": (lambda folder: (folder / "1-001.dcm").write_bytes(b""), ["1-001.dcm"]),
    "an empty file without ending": (lambda folder: (folder / "IM1").write_bytes(b""), ["IM1"]),
    "a web page": (lambda folder: (folder / "1-001.dcm").write_text("<html>" * 99), ["1-001.dcm", "begin"]),
    "no thickness": (
        lambda folder: (
            [path.unlink() for path in folder.glob("1-00[1-3].dcm")]
            + [change(folder / "1-004.dcm", SliceThickness=None)]
        ),
        ["1-004.dcm", "SliceThickness is missing"],
    ),
    "several frames": (
        lambda folder: change(folder / "1-001.dcm", NumberOfFrames=2, PixelData=b"\0" * 140),
        ["1-001.dcm", "(2, 5, 7)"],
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_faulty_series_is_refused_with_the_file_s_name_and_the_next_step(tmp_path, fault):
    write_series(tmp_path)
    spoil, words = FAULTS[fault]
    spoil(tmp_path)
    assert_refused(tmp_path, *words)


@pytest.mark.parametrize(
    "axes",
    [
        [0, 1, 0, 0, 0, -1],  # sagittal
        [1, 0, 0, 0, 0, -1],  # coronal
        [1, 0, 0, 0, 0.97, -0.26],  # a tilted gantry
        [0.98, 0.2, 0, -0.2, 0.98, 0],  # turned in the plane
        [0, 0, 0, 0, 0, 0],
    ],
)
def test_slices_that_are_not_axial_are_refused(tmp_path, axes):
    write_series(tmp_path, ImageOrientationPatient=axes)
    assert_refused(tmp_path, "no axial slice", ".dcm")


@pytest.mark.parametrize("kept", [0, 100, 131, 140, 300, 400, 600, 800, -71, -40, -1])
def test_a_cut_file_is_named(tmp_path, kept):
    path = write_series(tmp_path)[0]
    path.write_bytes(path.read_bytes()[:kept])
    assert_refused(tmp_path, path.name)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(128, 800), byte=st.integers(0, 255))
@pytest.mark.filterwarnings("ignore")  # pydicom warns of odd values
def test_a_wrong_byte_gives_a_volume_or_a_named_error(tmp_path, place, byte):
    path = write_slice(tmp_path / "a.dcm", HU[0])
    content = bytearray(path.read_bytes())
    content[place] = byte
    path.write_bytes(content)
    try:
        told = str(ct.read_dicom_series(tmp_path).hu.shape)
    except DataError as error:
        told = str(error)
    assert told.startswith("(1, ") or str(tmp_path) in told


@pytest.mark.filterwarnings("ignore:End of file reached")  # pydicom's, of the cut file
def test_a_compressed_series_is_read_where_a_decoder_is_there(tmp_path):
    for path in write_series(tmp_path):
        image = pydicom.dcmread(path)
        image.compress(RLELossless)
        image.save_as(path)
    assert (ct.read_dicom_series(tmp_path).hu == HU).all()
    path.write_bytes(path.read_bytes()[:-60])
    assert_refused(tmp_path, path.name, "damaged")


@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2.4.70", "1.2.3.4"])
def test_a_compression_without_decoder_is_named(tmp_path, syntax, monkeypatch):
    if syntax != "1.2.3.4":
        monkeypatch.setattr(get_decoder(syntax), "_available", {})  # a machine may have one
    path = write_slice(tmp_path / "a.dcm", HU[0])
    image = pydicom.dcmread(path)
    image.file_meta.TransferSyntaxUID = syntax
    image.PixelData = encapsulate([image.PixelData])
    image["PixelData"].is_undefined_length = True
    image.save_as(path, implicit_vr=False, little_endian=True)
    assert_refused(tmp_path, "a.dcm", "compressed", 'Run: %pip install "pylibjpeg[all]"')


def test_without_pydicom_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pydicom", None)
    with pytest.raises(ImportError, match=r'Run: %pip install "coursekit\[ct\]"$'):
        ct.read_dicom_series(tmp_path)


def test_an_unreadable_folder_or_file_is_named():
    with tempfile.TemporaryDirectory() as name:  # not below pytest's folders, which are closed to others
        Path(name).chmod(0o755)
        path = write_series(Path(name) / "scan")[0]
        for locked in (path, path.parent):
            with closed(locked):
                assert_refused(path.parent, str(locked), "Permission denied")


def test_a_missing_folder_is_named(tmp_path):
    assert_refused(tmp_path / "nowhere", "nowhere is no folder")


def test_the_home_of_nobody_is_named():
    assert_refused("~nobody-has-this-name/scan", "~nobody-has-this-name/scan cannot be read")
