"""The remote data sets: each is checked, and its folder gets its name only when all of it is there."""

import os
import shutil

from coursekit._download.sets import Archive, File, Files
from coursekit._errors import DataError, Trouble

__all__ = ["REGISTRY", "DataError", "fetch"]


def _mnist(name, size, packed, plain):
    mirrors = ("https://ossci-datasets.s3.amazonaws.com/mnist/", "https://storage.googleapis.com/cvdf-datasets/mnist/")
    urls = tuple(f"{mirror}{name}.gz" for mirror in mirrors)
    return File(f"raw/{name}", urls, size, f"sha256:{packed}", f"sha256:{plain}")


REGISTRY = {
    "mnist": Files(
        title="MNIST",
        folder="MNIST",  # as torchvision has it
        instead="load_mnist_10k, which needs no network",
        files=(
            _mnist(
                "train-images-idx3-ubyte",
                9_912_422,
                "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
                "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
            ),
            _mnist(
                "train-labels-idx1-ubyte",
                28_881,
                "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
                "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
            ),
            _mnist(
                "t10k-images-idx3-ubyte",
                1_648_877,
                "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
                "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
            ),
            _mnist(
                "t10k-labels-idx1-ubyte",
                4_542,
                "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
                "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
            ),
        ),
    ),
    "pneumoniamnist": Files(
        title="PneumoniaMNIST",
        folder="PneumoniaMNIST",
        instead="simulate_chest_xrays, which needs no network",
        files=(
            File(
                "pneumoniamnist.npz",
                (
                    "https://zenodo.org/records/6496656/files/pneumoniamnist.npz",
                    "https://zenodo.org/records/10519652/files/pneumoniamnist.npz",
                    "https://huggingface.co/datasets/albertvillanova/medmnist-v2/resolve/main/data/pneumoniamnist.npz",
                ),
                4_200_000,
                "md5:28209eda62fecd6e6a2d98b1501bb15f",
            ),
        ),
    ),
    "chest_xray": Archive(
        title="The set of chest X-rays",
        folder="chest_xray",
        instead="fetch_pneumoniamnist, which needs no account",
        slug="paultimothymooney/chest-xray-pneumonia",
        size=2_600_000_000,
        unpacked=1_300_000_000,
        # neither the second copy, chest_xray/chest_xray, nor the shadow files of macOS, whose names begin with a dot
        wanted=r"chest_xray/((?:train|val|test)/(?:NORMAL|PNEUMONIA)/\w[\w.-]*\.jpeg)",
        counts={
            "train/NORMAL": 1341,
            "train/PNEUMONIA": 3875,
            "val/NORMAL": 8,
            "val/PNEUMONIA": 8,
            "test/NORMAL": 234,
            "test/PNEUMONIA": 390,
        },
        endings=(".jpeg",),
    ),
    "ct_slices": Archive(
        title="The set of CT slices",
        folder="ct_slices",
        instead="load_chest_ct, which needs no network",
        slug="kmader/siim-medical-images",
        size=1_000_000_000,
        unpacked=100_000_000,
        wanted=r"(dicom_dir/\w[\w.-]*\.dcm|overview\.csv)",
        counts={"dicom_dir": 100, ".": 1},
        endings=(".dcm", ".csv"),
    ),
}


def fetch(name, home):
    """Make sure that a set is in `home`; nothing is downloaded where it is there already.

    Parameters
    ----------
    name : str
        A key of `REGISTRY`.
    home : pathlib.Path
        Folder for downloaded data; it is made if it is not there. In its folder .downloading stands what an
        interrupted call has left; the next call goes on from there.

    Returns
    -------
    pathlib.Path
        The folder of the set, which is complete.

    Raises
    ------
    DataError
        If it cannot be downloaded, or what is on the disk is not complete.
    """
    remote, again = REGISTRY[name], f"call fetch_{name} again"
    folder = home / remote.folder
    try:
        if not folder.exists():
            _make(remote, folder, home / ".downloading" / name)
        fault = remote.fault(folder)
    except Trouble as error:
        raise DataError(
            f"{remote.title} could not be downloaded to {home} ({error.reason}). {error.remedy}, then {again}; "
            f"or use {remote.instead}."
        ) from error
    except (OSError, NotImplementedError) as error:  # filelock raises the latter where a disk has no locks
        reason = getattr(error, "strerror", None) or error
        raise DataError(
            f"{remote.title} could not be stored in {home} or read there ({reason}). Free some space, or set "
            f"COURSEKIT_DATA to another folder, then {again}."
        ) from error
    if fault:
        raise DataError(f"{fault}. Delete {folder}, then {again}.")
    return folder


def _make(remote, folder, work):
    """Download and unpack beside the final place, then rename; one process at a time."""
    import filelock

    work.parent.mkdir(parents=True, exist_ok=True)
    with filelock.FileLock(work.with_suffix(".lock")):
        if folder.exists():  # another process was at it
            return
        made = work / "made"
        shutil.rmtree(made, ignore_errors=True)  # of a killed process
        made.mkdir(parents=True)
        remote.make(made, work)
        if fault := remote.fault(made):
            raise Trouble(fault, "Check the disk")
        os.replace(made, folder)
        shutil.rmtree(work, ignore_errors=True)
