"""Full-dose and low-dose series of one scan, in the folders in which the two public sets come."""

import numpy as np
import pytest
from dicom_files import HU, write_series

from coursekit import ct
from coursekit.data import DataError

LOW = np.clip(HU + np.random.default_rng(1).integers(-200, 200, HU.shape), -1024, 3071).astype(np.int16)


def write_aapm(root, patient="L067", kind="1mm"):
    for dose, letters, hu in (("full", "FD", HU), ("quarter", "QD", LOW)):
        name = f"{patient}_{letters}_1_1.CT.0001.{{:04d}}.2015.12.22.18.09.40.541197.358074219.IMA"
        fields = {"PatientID": f"{patient}_{letters}_1_1", "series": f"1.{len(letters + dose)}"}
        write_series(root / patient / f"{dose}_{kind}", hu, name=name, **fields)


def write_tcia(root, patient="C002", study="12-23-2021-NA-NA-62464", full="Full Dose Images", low="Low Dose Images"):
    for number, (series, hu) in enumerate({full: HU, low: LOW, "Full Dose Projections": HU[:1]}.items()):
        folder = root / "LDCT-and-Projection-data" / patient / study / f"1.000000-{series}-{number}9882"
        write_series(folder, hu, PatientID=patient, series=f"1.{number}", SeriesDescription=series)
    (root / "LICENSE").write_text("CC BY 4.0")
    (root / "LDCT-and-Projection-data" / ".DS_Store").write_text("x")


@pytest.mark.parametrize("write", [write_aapm, write_tcia])
def test_pairs_are_found_and_read(tmp_path, write):
    for patient in ("L333", "L067", "C002"):
        write(tmp_path, patient)
    pairs = ct.find_dose_pairs(str(tmp_path))
    assert list(pairs) == ["C002", "L067", "L333"]
    for patient, folders in pairs.items():
        assert all(patient in folder.parts for folder in folders)
        full, low = ct.read_dose_pairs(*folders)
        assert np.array_equal(full.hu, HU)
        assert np.array_equal(low.hu, LOW)
        assert full.spacing_mm == low.spacing_mm == (3.0, 0.75, 0.5)
        assert full.patient.startswith(patient)


def test_both_layouts_may_lie_together_at_any_depth(tmp_path):
    write_aapm(tmp_path / "a" / "b")
    write_tcia(tmp_path / "manifest-1648648375084", full="Full dose images")  # as some patients' are spelt
    assert list(ct.find_dose_pairs(tmp_path)) == ["C002", "L067"]


def test_the_folder_of_one_patient_is_enough(tmp_path, monkeypatch):
    write_aapm(tmp_path)
    monkeypatch.chdir(tmp_path / "L067")
    assert list(ct.find_dose_pairs(".")) == ["L067"]


def test_the_two_archives_of_the_challenge_may_be_unpacked_side_by_side(tmp_path):
    write_aapm(tmp_path)
    for dose in ("full", "quarter"):
        (tmp_path / f"{dose}_1mm" / "L067").mkdir(parents=True)
        (tmp_path / "L067" / f"{dose}_1mm").rename(tmp_path / f"{dose}_1mm" / "L067" / f"{dose}_1mm")
    assert {patient: len(pair) for patient, pair in ct.find_dose_pairs(tmp_path).items()} == {"L067": 2}


def test_a_patient_with_one_dose_is_left_out(tmp_path):
    write_aapm(tmp_path, "L067")
    write_aapm(tmp_path, "L096")
    for path in (tmp_path / "L096" / "quarter_1mm").iterdir():
        path.unlink()
    write_aapm(tmp_path, "L109", kind="3mm")
    (tmp_path / "L109" / "full_3mm").rename(tmp_path / "L109" / "full_1mm")  # one of each thickness: no pair
    assert list(ct.find_dose_pairs(tmp_path)) == ["L067"]


def test_of_several_pairs_one_is_chosen_by_name(tmp_path):
    for kind in ("1mm", "3mm", "3mm_sharp"):
        write_aapm(tmp_path, kind=kind)
    with pytest.raises(DataError, match=r"L067 has more than one pair: .*full_1mm, .*Choose with folders"):
        ct.find_dose_pairs(tmp_path)
    for pattern in ("*_1mm", "*_3mm", "*_3MM_sharp"):
        (pair,) = ct.find_dose_pairs(tmp_path, folders=pattern).values()
        assert [folder.name for folder in pair] == [f"{dose}{pattern[1:].lower()}" for dose in ("full", "quarter")]
    with pytest.raises(DataError, match=r"no full-dose folder.*to read_dose_pairs\.$"):
        ct.find_dose_pairs(tmp_path, folders="*_5mm")


def test_two_scans_of_a_patient_are_not_mixed(tmp_path):
    write_tcia(tmp_path)
    write_tcia(tmp_path, study="01-01-2022-NA-NA-11111")
    with pytest.raises(DataError, match="C002 has more than one pair"):
        ct.find_dose_pairs(tmp_path)
    assert list(ct.find_dose_pairs(next(tmp_path.glob("*/C002/01*")))) == ["C002"]


@pytest.mark.parametrize(
    ("what", "hu", "fields"),
    [
        ("patients", LOW, {"PatientID": "L096_QD_1_1"}),
        ("shapes", LOW[:3], {}),
        ("shapes", LOW[:, :4], {}),
        ("spacings", LOW, {"PixelSpacing": [0.75, 0.52]}),
        ("spacings", LOW, {"gap": 3.05}),
        ("positions", LOW, {"top": 43.0}),
    ],
)
def test_series_that_do_not_fit_are_refused(tmp_path, what, hu, fields):
    write_series(tmp_path / "full", PatientID="L067_FD_1_1")
    write_series(tmp_path / "low", hu, **{"PatientID": "L067_QD_1_1", **fields})
    with pytest.raises(DataError, match=rf"full and .*low are no pair: their {what}.* differ.*find_dose_pairs finds"):
        ct.read_dose_pairs(tmp_path / "full", tmp_path / "low")


def test_nothing_to_find_is_said(tmp_path):
    with pytest.raises(DataError, match=r"is no folder\. Give"):
        ct.find_dose_pairs(tmp_path / "nowhere")
    write_series(tmp_path / "full")
    with pytest.raises(DataError, match="no full-dose folder"):
        ct.find_dose_pairs(tmp_path)
