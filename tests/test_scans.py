"""DICOM series: what is read is what the scanner measured, at its place, whatever the files are called."""

import shutil

import numpy as np
import pydicom
import pytest
from dicom_files import HU, write_series, write_slice
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.data import get_testdata_file

from coursekit import ct
from coursekit.data import CTVolume


def same(volume, hu=HU):
    return volume.hu.dtype == np.int16 and np.array_equal(volume.hu, hu)


def test_a_series_is_read_from_head_to_feet(tmp_path):
    write_series(tmp_path)
    volume = ct.read_dicom_series(str(tmp_path))
    assert isinstance(volume, CTVolume)
    assert same(volume)
    assert volume.spacing_mm == (3.0, 0.75, 0.5)
    assert all(type(side) is float for side in volume.spacing_mm)
    assert volume.patient == "L067"


def test_pydicom_s_own_slice_is_read_as_pydicom_says(tmp_path):
    original = get_testdata_file("CT_small.dcm", download=False)
    shutil.copy(original, tmp_path)
    image = pydicom.dcmread(original)
    volume = ct.read_dicom_series(tmp_path)
    assert same(volume, image.pixel_array[None] - 1024)
    assert volume.spacing_mm == (5.0, 0.661468, 0.661468)
    assert volume.patient == "1CT1"
    assert pydicom.pixels.apply_rescale(image.pixel_array, image).max() == volume.hu.max() == 1167


@settings(max_examples=30, deadline=None)
@given(
    order=st.permutations(range(4)),
    slope=st.sampled_from([1, 0.5, 2.25]),
    intercept=st.sampled_from([0, -1024, -8192, 12.5]),
    signed=st.booleans(),
    gap=st.floats(0.3, 12),
)
def test_neither_names_nor_scale_nor_sign_matter(tmp_path_factory, order, slope, intercept, signed, gap):
    folder = tmp_path_factory.mktemp("series")
    low = -1000 if signed else max(-1000, int(np.ceil(intercept)))  # unsigned values end at the intercept
    hu = np.clip(HU, low, 1500)
    for i, rank in enumerate(order):
        kind = np.int16 if signed else np.uint16
        write_slice(folder / f"{rank}", hu[i], -gap * i, slope=slope, intercept=intercept, stored_type=kind)
    volume = ct.read_dicom_series(folder)
    exact = np.rint((hu - intercept) / slope) * slope + intercept  # stored as whole numbers
    assert np.abs(volume.hu - exact).max() <= 0.5
    if slope == 1 and intercept == int(intercept):
        assert same(volume, hu)
    assert volume.spacing_mm[0] == pytest.approx(gap, rel=1e-6)


@pytest.mark.parametrize("signs", [(1, 1), (-1, -1), (-1, 1), (1, -1)])
def test_images_stored_the_other_way_round_are_turned(tmp_path, signs):
    across, down = signs
    step = 3.0 if across == down else -3.0  # files written from feet to head too
    for i, hu in enumerate(HU):
        corner = [-100.5 + (6 * 0.5 if across < 0 else 0), -90.25 + (4 * 0.75 if down < 0 else 0), -3.0 * i]
        fields = {"ImageOrientationPatient": [across, 0, 0, 0, down, 0], "ImagePositionPatient": corner}
        write_slice(tmp_path / f"{i if step > 0 else 9 - i}.dcm", hu[::down, ::across], **fields)
    assert same(ct.read_dicom_series(tmp_path))
    write_series(tmp_path / "plain", top=0.0)
    full, low = ct.read_dose_pairs(tmp_path, tmp_path / "plain")  # the same voxels at the same places
    assert same(full)
    assert same(low)


@pytest.mark.parametrize("value", [-2000, 63536])
def test_padding_is_air(tmp_path, value):
    hu = HU[0].copy()
    hu[0, :3] = hu[4, 6] = -3024
    path = write_slice(tmp_path / "a", hu, stored_type=np.int16)
    image = pydicom.dcmread(path)
    image.add_new("PixelPaddingValue", "SS" if value < 0 else "US", value)  # some scanners write it unsigned
    image.save_as(path)
    assert same(ct.read_dicom_series(tmp_path), np.where(hu == -3024, -1024, hu)[None])


def test_other_files_are_passed_over(tmp_path):
    write_series(tmp_path, name="IM{:06d}")
    shutil.copy(tmp_path / "IM000001", tmp_path / "._IM000001")
    shutil.copy(tmp_path / "IM000001", tmp_path / "DICOMDIR")
    (tmp_path / "LICENSE").write_text("CC BY 3.0" * 100)
    (tmp_path / "metadata.csv").write_text("a,b")
    write_series(tmp_path / "another series", HU[:, :4])
    write_slice(tmp_path / "scout", HU[0, :4], 7, series="9.9", ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"])
    write_slice(tmp_path / "report", HU[0], series="8.8", SOPClassUID="1.2.840.10008.5.1.4.1.1.88.11")
    assert same(ct.read_dicom_series(tmp_path))


def test_a_single_slice_has_its_thickness(tmp_path):
    write_slice(tmp_path / "a.dcm", HU[0], SliceThickness=2.5)
    volume = ct.read_dicom_series(tmp_path)
    assert same(volume, HU[:1])
    assert volume.spacing_mm == (2.5, 0.75, 0.5)


def test_positions_rounded_to_a_tenth_are_even_enough(tmp_path):
    for i, hu in enumerate(HU):
        write_slice(tmp_path / f"{i}", hu, round(-1.25 * i, 1))
    assert ct.read_dicom_series(tmp_path).spacing_mm[0] == pytest.approx(1.25, abs=0.02)


def test_a_tiny_tilt_is_allowed(tmp_path):
    write_series(tmp_path, ImageOrientationPatient=[1, 1e-4, 0, -1e-4, 1, 0])
    assert same(ct.read_dicom_series(tmp_path))
