"""LoDoPaB-CT's files: slices in order, in units, and an error for every file that is not as published."""

import pickle
import sys

import h5py
import numpy as np
import pytest
from torch.utils.data import DataLoader

from coursekit import ct
from coursekit.data import DataError

MU_MAX = 81.35858
SHAPES = {"observation": (1000, 513), "ground_truth": (362, 362)}


def write(folder, number, slices=128, part="train", truths=None, shapes=SHAPES, key="data"):
    """Two files of which only the first and last slices are not zero, as chunks that are not written take no room."""
    folder.mkdir(parents=True, exist_ok=True)
    for kind, shape in shapes.items():
        count = truths if truths and kind == "ground_truth" else slices
        with h5py.File(folder / f"{kind}_{part}_{number:03d}.hdf5", "w") as file:
            data = file.create_dataset(key, (count, *shape), "float32", maxshape=(128, *shape), chunks=(1, *shape))
            for row in {0, count - 1} & set(range(slices)):
                data[row] = example(kind, number, row, shape)
    return folder


def example(kind, number, row, shape):
    rng = np.random.default_rng([number, row, len(kind)])
    return rng.uniform(0, 1 if kind == "ground_truth" else 0.1, shape).astype(np.float32)


def test_slices_come_in_order_and_in_units(tmp_path):
    write(tmp_path, 0)
    write(tmp_path, 1, 5)
    slices = ct.read_lodopab(str(tmp_path))
    assert len(slices) == 133
    for index, (number, row) in {0: (0, 0), 127: (0, 127), 128: (1, 0), 132: (1, 4), -1: (1, 4), -133: (0, 0)}.items():
        observation, hu = slices[np.int64(index)]
        assert (observation.dtype, observation.shape) == (np.float32, (1000, 513))
        assert (hu.dtype, hu.shape) == (np.float32, (362, 362))
        stored = {kind: example(kind, number, row, shape).astype(float) for kind, shape in SHAPES.items()}
        assert np.allclose(observation, stored["observation"] * MU_MAX, rtol=1e-5)
        mu = stored["ground_truth"].T * MU_MAX  # columns are stored first
        assert np.allclose(hu, (mu - 20) * 1000 / (20 - 0.02), rtol=0, atol=0.01)
    for index in (133, -134):
        with pytest.raises(IndexError, match=f"slice {index} of 133"):
            slices[index]
    with pytest.raises(TypeError):
        slices["0"]
    assert sum(1 for _ in slices) == 133


def test_air_water_and_the_top_have_their_hounsfield_units(tmp_path):
    write(tmp_path, 0, 1)
    with h5py.File(tmp_path / "ground_truth_train_000.hdf5", "r+") as file:
        file["data"][0, :4, 0] = [0.02 / MU_MAX, 20 / MU_MAX, 1, 0]
    assert ct.read_lodopab(tmp_path)[0][1][0, :4] == pytest.approx([-1000, 0, 3071, -1001.001], abs=0.01)


@pytest.mark.parametrize("part", ["train", "validation", "test"])
def test_each_part_may_lie_in_the_folders_of_its_archives(tmp_path, part):
    write(tmp_path, 0, 2, part=part)
    for kind in SHAPES:
        (tmp_path / f"{kind}_{part}").mkdir()
        (tmp_path / f"{kind}_{part}_000.hdf5").rename(tmp_path / f"{kind}_{part}" / f"{kind}_{part}_000.hdf5")
    assert len(ct.read_lodopab(tmp_path, part)) == 2
    for other in {"train", "validation", "test"} - {part}:
        with pytest.raises(
            DataError, match=rf"lacks observation_{other}_000\.hdf5\. Download observation_{other}\.zip"
        ):
            ct.read_lodopab(tmp_path, other)


def test_the_last_file_of_images_may_be_filled_up(tmp_path):
    assert len(ct.read_lodopab(write(tmp_path, 0, 5, truths=128))) == 5


def test_a_loader_with_workers_can_read_it(tmp_path):
    slices = ct.read_lodopab(write(tmp_path, 0, 4))
    slices[0]  # nothing may stay open that a worker cannot get
    sent = pickle.loads(pickle.dumps(slices))  # as on Windows and macOS, whose workers are no copies of this process
    batches = list(DataLoader(sent, batch_size=2, num_workers=2))
    assert [[tuple(part.shape) for part in batch] for batch in batches] == [[(2, 1000, 513), (2, 362, 362)]] * 2
    assert np.array_equal(batches[1][1][1].numpy(), slices[3][1])


def cut(path):
    path.write_bytes(path.read_bytes()[:-100])


WRONG = {
    "a missing image file": (
        lambda folder: (folder / "ground_truth_train_001.hdf5").unlink(),
        "lacks ground_truth_train_001",
    ),
    "a missing sinogram file": (
        lambda folder: (folder / "observation_train_001.hdf5").unlink(),
        "lacks observation_train_001",
    ),
    "a gap": (lambda folder: (folder / "observation_train_000.hdf5").unlink(), "lacks observation_train_000"),
    "a cut file": (lambda folder: cut(folder / "observation_train_000.hdf5"), "observation_train_000.hdf5 is damaged"),
    "no HDF5": (
        lambda folder: (folder / "ground_truth_train_000.hdf5").write_text("<html>"),
        "ground_truth_train_000.hdf5 is damaged",
    ),
    "another key": (lambda folder: write(folder, 1, key="images"), "observation_train_001.hdf5 is damaged .*data"),
    "another shape": (
        lambda folder: write(folder, 1, shapes={"observation": (1000, 513), "ground_truth": (64, 64)}),
        r"ground_truth_train_001.hdf5 holds an array of shape \(128, 64, 64\)",
    ),
    "a short file in the middle": (lambda folder: write(folder, 0, 100), "holds 100 slices and .* 100"),
    "more sinograms than images": (lambda folder: write(folder, 1, 5, truths=4), "holds 5 slices and .* 4"),
    "no slice at all": (lambda folder: write(folder, 1, 0), "holds 0 slices"),
}


@pytest.mark.parametrize("fault", WRONG)
def test_files_that_are_not_as_published_are_named(tmp_path, fault):
    write(tmp_path, 0)
    write(tmp_path, 1, 5)
    spoil, words = WRONG[fault]
    spoil(tmp_path)
    with pytest.raises(DataError, match=words) as caught:
        ct.read_lodopab(tmp_path)
    last = str(caught.value).rsplit(". ", 1)[1]
    assert last.split()[0] in {"Download", "Unpack", "Give"}


def test_damage_within_a_file_is_noticed_when_the_slice_is_read(tmp_path):
    write(tmp_path, 0, 2)
    path = tmp_path / "observation_train_000.hdf5"
    slices = ct.read_lodopab(tmp_path)
    slices[0]
    path.unlink()
    with pytest.raises(DataError, match=r"observation_train_000.hdf5 is damaged.*download it again\.$"):
        slices[0]


def test_without_h5py_the_extra_is_named(tmp_path, monkeypatch):
    write(tmp_path, 0, 1)
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(ImportError, match=r'Run: %pip install "coursekit\[ct\]"$'):
        ct.read_lodopab(tmp_path)
