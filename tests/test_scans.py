"""DICOM series and pairs of doses: what is read is what the scanner measured, and what is not read is named."""

import re
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np
import pydicom
import pytest
from dicom_files import HU, bare, change, write_series, write_slice
from disks import closed
from hypothesis import given
from hypothesis import strategies as st
from pydicom.data import get_testdata_file
from pydicom.uid import CTImageStorage, RLELossless

from coursekit import ct
from coursekit.data import DataError

LOW = np.clip(HU + np.random.default_rng(1).integers(-200, 200, HU.shape), -1024, 3071).astype(np.int16)


def same(volume, hu=HU):
    return volume.hu.dtype == np.int16 and np.array_equal(volume.hu, hu)


def refusal(folder):
    with pytest.raises(DataError) as caught:
        ct.read_dicom_series(folder)
    assert str(caught.value).endswith(".")
    return str(caught.value)


def test_a_series_is_read_from_head_to_feet(tmp_path):
    write_series(tmp_path)
    volume = ct.read_dicom_series(str(tmp_path))
    assert same(volume)
    assert (volume.spacing_mm, volume.patient) == ((3.0, 0.75, 0.5), "L067")
    assert {type(side) for side in volume.spacing_mm} == {float}


def test_pydicom_s_own_slice_is_read_as_pydicom_says():
    path = get_testdata_file("CT_small.dcm", download=False)
    volume, image = ct.read_dicom_series(path), pydicom.dcmread(path)
    assert same(volume, pydicom.pixels.apply_rescale(image.pixel_array, image)[None])
    assert (volume.spacing_mm, volume.patient) == ((5.0, 0.661468, 0.661468), "1CT1")


@given(
    order=st.permutations(range(4)),
    scale=st.sampled_from([(1, -1024), (0.5, -1024), (2.25, -8192), (1, -1000.5)]),
    stored_type=st.sampled_from([np.int16, np.uint16]),
    gap=st.floats(0.3, 12),
)
def test_neither_names_nor_scale_nor_sign_matter(tmp_path_factory, order, scale, stored_type, gap):
    folder, (slope, intercept) = tmp_path_factory.mktemp("series"), scale
    for i, rank in enumerate(order):
        write_slice(folder / f"{rank}", HU[i], -gap * i, slope=slope, intercept=intercept, stored_type=stored_type)
    volume = ct.read_dicom_series(folder)
    exact = np.rint((HU - intercept) / slope) * slope + intercept  # stored as whole numbers
    assert np.abs(volume.hu - exact).max() <= 0.5
    assert volume.spacing_mm[0] == pytest.approx(gap, rel=1e-6)


@pytest.mark.parametrize("signs", [(1, 1), (-1, -1), (-1, 1), (1, -1)])
def test_images_stored_the_other_way_round_are_turned(tmp_path, signs):
    across, down = signs
    for i, hu in enumerate(HU):
        corner = [-100.5 + (6 * 0.5 if across < 0 else 0), -90.25 + (4 * 0.75 if down < 0 else 0), -3.0 * i]
        fields = {"ImageOrientationPatient": [across, 0, 0, 0, down, 0], "ImagePositionPatient": corner}
        write_slice(tmp_path / "turned" / f"{i}.dcm", hu[::down, ::across], **fields)
    write_series(tmp_path / "plain", top=0.0)
    for volume in ct.read_dose_pairs(tmp_path / "turned", tmp_path / "plain"):  # the same voxels at the same places
        assert same(volume)


@pytest.mark.parametrize("stored_type", [np.int16, np.uint16])  # of the unsigned values, it is among the highest
def test_padding_is_air(tmp_path, stored_type):
    padded = np.where(HU > 1400, -3024, HU)
    write_series(tmp_path, padded, stored_type=stored_type)
    assert same(ct.read_dicom_series(tmp_path), padded.clip(-1024))


def one(number, **fields):
    return lambda folder: change(folder / f"1-00{number}.dcm", **fields)


def each(what=change, **fields):
    return lambda folder: [what(path, **fields) for path in sorted(folder.glob("*.dcm"))]


def moved(folder, *parts):
    """Put the files some folders down."""
    target = folder.joinpath(*parts)
    target.mkdir(parents=True)
    each(shutil.move, dst=target)(folder)
    return target


def alone(name, content=None, **fields):
    """Move all files out of sight but one: a slice with these fields, or with another content."""

    def spoil(folder):
        moved(folder, ".hidden")
        path = write_slice(folder / name, HU[0], **fields)
        path.write_bytes(content or path.read_bytes())

    return spoil


def other_files(folder):
    for name in ("._1-001.dcm", "DICOMDIR"):
        shutil.copy(folder / "1-001.dcm", folder / name)
    (folder / "LICENSE").write_text("CC BY 3.0" * 100)
    write_slice(folder / "scout", HU[0, :4], 7, series="9.9", ImageType=SCOUT)
    write_slice(folder / "report", HU[0], series="8.8", SOPClassUID="1.2.840.10008.5.1.4.1.1.88.11")
    write_series(folder / "another series", HU[:, :4])  # below one that is there


def below(folder):
    """As an archive exports them; beside a localizer and a hidden folder."""
    moved(folder, "Study", "Series")
    write_slice(folder / "Study" / "scout" / "1", HU[0], series="7", ImageType=SCOUT)
    write_series(folder / ".ipynb_checkpoints", HU[:, :4])


SCOUT = ["ORIGINAL", "PRIMARY", "LOCALIZER"]
READ = {
    "series number empty": each(SeriesInstanceUID=""),
    "series number missing": each(SeriesInstanceUID=None),
    "one slice without preamble": lambda folder: bare(folder / "1-002.dcm"),
    "no header of the file at all": each(bare, meta=False),
    "other files beside": other_files,
    "some folders down": below,
    "rounded positions": one(2, ImagePositionPatient=[-100.5, -90.25, 34.05]),
    "a tiny tilt": each(ImageOrientationPatient=[1, 1e-4, 0, -1e-4, 1, 0]),
    "compressed": each(compress=RLELossless),
}


@pytest.mark.parametrize("case", READ)
def test_what_others_can_read_is_read(tmp_path, case):
    write_series(tmp_path)
    READ[case](tmp_path)
    assert same(ct.read_dicom_series(tmp_path))


ENHANCED = "1.2.840.10008.5.1.4.1.1.2.1"
REFUSED = {
    "no file": (each(Path.unlink), ["no CT slice", "nothing"]),
    "a slice twice": (lambda folder: shutil.copy(folder / "1-002.dcm", folder / "copy"), ["1-002.dcm", "copy", "0.00"]),
    "a slice missing": (lambda folder: (folder / "1-002.dcm").unlink(), ["1-003.dcm and ", "1-001.dcm are 6.00 mm"]),
    "a slice too near": (lambda folder: write_slice(folder / "x", HU[0], 38.5), ["1-004.dcm", "x are 1.50 mm apart"]),
    "two series": (lambda folder: write_series(folder, name="b{}", series="4"), ["2 series", "(4 files, e.g. b1)"]),
    "two series, some folders down": (
        lambda folder: write_series(moved(folder, "S", "1").parent / "2", HU[:3], series="", SeriesDescription="Lung"),
        ["2 series", "? (4 files, e.g. S/1/1-001.dcm)", "Lung (3 files, e.g. S/2/1-001.dcm)"],
    ),
    "projections alone": (each(ImagePositionPatient=None), ["1-001.dcm", "ImagePositionPatient is missing"]),
    "another size": (lambda folder: write_slice(folder / "x", HU[0, :4], 43), ["x and ", "differ in size"]),
    "another spacing": (one(4, PixelSpacing=[0.75, 0.6]), ["1-004.dcm", "spacing"]),
    "shifted": (one(4, ImagePositionPatient=[-99, -90.25, 40]), ["1-004.dcm", "place"]),
    "a tilted gantry": (each(ImageOrientationPatient=[1, 0, 0, 0, 0.97, -0.26]), ["tilted"]),
    "no scale": (one(1, RescaleSlope=None), ["1-001.dcm", "RescaleSlope"]),
    "an empty file": (lambda folder: (folder / "IM1").write_bytes(b""), ["IM1", "begin"]),
    "a web page": (lambda folder: (folder / "1-001.dcm").write_text("<html>" * 99), ["1-001.dcm", "begin"]),
    "frames without places": (one(1, NumberOfFrames=2, PixelData=b"\0" * 140), ["1-001.dcm", "(2, 5, 7)"]),
    "an enhanced CT": (alone("a", SOPClassUID=ENHANCED), ["a (Enhanced CT", "one DICOM file for each slice"]),
    "a scout": (alone("a", ImageType=SCOUT), ["no CT slice", "a (CT"]),
    "NIfTI": (alone("a.nii.gz", b"\x1f\x8b" * 99), ["no CT slice", "a.nii.gz", "NIfTI"]),
    "an archive": (alone("a.zip", b"PK" * 99), ["no CT slice", "a.zip", "unpack"]),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_whole_series_is_refused_with_its_name_and_the_next_step(tmp_path, case):
    write_series(tmp_path)
    spoil, words = REFUSED[case]
    spoil(tmp_path)
    message = refusal(tmp_path)
    assert all(word in message for word in [str(tmp_path), *words]), message


@pytest.mark.filterwarnings("ignore")  # pydicom's, of the cut file
@pytest.mark.parametrize("kept", [0, 100, 140, 300, 400, 600, -71, -1])
def test_a_cut_file_is_named(tmp_path, kept):
    path = write_series(tmp_path)[0]
    path.write_bytes(path.read_bytes()[:kept])
    assert path.name in refusal(tmp_path)


def test_a_compression_without_decoder_is_named(tmp_path):
    path = shutil.copy(get_testdata_file("JPEG-lossy.dcm", download=False), tmp_path / "a.dcm")  # of 12 bits
    fields = {"ImageOrientationPatient": [1, 0, 0, 0, 1, 0], "ImagePositionPatient": [0, 0, 0], "PixelSpacing": [1, 1]}
    change(path, MediaStorageSOPClassUID=CTImageStorage, **fields)
    assert re.search(r'a.dcm cannot be used: .*12-bit.*; if it is compressed, %pip install "pylibj', refusal(tmp_path))


def test_a_single_slice_has_its_thickness_if_it_is_known(tmp_path):
    write_slice(tmp_path / "a.dcm", HU[0], SliceThickness=2.5)
    assert ct.read_dicom_series(tmp_path / "a.dcm").spacing_mm == (2.5, 0.75, 0.5)
    change(tmp_path / "a.dcm", SliceThickness="")
    assert np.isnan(ct.read_dicom_series(tmp_path).spacing_mm[0])


def test_numbers_that_are_no_hounsfield_units_deserve_a_word(tmp_path):
    write_series(tmp_path, np.clip(HU, -700, None))
    with pytest.warns(UserWarning, match="nothing is near -1000 HU"):
        ct.read_dicom_series(tmp_path)


def test_patients_without_a_number_are_told_apart_by_folder(tmp_path):
    for name in ("1.2.1", "1.2.2"):  # as archives name folders
        write_series(tmp_path / name / "1", PatientID="")
        write_series(tmp_path / "pairs" / name / "full_1mm", PatientID=None)
        write_series(tmp_path / "pairs" / name / "quarter_1mm", PatientID=None)
    assert [ct.read_dicom_series(tmp_path / f"1.2.{n}").patient for n in (1, 2)] == ["1.2.1", "1.2.2"]
    assert ct.read_dicom_series(tmp_path / "1.2.2" / "1" / "1-001.dcm").patient == "1-001"
    pairs = ct.find_dose_pairs(tmp_path / "pairs")
    for name, folders in pairs.items():
        assert {volume.patient for volume in ct.read_dose_pairs(*folders)} == {name}


def test_without_pydicom_the_extra_is_named(tmp_path, monkeypatch):
    write_series(tmp_path)
    monkeypatch.setitem(sys.modules, "pydicom", None)
    with pytest.raises(ImportError, match=r'Run: %pip install "coursekit\[ct\]"$'):
        ct.read_dicom_series(tmp_path)


def test_what_is_missing_or_closed_is_named(tmp_path):
    for read in (ct.read_dicom_series, ct.find_dose_pairs, lambda folder: ct.read_dose_pairs(folder, folder)):
        with pytest.raises(DataError, match=r"nowhere cannot be read \(No such file"):
            read(tmp_path / "nowhere")
    with tempfile.TemporaryDirectory() as name:  # not below pytest's folders, which are closed to others
        Path(name).chmod(0o755)
        path = write_series(Path(name) / "scan" / "series")[0]
        for locked in (path, path.parent):
            with closed(locked), pytest.raises(DataError, match=f"{locked} can.*Permission denied"):
                ct.read_dicom_series(Path(name) / "scan")


def write_aapm(root, patient="L067", kind="1mm"):
    for dose, letters, hu in (("full", "FD", HU), ("quarter", "QD", LOW)):
        name = f"{patient}_{letters}_1_1"
        folder = root / patient / f"{dose}_{kind}"
        write_series(folder, hu, name=name + ".CT.0001.{:04d}.2015.12.22.IMA", PatientID=name, series=f"1.{len(dose)}")


def write_tcia(root, patient="C002"):
    for series, hu in {"Full Dose Images": HU, "Low dose images": LOW, "Full Dose Projections": HU[:1]}.items():
        folder = root / "LDCT-and-Projection-data" / patient / "12-23-2021-NA-NA-62464" / f"1.000000-{series}-99882"
        write_series(folder, hu, PatientID=patient, series=f"1.{len(series)}", SeriesDescription=series)
    (root / "LDCT-and-Projection-data" / ".DS_Store").write_text("x")


@pytest.mark.parametrize("write", [write_aapm, write_tcia])
def test_pairs_are_found_at_any_depth_and_read(tmp_path, write):
    for patient in ("L333", "L067", "C002"):
        write(tmp_path / "a" / "b", patient)
    write_aapm(tmp_path / ".ipynb_checkpoints")
    pairs = ct.find_dose_pairs(str(tmp_path))
    assert list(pairs) == ["C002", "L067", "L333"]
    for patient, folders in pairs.items():
        full, low = ct.read_dose_pairs(*folders)
        assert same(full)
        assert same(low, LOW)
        assert full.spacing_mm == low.spacing_mm == (3.0, 0.75, 0.5)
        assert full.patient.startswith(patient)


def test_of_several_pairs_one_is_chosen_by_name(tmp_path):
    for kind in ("1mm", "DICOM-CT-PD"):  # the latter are projections
        write_aapm(tmp_path, kind=kind)
    write_aapm(tmp_path, "L096")
    shutil.rmtree(tmp_path / "L096" / "quarter_1mm")  # one dose alone
    assert list(ct.find_dose_pairs(tmp_path)) == ["L067"]
    write_aapm(tmp_path, kind="3mm")
    with pytest.raises(ValueError, match=r"^folders must choose one pair.*L067 has .*full_1mm, .*quarter_3mm$"):
        ct.find_dose_pairs(tmp_path)
    (pair,) = ct.find_dose_pairs(tmp_path, folders="*_3MM").values()
    assert [folder.name for folder in pair] == ["full_3mm", "quarter_3mm"]
    with pytest.raises(DataError, match=r"has no pair such as .*to read_dose_pairs\.$"):
        ct.find_dose_pairs(tmp_path, folders="*_5mm")


@pytest.mark.parametrize("what", ["PatientID", "slices", "rows", "PixelSpacing", "gap", "top"])
def test_series_that_do_not_fit_are_refused(tmp_path, what):
    hu = {"slices": LOW[:3], "rows": LOW[:, :4]}.get(what, LOW)
    fields = {"PatientID": "L096_QD_1_1", "PixelSpacing": [0.75, 0.52], "gap": 3.05, "top": 43.0}
    write_series(tmp_path / "full", PatientID="L067_FD_1_1")
    write_series(tmp_path / "low", hu, **{"PatientID": "L067_QD_1_1"} | {k: v for k, v in fields.items() if k == what})
    with pytest.raises(DataError, match=r"full and .*low are no pair: .*find_dose_pairs finds them\.$"):
        ct.read_dose_pairs(tmp_path / "full", tmp_path / "low")
