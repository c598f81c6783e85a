"""Data sets: `load_*` reads at once what travels with the course, `fetch_*` downloads once what does not.

Each file is checked before it is read. A wrong argument raises TypeError; trouble with a file or a download raises
DataError, which ends with the next step. Sources, licences, columns and faults: see datasets/README.md.
"""

import gzip
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
import zlib
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from coursekit import errors
from coursekit.errors import DataError

BUNDLED = {  # sha256 of what travels with the course
    "boston_housing.csv": "b306152a35f738c5da5472e940048ee7a71dcdf4378026e05606fe2fcfef1adf",
    "pima_diabetes.csv": "c980e5e01dc1c554a358102b773f34b29599d0051ec5cf5b56ad1c6fcb3a23b0",
    "mnist_10k.npz": "e6440fa48fd70b8dfd03dd81081b36f7954afa6b4800b4ea9954f6f1743f4bb2",
    "chest_ct.npz": "b5a012bbbfd05cb9abc2e8cad88bad83dc434a10e83f7560450c961a48340611",
}
MIRRORS = {  # folder in the data home -> where its files are; asked in this order
    "MNIST": ("https://ossci-datasets.s3.amazonaws.com/mnist/", "https://storage.googleapis.com/cvdf-datasets/mnist/"),
    "PneumoniaMNIST": ("https://zenodo.org/records/6496656/files/", "https://zenodo.org/records/10519652/files/"),
}
FILES = {
    "MNIST/train-images-idx3-ubyte.gz": "sha256:440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    "MNIST/train-labels-idx1-ubyte.gz": "sha256:3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    "MNIST/t10k-images-idx3-ubyte.gz": "sha256:8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    "MNIST/t10k-labels-idx1-ubyte.gz": "sha256:f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
    "PneumoniaMNIST/pneumoniamnist.npz": "md5:28209eda62fecd6e6a2d98b1501bb15f",  # Zenodo states no other checksum
}
# Kaggle packs its archives anew from time to time, so their bytes are not known, but the files in them are:
# folder in the data home -> name on Kaggle, folder in the archive, number of files that match each pattern there.
CHEST_XRAYS = {"train/NORMAL/*.jpeg": 1341, "train/PNEUMONIA/*.jpeg": 3875, "val/NORMAL/*.jpeg": 8}
CHEST_XRAYS |= {"val/PNEUMONIA/*.jpeg": 8, "test/NORMAL/*.jpeg": 234, "test/PNEUMONIA/*.jpeg": 390}
KAGGLE = {
    "chest_xray": ("paultimothymooney/chest-xray-pneumonia", "chest_xray", CHEST_XRAYS),
    "ct_slices": ("kmader/siim-medical-images", ".", {"dicom_dir/*.dcm": 100, "overview.csv": 1}),
}
# Kaggle's command line: ended when this process is, with the log of urllib3, which has the status of each answer.
KAGGLE_CLIENT = """
import logging, os, threading
threading.Thread(target=lambda: (os.read(0, 1), os._exit(1)), daemon=True).start()
logging.basicConfig(level=logging.DEBUG)
from kaggle.cli import main
main()
"""
KAGGLE_SAYS = {  # in that log -> what it means
    r'"GET \S+ \S+ 403 ': "The link to the archive ran out before all of it had arrived. Wait a moment",
    '" 401 |must auth|Authentication req': "Kaggle does not accept the token in {place}. Put a new one there",
    '" 403 ': "Kaggle refuses it to this account. Sign in at https://www.kaggle.com/datasets/{slug}, accept the terms",
    '" 404 ': "Kaggle does not have it any more. Look at https://www.kaggle.com/datasets/{slug}, update the course",
    r'" (429|5\d\d) ': "Kaggle is busy or out of order. Wait an hour",
    "": "Kaggle's client failed. Check the connection, and the token in {place}",
}
TOKEN_PLACES = (  # variables and files, in the order in which Kaggle's client looks for a token
    *("KAGGLE_API_TOKEN", "~/.kaggle/access_token", "~/.kaggle/access_token.txt", "KAGGLE_USERNAME and KAGGLE_KEY"),
    *("$KAGGLE_CONFIG_DIR/kaggle.json", "~/.kaggle/kaggle.json", "~/.config/kaggle/kaggle.json"),
    "~/.kaggle/credentials.json",
)
SECONDS = (10, 60)  # to wait for a connection, and for the next piece of a file
KAGGLE_SECONDS = 120  # to wait for the next piece of an archive: Kaggle's client would wait for ever


@dataclass(frozen=True)
class CTVolume:
    """One patient's CT: slices from head to feet, rows from front to back, columns from the patient's right to left."""

    hu: np.ndarray  # int16, shape (slices, rows, columns), Hounsfield units
    spacing_mm: tuple  # distance between neighbouring slices, rows and columns in mm
    patient: int | str  # number of the patient, or the PatientID of a DICOM file


def load_boston_housing(geo=False):
    """Load housing prices of 506 census tracts around Boston, 1970 (Harrison & Rubinfeld 1978).

    Parameters
    ----------
    geo : bool; Add TOWN, LON and LAT in front; as published they are right in shape, but not true degrees

    Returns
    -------
    pandas.DataFrame, shape (506, 14) or (506, 17)
        Thirteen columns on the tract, of which B encodes race, and MEDV, the median value of its homes in $1000.
    """
    import pandas as pd

    table = pd.read_csv(_bundled("boston_housing.csv"))
    return table if geo else table.drop(columns=["TOWN", "LON", "LAT"])


def load_pima_diabetes():
    """Load the diabetes study of 768 women of Pima heritage (NIDDK; Smith et al. 1988).

    Returns
    -------
    pandas.DataFrame, shape (768, 9)
        Eight columns on the woman, where 0 in Glucose to BMI means missing; Outcome, 1 = diabetes within five years.
    """
    import pandas as pd

    return pd.read_csv(_bundled("pima_diabetes.csv"))


def load_mnist_10k():
    """Load 10,000 handwritten digits in shuffled order (MNIST, LeCun & Cortes; CC BY-SA 3.0).

    Returns
    -------
    images, labels : numpy.ndarray
        uint8, shape (10000, 28, 28), 0 = paper, 255 = ink; int64, shape (10000,), the digit, 0 to 9.
    """
    with np.load(_bundled("mnist_10k.npz")) as archive:
        return archive["images"], archive["labels"]


def load_chest_ct():
    """Load chest CT of two adults with a lung tumour (pyradiomics 3.0.1; BSD-3-Clause). Not for clinical use.

    Gives a tuple of two `CTVolume`: patient 1 and patient 2, 48 and 61 slices of 256 x 256.
    """
    with np.load(_bundled("chest_ct.npz")) as archive:
        parts = [(archive[f"hu_{patient}"], archive[f"spacing_mm_{patient}"], patient) for patient in (1, 2)]
    return tuple(CTVolume(hu, tuple(spacing_mm.tolist()), patient) for hu, spacing_mm, patient in parts)


def _bundled(name):
    """Path of a bundled file whose sha256 is right: beside this module in a wheel, in datasets/ in a checkout."""
    package = Path(__file__).parent
    inside = package / "datasets" / name
    path = inside if inside.is_file() else package.parent / "datasets" / name
    if path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == BUNDLED[name]:
        return path
    mend = f"Get it back: in a clone run `git checkout -- datasets/{name}`, else reinstall coursekit."
    raise DataError(f"The data file {path} is {'damaged' if path.is_file() else 'missing'}. {mend}")


def data_home():
    """Give the folder for downloaded data, which need not exist yet: $COURSEKIT_DATA, else the user's cache folder."""
    import pooch

    return Path(os.environ.get("COURSEKIT_DATA") or pooch.os_cache("coursekit")).expanduser().resolve()


def fetch_mnist():
    """Download all 70,000 handwritten digits of MNIST once (11 MB; LeCun & Cortes; CC BY-SA 3.0).

    Gives train and test, split as published: 60,000 digits and 10,000 by other writers, each as of `load_mnist_10k`.
    """
    paths = _fetch(_from_mirrors, "MNIST", "load_mnist_10k, which needs no network")
    contents = [bytearray(gzip.decompress(path.read_bytes())) for path in paths]
    images = [np.frombuffer(content, np.uint8, offset=16).reshape(-1, 28, 28) for content in contents[::2]]
    labels = [np.frombuffer(content, np.uint8, offset=8).astype(np.int64) for content in contents[1::2]]
    return tuple(zip(images, labels, strict=True))


def fetch_pneumoniamnist():
    """Download children's chest X-rays of 28 x 28 pixels once (4 MB; MedMNIST v2, from Kermany et al.; CC BY 4.0).

    Gives train, val and test, 4,708, 524 and 624 X-rays, split as published, as `read_pneumoniamnist` does.
    """
    return read_pneumoniamnist(*_fetch(_from_mirrors, "PneumoniaMNIST", "simulate_chest_xrays, which needs no network"))


def fetch_chest_xray():
    """Download 5,856 children's chest X-rays from Kaggle once (2.5 GB; Kermany et al.; CC BY 4.0; needs a token).

    Gives the path of a folder with train, val and test, each with NORMAL and PNEUMONIA: JPEG files of many sizes, grey
    or RGB; 1.2 GB.
    """
    return _fetch(_from_kaggle, "chest_xray", "fetch_pneumoniamnist, which needs no account")


def fetch_ct_slices():
    """Download 100 chest CT slices from Kaggle once (up to 1 GB; The Cancer Imaging Archive; CC BY 3.0; needs a token).

    Gives the path of a folder with dicom_dir, the slices (512 x 512) as DICOM files, and overview.csv, a table of them.
    """
    return _fetch(_from_kaggle, "ct_slices", "load_chest_ct, which needs no network")


def read_pneumoniamnist(path):
    """Read a file in the form of PneumoniaMNIST (MedMNIST v2), whose X-rays may be larger than 28 x 28 pixels.

    Parameters
    ----------
    path : str or os.PathLike
        An .npz file with train_images, train_labels, val_images, val_labels and perhaps test_images, test_labels.

    Returns
    -------
    train, val, test : tuple of (images, labels)
        uint8, shape (n, size, size); int64, shape (n,), 0 = normal, 1 = pneumonia. A test that is held back is None.
    """
    path = errors.path("path", path)
    try:
        with np.load(path) as archive:
            arrays = dict(archive)
    except Exception as error:  # a damaged file makes zipfile and NumPy raise nearly anything
        advice = "Give another, or call fetch_pneumoniamnist."
        raise DataError(f"{path} is no .npz file that can be read ({error}). {advice}") from error
    held_back = not {"test_images", "test_labels"} & set(arrays)
    train, val = (_images_and_labels(path, arrays, part) for part in ("train", "val"))
    return train, val, None if held_back else _images_and_labels(path, arrays, "test")


def _images_and_labels(path, arrays, part):
    """Images and labels of a part; DataError unless they are of the form of PneumoniaMNIST."""
    images, labels = (arrays.get(f"{part}_{kind}", np.empty(0)) for kind in ("images", "labels"))
    grey = images.dtype == np.uint8 and images.ndim == 3 and images.size and images.shape[1] == images.shape[2]
    if not grey or labels.size != len(images) or not np.isin(labels, (0, 1)).all():
        got = f"{part}_images {images.dtype} {images.shape}, {part}_labels {labels.dtype} {labels.shape}"
        form = "squares of uint8, and 0 or 1 for each"
        raise DataError(f"{path} must hold {form}, got {got}. Give another, or call fetch_pneumoniamnist.")
    return images, labels.ravel().astype(np.int64)


def _fetch(get, name, instead):
    """Get a set; what goes wrong ends with the next step, and shows no variable that holds a token."""
    try:
        return get(name)
    except DataError as error:
        raise DataError(f"{error}, then try again; or use {instead}.") from None
    except OSError as error:
        raise DataError(f"{data_home()} cannot be used ({error}). Set COURSEKIT_DATA to another folder.") from None


def _from_mirrors(folder):
    """Paths of the files of a set; one that is missing or damaged comes from the first good mirror."""
    import pooch
    import requests

    kinds = {"ValueError": "wrong checksum", "HTTPError": "refused", "ReadTimeout": "no answer in time"}
    downloader = pooch.HTTPDownloader(timeout=SECONDS, chunk_size=1 << 16)
    paths = [data_home() / file for file in FILES if file.startswith(f"{folder}/")]
    for path in paths:
        checksum, reasons = FILES[f"{folder}/{path.name}"], []
        for mirror in MIRRORS[folder]:
            try:  # pooch gives a file its name when its checksum is right
                pooch.retrieve(mirror + path.name, checksum, path.name, path.parent, downloader=downloader)
                with suppress(OSError):  # pooch makes it for one user alone, but a class shares its data home
                    path.chmod(0o644)
                break
            except (requests.RequestException, ValueError) as error:
                reasons.append(f"{mirror}: {kinds.get(type(error).__name__, 'no connection, or it was cut')}")
        else:
            raise DataError(f"{path.name} did not arrive ({'; '.join(reasons)}). Check the connection")
    return paths


def _from_kaggle(name):
    """Folder of a set, which gets its name when all of it is there; one process at a time."""
    import filelock

    slug, top, counts = KAGGLE[name]
    folder, work = data_home() / name, data_home() / ".downloading" / name
    if not folder.exists():
        work.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(work.with_suffix(".lock")):
            if not folder.exists():  # else another process was at it
                archive = work / f"{slug.rpartition('/')[2]}.zip"
                _run_kaggle(slug, archive)
                os.replace(_unpack(archive, top, counts), folder)
                shutil.rmtree(work, ignore_errors=True)
    if words := _lacking(folder, counts):
        raise DataError(f"{folder} is not complete: {words}. Delete it")
    return folder


def _unpack(archive, top, counts):
    """Folder beside an archive, into which its known files are unpacked: none leaves it, and all must be there."""
    made = archive.with_name("made")
    try:
        with zipfile.ZipFile(archive) as opened:  # which checks each file's CRC and size
            for name in opened.namelist():
                path = PurePosixPath("/", name)
                if any(path.match(f"/{top}/{pattern}") for pattern in counts) and not path.name.startswith("."):
                    opened.extract(name, made)
        if words := _lacking(made / top, counts):
            raise zipfile.BadZipFile(f"not complete: {words}")
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        archive.unlink()  # the next attempt must not begin with it
        raise DataError(f"the archive is damaged, or not the known one ({error}). Update the course") from error
    return made / top


def _lacking(folder, counts):
    """Say which files a folder lacks, or nothing; what a file manager leaves there does not count."""
    found = {pattern: sum(path.name[0] != "." for path in folder.glob(pattern)) for pattern in counts}
    return ", ".join(f"{found[p]:,} of {counts[p]:,} {p}" for p in counts if found[p] < counts[p])


def _run_kaggle(slug, archive):
    """Download an archive, or the rest of it, with Kaggle's command line in a process of its own."""
    from tqdm import tqdm

    command = [sys.executable, "-c", KAGGLE_CLIENT, "datasets", "download", "--quiet", "--path", archive.parent, slug]
    size, since = 0, time.monotonic()
    with tempfile.TemporaryFile() as log, tqdm(desc=archive.name, unit="B", unit_scale=True) as bar:
        streams = {"stdin": subprocess.PIPE, "stdout": log, "stderr": log}
        with subprocess.Popen(command, env=_kaggle_environment(), **streams) as client:
            try:
                while client.poll() is None and time.monotonic() < since + KAGGLE_SECONDS:
                    time.sleep(0.1)
                    now = archive.stat().st_size if archive.exists() else 0
                    if now != size:
                        bar.update(now - size)
                        size, since = now, time.monotonic()
            finally:
                client.kill()  # of no effect where it has ended
        log.seek(0)
        said = log.read().decode(errors="replace")  # is not shown: it may hold the token and signed addresses
    if client.returncode:
        words = next(words for pattern, words in KAGGLE_SAYS.items() if re.search(pattern, said))
        raise DataError(words.format(slug=slug, place=kaggle_token_place() or "Colab's secrets"))


def kaggle_token_place():
    """Name the variables or file in which Kaggle's client finds a token first, or None; DataError if it holds none."""
    for place in TOKEN_PLACES:
        path = os.path.expandvars(os.path.expanduser(place))
        if all(os.environ.get(name) for name in place.split(" and ")):
            return path
        if os.path.isfile(path):  # cut off, empty, a web page, or from an editor that writes a mark before the text
            form = r"[\w.~+/=-]+\s*" if "access_token" in path else r'\s*\{.*"(key|refresh_token)"\s*:\s*"\S+".*\}\s*'
            if re.fullmatch(form, Path(path).read_text("utf-8", "replace").replace("\ufeff", "<"), re.DOTALL):
                return path
            raise DataError(f"{path} holds no Kaggle token. Put a new one there")
    return None


def _kaggle_environment():
    """The environment of Kaggle's client; a function of its own, as no variable that a traceback shows may hold it."""
    if kaggle_token_place():
        return os.environ | {"PYTHONUTF8": "1"}
    try:
        from google.colab import userdata

        return os.environ | {"PYTHONUTF8": "1", "KAGGLE_API_TOKEN": userdata.get("KAGGLE_API_TOKEN")}
    except Exception:  # not in Colab, no such secret, or not for this notebook: each is of another kind
        advice = "Put one from https://www.kaggle.com/settings/api into the variable or Colab secret KAGGLE_API_TOKEN"
        raise DataError(f"Kaggle needs a token. {advice}") from None
