"""The functions that the lab on low-dose CT builds by hand: rays, filters, patches, networks, and its sources."""

import functools

import numpy as np
import pytest
import torch
from dicom_files import HU, write_series, write_slice
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from notebook_functions import functions

from coursekit import ct


@functools.cache  # Hypothesis asks for each function many times
def lab(*names):
    found = functions("07_low_dose_ct", *names)
    return found if len(found) > 1 else found[0]


@settings(max_examples=25)
@given(st.integers(2, 12), st.integers(1, 9))
def test_the_matrix_of_rays_is_that_of_the_projector(size, n_angles):
    ray_matrix = lab("ray_matrix")
    np.testing.assert_allclose(ray_matrix(size, n_angles), ct.Projector(size, n_angles).matrix.toarray(), atol=1e-6)


@settings(max_examples=25)
@given(arrays.arrays(float, (16, 8), elements=st.floats(-1000, 1000)), st.floats(0, 100))
def test_wavelets_shrink_differences_and_keep_the_mean(image, threshold):
    haar, wavelet = lab("haar", "wavelet")
    np.testing.assert_allclose(haar(image, 0), image, atol=1e-9)
    np.testing.assert_allclose(wavelet(image, 0), image, atol=1e-9)
    smooth = haar(image, threshold)
    assert smooth.mean() == pytest.approx(image.mean(), abs=1e-9)
    assert smooth.std() <= image.std() + 1e-9
    np.testing.assert_allclose(haar(image, 1e9, levels=2)[:4, :4], image[:4, :4].mean(), atol=1e-9)


def test_the_noise_level_is_found_beside_edges():
    image = np.random.default_rng(0).normal(0, 30, (128, 128))
    image[:, 64:] += 1000
    assert lab("noise_level")(image) == pytest.approx(30, rel=0.05)


def test_a_patch_and_its_target_are_cut_and_flipped_alike():
    image = np.arange(2 * 128 * 128).reshape(2, 128, 128)
    bag = lab("Patches")(image, image + 5, size=32)
    torch.manual_seed(0)
    seen = [bag[number % 2] for number in range(40)]
    assert {tuple(part.shape) for pair in seen for part in pair} == {(1, 32, 32)}
    for noisy, target in seen:
        torch.testing.assert_close(target - noisy, torch.full_like(noisy, 0.05), atol=5e-4, rtol=0)
    assert len({noisy.flatten()[0].item() for noisy, _ in seen}) > 30


@pytest.mark.parametrize("name", ["UNet", "ResidualCNN"])
def test_an_untrained_network_changes_nothing_and_then_learns(name):
    torch.manual_seed(0)
    model, noisy = lab(name)(), torch.randn(2, 1, 16, 24)
    assert torch.equal(model(noisy), noisy)
    (model(noisy) ** 2).mean().backward()
    assert model.last.weight.grad.abs().max() > 0


def test_lesions_lie_in_their_tissue_and_apart_or_are_left_out():
    insert_lesions, find_places, disc = lab("insert_lesions", "find_places", "disc")
    kinds = {"lung": ((-950, -700), 5, 100), "soft tissue": ((-20, 120), 6, -40)}
    insert_lesions.__globals__.update(LESIONS=kinds, SEED=0, fine_distance=np.hypot(*(np.mgrid[:256, :256] - 127.5)))
    healthy = np.where(ct.in_circle(256), 40.0, -1000.0)[None]
    ill, cores = insert_lesions(healthy, 1.0)
    assert list(cores) == ["soft tissue"]  # there is no lung
    assert insert_lesions(np.full((1, 256, 256), -1000.0), 1.0)[1] == {}
    small = (ill - healthy)[0].reshape(128, 2, 128, 2).mean(axis=(1, 3))
    assert all(number == 0 and set(small[core]) == {-40} for number, core in cores["soft tissue"])
    hu = healthy[0].copy()
    hu[100:160, 60:130] = -850
    places = find_places(hu, -950, -700, 1.0, 5, np.random.default_rng(0), wanted=3)
    assert len(places) >= 2
    assert all((hu[disc(row, column, 5) > 0] == -850).all() for row, column in places)
    assert min(np.hypot(*np.subtract(one, other)) for one in places for other in places if one is not other) > 25


@pytest.mark.parametrize("kind", ["folders", "files", "pairs"])
def test_each_kind_of_folder_is_read(tmp_path, kind):
    for number, patient in enumerate("ABC"):
        fields = {"PatientID": patient, "series": f"1.{number}"}
        if kind == "files":
            write_slice(tmp_path / f"ID_{number}.dcm", HU[number], **fields)
        for name in {"folders": ["study/series"], "files": [], "pairs": ["full_1mm", "quarter_1mm"]}[kind]:
            write_series(tmp_path / patient / name, name="{:04d}.IMA", **fields)
    read_volumes, to_256 = lab("read_volumes", "to_256")
    volumes = read_volumes(str(tmp_path))
    assert [len(volume.hu) for volume, _ in volumes] == [1 if kind == "files" else 4] * 3
    assert [partner is not None for _, partner in volumes] == [kind == "pairs"] * 3
    assert to_256(volumes[0][0].hu).shape[1:] == (256, 256)
