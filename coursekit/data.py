"""Data sets: `load_*` reads at once what travels with the course, `fetch_*` downloads once what does not.

Each file is checked before it is read. Where they come from, whom they describe and what is wrong with them stands in
datasets/README.md.
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
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from coursekit import errors
from coursekit.errors import DataError

BUNDLED = {  # sha256 of what travels with the course
    "boston_housing.csv": "b306152a35f738c5da5472e940048ee7a71dcdf4378026e05606fe2fcfef1adf",
    "pima_diabetes.csv": "c980e5e01dc1c554a358102b773f34b29599d0051ec5cf5b56ad1c6fcb3a23b0",
    "mnist_10k.npz": "e6440fa48fd70b8dfd03dd81081b36f7954afa6b4800b4ea9954f6f1743f4bb2",
    "chest_ct.npz": "b5a012bbbfd05cb9abc2e8cad88bad83dc434a10e83f7560450c961a48340611",
}
FILES = {  # folder in the data home -> mirrors, asked in this order; checksum of each file
    "MNIST": (
        ("https://ossci-datasets.s3.amazonaws.com/mnist/", "https://storage.googleapis.com/cvdf-datasets/mnist/"),
        {
            "train-images-idx3-ubyte.gz": "sha256:440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
            "train-labels-idx1-ubyte.gz": "sha256:3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
            "t10k-images-idx3-ubyte.gz": "sha256:8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
            "t10k-labels-idx1-ubyte.gz": "sha256:f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
        },
    ),
    "PneumoniaMNIST": (
        ("https://zenodo.org/records/6496656/files/", "https://zenodo.org/records/10519652/files/"),
        {"pneumoniamnist.npz": "md5:28209eda62fecd6e6a2d98b1501bb15f"},  # Zenodo states no other checksum
    ),
}
# Kaggle packs its archives anew from time to time: not their bytes are known, but their members. Folder in the data
# home -> name on Kaggle, wanted members (the group is the path in the folder), files in each folder, most bytes.
KAGGLE = {
    "chest_xray": (
        "paultimothymooney/chest-xray-pneumonia",
        # neither the second copy, chest_xray/chest_xray, nor the shadow files of macOS, whose names begin with a dot
        r"chest_xray/((?:train|val|test)/(?:NORMAL|PNEUMONIA)/\w[\w.-]*\.jpeg)",
        {"train/NORMAL": 1341, "train/PNEUMONIA": 3875, "val/NORMAL": 8, "val/PNEUMONIA": 8}
        | {"test/NORMAL": 234, "test/PNEUMONIA": 390},
        1_300_000_000,
    ),
    "ct_slices": (
        "kmader/siim-medical-images",
        r"(dicom_dir/\w[\w.-]*\.dcm|overview\.csv)",
        {"dicom_dir": 100, ".": 1},
        100_000_000,
    ),
}
SECONDS = (10, 60)  # to wait for a connection, and for the next piece of a file
KAGGLE_SECONDS = 120  # to wait for the next piece of an archive: Kaggle's client would wait for ever
TOKEN_PAGE = "https://www.kaggle.com/settings/api"
WORD = r"[\w.@~+/=:|-]+"
KAGGLE_JSON = r'(?s)\s*\{(?=.*"username":\s*"[^"]+")(?=.*"key":\s*"[^"]+").*\}\s*'
TOKENS = {  # variables and files in the order in which Kaggle's client looks for a token -> what they must be
    "KAGGLE_API_TOKEN": WORD,
    "~/.kaggle/access_token": rf"\s*{WORD}\s*",
    "~/.kaggle/access_token.txt": rf"\s*{WORD}\s*",
    "KAGGLE_USERNAME and KAGGLE_KEY": f"{WORD} {WORD}",
    "$KAGGLE_CONFIG_DIR/kaggle.json": KAGGLE_JSON,
    "~/.kaggle/kaggle.json": KAGGLE_JSON,
    "~/.config/kaggle/kaggle.json": KAGGLE_JSON,
    "~/.kaggle/credentials.json": r'(?s)\s*\{(?=.*"refresh_token":\s*"[^"]+").*\}\s*',
}
# Kaggle's command line: ended when this process is, with the log of urllib3, which has the status of each answer.
KAGGLE_CLIENT = """
import logging, os, threading
threading.Thread(target=lambda: (os.read(0, 1), os._exit(1)), daemon=True).start()
logging.basicConfig(level=logging.DEBUG)
from kaggle.cli import main
main()
"""


@dataclass(frozen=True)
class CTVolume:
    """One patient's CT.

    Attributes
    ----------
    hu : numpy.ndarray, int16, shape (slices, rows, columns)
        Hounsfield units (HU). Slices go from head to feet, rows from front to back, and columns from the patient's
        right to left, as on a radiologist's screen.
    spacing_mm : tuple of float
        Distance between neighbouring slices, rows and columns in mm.
    patient : int or str
        Number of the patient, or the PatientID of a DICOM file.
    """

    hu: object
    spacing_mm: tuple
    patient: int | str


def load_boston_housing(geo=False):
    """Load housing prices of 506 census tracts in 92 towns around Boston, 1970.

    Source: Harrison & Rubinfeld, J. Environ. Econ. Manage. 5, 1978. Column B encodes race: see datasets/README.md.

    Parameters
    ----------
    geo : bool
        Add TOWN, LON and LAT in front; as published they are right in shape, but not true degrees.

    Returns
    -------
    pandas.DataFrame, shape (506, 14) or (506, 17)
        CRIM (crime rate, its unit is not reliably documented), ZN (% of land for large lots), INDUS (% industrial
        acres), CHAS (1 if on the Charles River), NOX (parts per 10 million), RM (rooms per dwelling), AGE (% built
        before 1940), DIS (weighted distance to employment centres), RAD (access to highways), TAX ($ per $10,000),
        PTRATIO (pupils per teacher), B (1000 (share of Black residents - 0.63)^2), LSTAT (% "lower status"),
        MEDV (median value in $1000).

    Raises
    ------
    TypeError, DataError
        If `geo` is not a bool; if the file is missing or damaged.
    """
    import pandas as pd

    if not isinstance(geo, bool):
        raise TypeError(f"geo must be True or False, got {errors.short(geo)}")
    table = pd.read_csv(_bundled("boston_housing.csv"))
    return table if geo else table.drop(columns=["TOWN", "LON", "LAT"])


def load_pima_diabetes():
    """Load the diabetes study of 768 women of Pima heritage.

    Source: NIDDK; Smith et al., Proc. Symp. Comput. Appl. Med. Care, 1988.

    Returns
    -------
    pandas.DataFrame, shape (768, 9)
        Pregnancies, Glucose (mg/dl, two hours into a tolerance test), BloodPressure (diastolic, mmHg), SkinThickness
        (triceps fold, mm), Insulin (two-hour, uU/ml), BMI (kg/m2), DiabetesPedigreeFunction, Age (years) and Outcome
        (1 = diabetes within five years). A 0 in Glucose to BMI stands for a missing value.

    Raises
    ------
    DataError
        If the file is missing or damaged.
    """
    import pandas as pd

    return pd.read_csv(_bundled("pima_diabetes.csv"))


def load_mnist_10k():
    """Load 10,000 handwritten digits in shuffled order. Source: MNIST, LeCun & Cortes, CC BY-SA 3.0.

    Returns
    -------
    images, labels : numpy.ndarray
        uint8, shape (10000, 28, 28), 0 = paper, 255 = ink; int64, shape (10000,), the digit, 0 to 9.

    Raises
    ------
    DataError
        If the file is missing or damaged.
    """
    with np.load(_bundled("mnist_10k.npz")) as archive:
        return archive["images"], archive["labels"]


def load_chest_ct():
    """Load two adults' chest CT, 48 and 61 slices of 256 x 256.

    Source: test data of pyradiomics 3.0.1, Harvard Medical School, BSD-3-Clause; halved in plane by local averaging.
    Both patients have a lung tumour; nothing more is known of them. For teaching, not for clinical use.

    Returns
    -------
    tuple of CTVolume
        Patient 1 and patient 2, in Hounsfield units.

    Raises
    ------
    DataError
        If the file is missing or damaged.
    """
    with np.load(_bundled("chest_ct.npz")) as archive:
        return tuple(
            CTVolume(archive[f"hu_{patient}"], tuple(archive[f"spacing_mm_{patient}"].tolist()), patient)
            for patient in (1, 2)
        )


def _bundled(name):
    """Path of a bundled file whose sha256 is right: beside this module in a wheel, in datasets/ in a checkout."""
    package = Path(__file__).parent
    mend = f"Get it back: in a clone run `git checkout -- datasets/{name}`, else reinstall coursekit."
    for path in (package / "datasets" / name, package.parent / "datasets" / name):
        if path.is_file():
            if hashlib.sha256(path.read_bytes()).hexdigest() != BUNDLED[name]:
                raise DataError(f"The data file {path} is damaged. {mend}")
            return path
    raise DataError(f"The data file {name} is missing. {mend}")


def data_home():
    """Folder for downloaded data, which need not exist yet: $COURSEKIT_DATA, else the user's cache folder.

    Returns
    -------
    pathlib.Path
        Absolute path.
    """
    import pooch

    return Path(os.environ.get("COURSEKIT_DATA") or pooch.os_cache("coursekit")).expanduser().resolve()


@contextmanager
def _advice(call, instead):
    """Let what stops a download end with what to do next, and lead to nothing that holds a token."""
    try:
        yield
    except DataError as error:
        raise DataError(f"{call} failed: {error}, then call {call} again; or use {instead}.") from None
    except OSError as error:
        raise DataError(
            f"{call} cannot use {data_home()} ({error.strerror or error}). Free some space, or set COURSEKIT_DATA to "
            f"another folder, then call {call} again."
        ) from None


@_advice("fetch_mnist", "load_mnist_10k, which needs no network")
def fetch_mnist():
    """Download all 70,000 handwritten digits of MNIST once (11 MB), then read them from `data_home()`.

    Source: LeCun & Cortes, CC BY-SA 3.0. Writers of the two parts differ.

    Returns
    -------
    train, test : tuple of (images, labels)
        60,000 and 10,000 digits, split as published: images are numpy.ndarray, uint8, shape (digits, 28, 28), 0 is
        background and 255 ink; labels are numpy.ndarray, int64, shape (digits,), from 0 to 9.

    Raises
    ------
    DataError
        If the files cannot be downloaded or stored.
    """
    contents = [bytearray(gzip.decompress(path.read_bytes())) for path in _download("MNIST")]
    images = [np.frombuffer(content, np.uint8, offset=16).reshape(-1, 28, 28) for content in contents[::2]]
    labels = [np.frombuffer(content, np.uint8, offset=8).astype(np.int64) for content in contents[1::2]]
    return tuple(zip(images, labels, strict=True))


@_advice("fetch_pneumoniamnist", "simulate_chest_xrays, which needs no network")
def fetch_pneumoniamnist():
    """Download PneumoniaMNIST once (4 MB): children's chest X-rays, shrunk to 28 x 28 pixels.

    Source: MedMNIST v2, Yang et al., Sci. Data 10, 2023, from Kermany et al., Cell 172, 2018; CC BY 4.0.

    Returns
    -------
    train, val, test : tuple of (images, labels)
        4,708, 524 and 624 X-rays, split as published, as `read_pneumoniamnist` gives them.

    Raises
    ------
    DataError
        If the file cannot be downloaded or stored.
    """
    return read_pneumoniamnist(*_download("PneumoniaMNIST"))


@_advice("fetch_chest_xray", "fetch_pneumoniamnist, which needs no account")
def fetch_chest_xray():
    """Download 5,856 children's chest X-rays from Kaggle once (2.5 GB, 1.2 GB on disk; needs a Kaggle token).

    Source: Kermany et al., Cell 172, 2018; Kaggle's paultimothymooney/chest-xray-pneumonia; CC BY 4.0.

    Returns
    -------
    pathlib.Path
        Folder with train (1,341 normal, 3,875 pneumonia), val (8, 8) and test (234, 390), each in the folders NORMAL
        and PNEUMONIA: JPEG files of many sizes, most of them grey, some RGB.

    Raises
    ------
    DataError
        If they cannot be downloaded, or some are missing on disk.
    """
    return _from_kaggle("chest_xray")


@_advice("fetch_ct_slices", "load_chest_ct, which needs no network")
def fetch_ct_slices():
    """Download 100 chest CT slices of 512 x 512 from Kaggle once (up to 1 GB, 55 MB on disk; needs a Kaggle token).

    Source: The Cancer Imaging Archive through Kaggle's kmader/siim-medical-images; CC BY 3.0.

    Returns
    -------
    pathlib.Path
        Folder with dicom_dir, which holds the slices as DICOM files, and overview.csv, a table of them.

    Raises
    ------
    DataError
        If they cannot be downloaded, or some are missing on disk.
    """
    return _from_kaggle("ct_slices")


def read_pneumoniamnist(path):
    """Read a file in the form of PneumoniaMNIST (MedMNIST v2), whose X-rays may be larger than 28 x 28 pixels.

    Parameters
    ----------
    path : str or os.PathLike
        An .npz file with train_images, train_labels, val_images, val_labels and perhaps test_images, test_labels.

    Returns
    -------
    train, val, test : tuple of (images, labels)
        As published: images are numpy.ndarray, uint8, shape (n, size, size); labels are numpy.ndarray, int64, shape
        (n,), 0 = normal, 1 = pneumonia. Where the test is held back, it is None. Nobody knows whose X-rays they are.

    Raises
    ------
    TypeError, DataError
        If `path` is no path; if the file is missing or damaged, or holds something else.
    """
    path = errors.path("path", path)
    try:
        with np.load(path) as archive:
            arrays = dict(archive)
    except Exception as error:  # a damaged file makes zipfile and NumPy raise nearly anything
        reason = getattr(error, "strerror", None) or f"damaged, or no .npz file: {error}"
        raise DataError(f"{path} cannot be read ({reason}). Give another, or call fetch_pneumoniamnist.") from error
    held_back = not {"test_images", "test_labels"} & set(arrays)
    train, val = (_images_and_labels(path, arrays, part) for part in ("train", "val"))
    return train, val, None if held_back else _images_and_labels(path, arrays, "test")


def _images_and_labels(path, arrays, part):
    """Images and labels of a part; DataError unless they are of the form of PneumoniaMNIST."""
    images, labels = (arrays.get(f"{part}_{kind}", np.empty(0)) for kind in ("images", "labels"))
    square = images.dtype == np.uint8 and images.ndim == 3 and images.size and images.shape[1] == images.shape[2]
    paired = labels.shape in ((len(images), 1), (len(images),)) and labels.dtype.kind in "iu"
    if square and paired and np.isin(labels, (0, 1)).all():
        return images, labels.ravel().astype(np.int64)
    raise DataError(
        f"{path}: {part}_images is {images.dtype} of shape {images.shape}, {part}_labels {labels.dtype} of shape "
        f"{labels.shape}; they must be uint8 of shape (n, size, size), and 0 or 1 of shape (n, 1). Give another file, "
        "or call fetch_pneumoniamnist."
    )


def _download(folder):
    """Paths of files in a folder of the data home; one that is missing or damaged comes from the first good mirror."""
    import pooch
    import requests

    paths, (mirrors, checksums) = [], FILES[folder]
    for name, checksum in checksums.items():
        reasons = []
        for mirror in mirrors:
            try:  # pooch gives a file its name when its checksum is right
                downloader = pooch.HTTPDownloader(timeout=SECONDS, chunk_size=1 << 16)
                path = Path(pooch.retrieve(mirror + name, checksum, name, data_home() / folder, downloader=downloader))
                with suppress(OSError):  # pooch makes it for one user alone, but a class shares its data home
                    path.chmod(0o644)
                paths.append(path)
                break
            except (requests.RequestException, ValueError) as error:
                kinds = {"ValueError": "wrong checksum", "HTTPError": "refused", "ReadTimeout": "no answer in time"}
                reasons.append(f"{mirror}: {kinds.get(type(error).__name__, 'no connection, or it was cut')}")
        else:
            raise DataError(f"{name} did not arrive ({'; '.join(reasons)}). Check the connection")
    return paths


def _from_kaggle(name):
    """Folder of a set from Kaggle, which gets its name when all of it is there; one process at a time."""
    import filelock

    slug, wanted, counts, most = KAGGLE[name]
    folder, work = data_home() / name, data_home() / ".downloading" / name
    if not folder.exists():
        work.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(work.with_suffix(".lock")):
            if not folder.exists():  # else another process was at it
                archive = work / f"{slug.rpartition('/')[2]}.zip"
                _run_kaggle(slug, archive)
                try:
                    _unpack(archive, work / "made", wanted, counts, most)
                except DataError:
                    archive.unlink()  # the next attempt must not begin with it
                    raise
                os.replace(work / "made", folder)
                shutil.rmtree(work, ignore_errors=True)
    if words := _lacking(folder, counts):
        raise DataError(f"{folder} is not complete: {words}. Delete it")
    return folder


def _unpack(archive, folder, wanted, counts, most):
    """Unpack the wanted members of an archive; their whole names are known in form, so that none leaves the folder."""
    shutil.rmtree(folder, ignore_errors=True)  # of a process that was killed
    try:
        with zipfile.ZipFile(archive) as opened:
            matches = [(member, re.fullmatch(wanted, member.filename, re.ASCII)) for member in opened.infolist()]
            if sum(member.file_size for member, match in matches if match) > most:
                raise DataError(f"the archive unpacks to more than {most:,} bytes. Update the course")
            for member, match in matches:
                if match:
                    (folder / match[1]).parent.mkdir(parents=True, exist_ok=True)
                    with opened.open(member) as source, open(folder / match[1], "wb") as sink:
                        shutil.copyfileobj(source, sink)  # zipfile checks the CRC, and stops at the stated size
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise DataError(f"the archive is damaged ({error}). Check that no login page answers instead") from error
    if words := _lacking(folder, counts):
        raise DataError(f"the archive is not complete: {words}. Update the course")


def _lacking(folder, counts):
    """Say which folders lack files, or nothing; what a file manager leaves there does not count."""
    words = []
    for name, count in counts.items():
        files = [path for path in (folder / name).glob("[!.]*") if path.suffix in (".jpeg", ".dcm", ".csv")]
        found = sum(path.stat().st_size > 0 for path in files)
        words += [f"{name} has {found:,} of {count:,} files"] * (found < count)
    return ", ".join(words)


def _run_kaggle(slug, archive):
    """Download the archive of a set, or the rest of it, with Kaggle's command line in a process of its own."""
    from tqdm import tqdm

    place = _token_place() or ("Colab's secrets" if _colab_secret() else None)
    if not place:
        raise DataError(
            f"Kaggle gives it only to those who have a token. Make one at {TOKEN_PAGE} and put it into the environment "
            "variable KAGGLE_API_TOKEN, or in Colab into a secret of this name that the notebook may read"
        )
    command = [sys.executable, "-c", KAGGLE_CLIENT, "datasets", "download", "--quiet", "--path", archive.parent, slug]
    size, since = 0, time.monotonic()
    with tempfile.TemporaryFile() as said, tqdm(desc=archive.name, unit="B", unit_scale=True) as bar:
        streams = {"stdin": subprocess.PIPE, "stdout": said, "stderr": said}
        with subprocess.Popen(command, env=_with_token(), **streams) as client:
            try:
                while client.poll() is None and time.monotonic() < since + KAGGLE_SECONDS:
                    time.sleep(0.1)
                    now = archive.stat().st_size if archive.exists() else 0
                    if now != size:
                        bar.update(now - size)
                        size, since = now, time.monotonic()
            finally:
                client.kill()  # of no effect where it has ended
        said.seek(0)
        words = client.returncode and _kaggle_trouble(said.read().decode(errors="replace"), archive, slug, place)
    if words:
        raise DataError(words)


def _kaggle_trouble(said, archive, slug, place):
    """What the failure of Kaggle's client means, in our words: its own may hold the token and signed addresses."""
    page, new = f"https://www.kaggle.com/datasets/{slug}", f"a new one, made at {TOKEN_PAGE},"
    if "does not match expected size" in said:  # an old client takes the page of a refusal for the rest of the archive
        archive.unlink(missing_ok=True)
    meanings = {
        r'"GET \S+ \S+ 403 ': "the link to the archive ran out before all of it had arrived. Wait a moment",
        '" 401 |must authenticate|Authentication req': f"Kaggle does not accept the token in {place}. Put {new} there",
        r'" 403 ': f"Kaggle refuses it to this account. Open {page}, sign in where the token is from, accept the terms",
        r'" 404 ': f"Kaggle does not have it any more. Look for it at {page} and update the course",
        r'" 429 ': "Kaggle was asked too often. Wait an hour",
        r'" 5\d\d ': "Kaggle is out of order. Wait an hour",
        "No module named": "Kaggle's client cannot be imported. Run: %pip install --upgrade kaggle six",
        "": f"the connection to Kaggle was lost. Check it, see what `kaggle datasets download {slug}` says",
    }
    return next(words for pattern, words in meanings.items() if re.search(pattern, said))


def _token_place():
    """Name the variables or the file in which Kaggle's client finds a token first; DataError if that can be none."""
    for place, form in TOKENS.items():
        path = os.path.expandvars(os.path.expanduser(place))
        if all(os.environ.get(name) for name in place.split(" and ")) or os.path.isfile(path):
            if not _has_form(place, path, form):
                raise DataError(f"{path} holds no token, or more than it. Put one made at {TOKEN_PAGE} there")
            return path
    return None


def _has_form(place, path, form):
    """Whether variables, or else a file, hold what can be a token; a function of its own, to forget it at once."""
    text = " ".join(os.environ.get(name, "") for name in place.split(" and "))
    with suppress(OSError):  # a file that its user may not read holds nothing
        text = text if text.strip() else Path(path).read_text("utf-8", "replace")
    return bool(re.fullmatch(form, text, re.ASCII))


def _with_token():
    """The environment of Kaggle's client: in no variable of a function that a traceback would show."""
    return os.environ | {"PYTHONUTF8": "1"} | ({} if _token_place() else _colab_secret())


def _colab_secret():
    """The secret of this name in Google Colab as an environment variable, or nothing."""
    try:
        from google.colab import userdata

        return {"KAGGLE_API_TOKEN": userdata.get("KAGGLE_API_TOKEN")}
    except Exception:  # not in Colab, no such secret, or not for this notebook: each is of another kind
        return {}
