"""Another source of data, chosen as papermill does: one cell of parameters is replaced, and the notebook reads it."""

import numpy as np
import pytest
import torch
from dicom_files import write_slice
from notebook_files import tags
from notebook_functions import Names, cells_for
from small_sets import DIGITS
from xray_tree import XRAYS, kaggle_tree

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
    monkeypatch.setattr(data, "fetch_mnist", lambda: (DIGITS["train"], DIGITS["t10k"]))
    seen = run("05_convolutional_networks", "data.fetch_mnist()", SOURCE="full")
    assert np.array_equal(seen["test_images"], DIGITS["t10k"][0])
    assert f"{len(DIGITS['train'][0])} digits to train on" in capsys.readouterr().out


def test_lab_6_takes_a_folder_of_x_rays(tmp_path, capsys):
    seen = run("06_pneumonia_xray", "xray.ChestXrayFolder(", SOURCE=str(kaggle_tree(tmp_path)))
    assert len(seen["images"]) == len(seen["label"]) == len(seen["group"]) == len(XRAYS)
    assert seen["in_test"].sum() == sum(name.startswith("test/") for name in XRAYS)
    assert f"{len(XRAYS)} real films" in capsys.readouterr().out


def test_lab_6_takes_a_file_of_pneumoniamnist(tmp_path, capsys):
    arrays = {}
    for part, number in (("train", 8), ("val", 4), ("test", 4)):
        arrays[f"{part}_images"] = np.full((number, 28, 28), number, np.uint8)
        arrays[f"{part}_labels"] = np.arange(number, dtype=np.uint8)[:, None] % 2
    np.savez(tmp_path / "small.npz", **arrays)
    seen = run("06_pneumonia_xray", "xray.ChestXrayFolder(", SOURCE=str(tmp_path / "small.npz"))
    assert seen["in_test"].tolist() == [False] * 12 + [True] * 4
    assert "16 real films" in capsys.readouterr().out


def test_lab_7_takes_a_folder_of_ct_series(tmp_path, capsys):
    hu = np.random.default_rng(0).integers(-1000, 1000, (3, 32, 32)).astype(np.int16)
    for patient in "ABC":
        (tmp_path / patient).mkdir()
        for z in range(3):
            write_slice(
                tmp_path / patient / f"{z}.dcm", hu[z], z=5.0 * z, PatientID=patient, series=f"1.2.{ord(patient)}"
            )
    seen = run("07_low_dose_ct", "read_volumes(SOURCE)", SOURCE=str(tmp_path))
    assert [len(seen["groups"][name]) for name in ("train", "test")] == [2, 1]
    assert seen["groups"]["test"][0].hu.shape == (3, 256, 256)
    assert "train patients 2, slices 6" in capsys.readouterr().out


def test_lab_7_asks_for_a_second_patient(tmp_path):
    for z in range(3):
        write_slice(tmp_path / f"{z}.dcm", np.zeros((32, 32), np.int16), z=5.0 * z)
    with pytest.raises(ValueError, match="SOURCE must hold at least two patients"):
        run("07_low_dose_ct", "read_volumes(SOURCE)", SOURCE=str(tmp_path))
