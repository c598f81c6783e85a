"""Another source of data, chosen as papermill does: one cell of parameters is replaced, and the notebook reads it."""

import numpy as np
import pytest
import torch
from dicom_files import write_slice
from notebook_files import tags
from notebook_functions import Names, cells_for
from PIL import Image

from coursekit import data


@pytest.fixture(autouse=True)
def _threads():
    """A lab's first cell sets how many are used."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def run(name, words, **parameters):
    """Run the only cell with these words and the cells that it needs, with other parameters; what they have set."""
    chosen = cells_for(name, words)
    (place,) = (number for number, cell in enumerate(chosen) if "parameters" in tags(cell))
    assert set(parameters) <= Names(chosen[place].source).set
    namespace = {}
    for number, cell in enumerate(chosen):
        exec(compile(cell.source, name, "exec"), namespace)
        namespace.update(parameters if number == place else {})
    return namespace


def test_lab_5_takes_all_digits(monkeypatch, capsys):
    digits = [(np.full((n, 28, 28), n % 256, np.uint8), np.arange(n) % 10) for n in (700, 200)]
    monkeypatch.setattr(data, "fetch_mnist", lambda: digits)
    seen = run("05_more_architectures", "data.fetch_mnist()", SOURCE="full")
    assert np.array_equal(seen["test_images"], digits[1][0])
    assert "700 digits to train on" in capsys.readouterr().out


def test_lab_6_takes_a_folder_of_x_rays(tmp_path, capsys):
    names = [f"{part}/NORMAL/IM-{n}-0001.jpeg" for part, n in (("train", 1), ("train", 2), ("val", 3), ("test", 4))]
    ill = ("train/PNEUMONIA/person1_virus", "val/PNEUMONIA/person2_virus", "train/PNEUMONIA/person3_bacteria")
    names += [f"{name}_9.jpeg" for name in (*ill, "test/PNEUMONIA/person4_bacteria")]
    for grey, name in enumerate(names):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((90, 120), 20 * grey, np.uint8)).save(tmp_path / name)
    seen = run("06_pneumonia_xray", "xray.ChestXrayFolder(", SOURCE=str(tmp_path))
    assert len(seen["images"]) == len(seen["label"]) == len(seen["group"]) == len(names)
    assert (seen["in_test"].sum(), seen["label"].sum()) == (2, 4)
    assert f"{len(names)} real films" in capsys.readouterr().out


def test_lab_6_takes_a_file_of_pneumoniamnist(tmp_path, capsys):
    arrays = {}
    for part, number in (("train", 8), ("val", 4), ("test", 4)):
        arrays[f"{part}_images"] = np.full((number, 28, 28), number, np.uint8)
        arrays[f"{part}_labels"] = np.arange(number, dtype=np.uint8)[:, None] % 2
    np.savez(tmp_path / "small.npz", **arrays)
    seen = run("06_pneumonia_xray", "xray.ChestXrayFolder(", SOURCE=str(tmp_path / "small.npz"))
    assert seen["in_test"].tolist() == [False] * 12 + [True] * 4
    assert "16 real films" in capsys.readouterr().out


def test_lab_7_takes_a_folder_of_ct_series_of_two_or_more_patients(tmp_path, capsys):
    hu = np.random.default_rng(0).integers(-1000, 1000, (3, 32, 32)).astype(np.int16)
    for number, patient in enumerate("ABC"):
        (tmp_path / patient).mkdir()
        for z in range(3):
            path = tmp_path / patient / f"{z}.dcm"
            write_slice(path, hu[z], z=5.0 * z, PatientID=patient, series=f"1.2.{number}")
    seen = run("07_low_dose_ct", "read_volumes(SOURCE)", SOURCE=str(tmp_path))
    assert [len(seen["groups"][name]) for name in ("train", "test")] == [2, 1]
    assert seen["groups"]["test"][0].hu.shape == (3, 256, 256)
    assert "train patients 2, slices 6" in capsys.readouterr().out
    with pytest.raises(ValueError, match="SOURCE must hold at least two patients"):
        run("07_low_dose_ct", "read_volumes(SOURCE)", SOURCE=str(tmp_path / "A"))
