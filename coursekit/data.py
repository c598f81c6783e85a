"""Data sets that travel with the course: `load_*` reads them at once, without a network.

Each file is checked against its sha256 before it is read. Where they come from, whom they describe and what is wrong
with them stands in datasets/README.md.
"""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from coursekit import download
from coursekit.download import DataError

SHA256 = {
    "boston_housing.csv": "b306152a35f738c5da5472e940048ee7a71dcdf4378026e05606fe2fcfef1adf",
    "pima_diabetes.csv": "c980e5e01dc1c554a358102b773f34b29599d0051ec5cf5b56ad1c6fcb3a23b0",
    "mnist_10k.npz": "e6440fa48fd70b8dfd03dd81081b36f7954afa6b4800b4ea9954f6f1743f4bb2",
    "chest_ct.npz": "b5a012bbbfd05cb9abc2e8cad88bad83dc434a10e83f7560450c961a48340611",
}


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
    patient : int
        Number of the patient, 1 or 2.
    """

    hu: object
    spacing_mm: tuple
    patient: int


def load_boston_housing(geo=False):
    """Load housing prices of 506 census tracts in 92 towns around Boston, 1970.

    Parameters
    ----------
    geo : bool
        Add the columns TOWN, LON and LAT in front. LON and LAT are as published: right in shape, but not true degrees,
        see datasets/README.md.

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
    TypeError
        If `geo` is not a bool.
    DataError
        If the file is missing or damaged.

    Notes
    -----
    Source: Harrison & Rubinfeld, J. Environ. Econ. Manage. 5, 1978. Column B encodes race: see datasets/README.md.
    """
    import pandas as pd

    if not isinstance(geo, bool):
        raise TypeError(f"geo: expected True or False, got {geo!r}")
    table = pd.read_csv(_verified("boston_housing.csv"))
    return table if geo else table.drop(columns=["TOWN", "LON", "LAT"])


def load_pima_diabetes():
    """Load the diabetes study of 768 women of Pima heritage.

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

    Notes
    -----
    Source: NIDDK; Smith et al., Proc. Symp. Comput. Appl. Med. Care, 1988.
    """
    import pandas as pd

    return pd.read_csv(_verified("pima_diabetes.csv"))


def load_mnist_10k():
    """Load 10,000 handwritten digits.

    Returns
    -------
    images : numpy.ndarray, uint8, shape (10000, 28, 28)
        0 = paper, 255 = ink.
    labels : numpy.ndarray, int64, shape (10000,)
        The digit, 0 to 9.

    Raises
    ------
    DataError
        If the file is missing or damaged.

    Notes
    -----
    Source: MNIST, LeCun & Cortes, CC BY-SA 3.0; the order is shuffled.
    """
    import numpy as np

    with np.load(_verified("mnist_10k.npz")) as archive:
        return archive["images"], archive["labels"]


def load_chest_ct():
    """Load two adults' chest CT, 48 and 61 slices of 256 x 256.

    Returns
    -------
    tuple of CTVolume
        Patient 1 and patient 2, in Hounsfield units.

    Raises
    ------
    DataError
        If the file is missing or damaged.

    Notes
    -----
    Source: test data of pyradiomics 3.0.1, Harvard Medical School, BSD-3-Clause; halved in plane by local averaging.
    Both patients have a lung tumour; nothing more is known of them. For teaching, not for clinical use.
    """
    import numpy as np

    with np.load(_verified("chest_ct.npz")) as archive:
        return tuple(
            CTVolume(archive[f"hu_{patient}"], tuple(archive[f"spacing_mm_{patient}"].tolist()), patient)
            for patient in (1, 2)
        )


def fetch_mnist():
    """Download all 70,000 handwritten digits of MNIST once (11 MB, 66 MB on disk), then read them from `data_home()`.

    Returns
    -------
    train, test : tuple of (images, labels)
        60,000 and 10,000 digits, split as published: images are numpy.ndarray, uint8, shape (digits, 28, 28), 0 is
        background and 255 ink; labels are numpy.ndarray, int64, shape (digits,), from 0 to 9.

    Raises
    ------
    DataError
        If the files cannot be downloaded, or those on disk are damaged.

    Notes
    -----
    Source: LeCun & Cortes, CC BY-SA 3.0, through `torchvision.datasets.MNIST`. Writers of the two parts differ.
    """
    from torchvision.datasets.mnist import read_image_file, read_label_file

    folder = download.mnist(data_home())
    return tuple(
        (
            read_image_file(folder / f"{part}-images-idx3-ubyte").numpy(),
            read_label_file(folder / f"{part}-labels-idx1-ubyte").numpy(),
        )
        for part in ("train", "t10k")
    )


def data_home():
    """Folder for downloaded data: $COURSEKIT_DATA, else the user's cache folder.

    Returns
    -------
    pathlib.Path
        Absolute path; the folder need not exist yet.

    Raises
    ------
    DataError
        If $COURSEKIT_DATA names no usable path.
    """
    chosen = os.environ.get("COURSEKIT_DATA")
    if chosen:
        try:
            return Path(chosen).expanduser().resolve()
        except (RuntimeError, OSError, ValueError) as error:
            raise DataError(f"COURSEKIT_DATA={chosen!r} is no usable path. Set it to a folder of yours.") from error
    import pooch

    return Path(pooch.os_cache("coursekit"))


def _verified(name):
    """Path of a bundled file whose sha256 is right: beside this module in a wheel, in datasets/ in a checkout."""
    package = Path(__file__).parent
    mend = f"Get it back: in a clone run `git checkout -- datasets/{name}`, else reinstall coursekit."
    for path in (package / "datasets" / name, package.parent / "datasets" / name):
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            continue
        except OSError as error:
            raise DataError(f"The data file {path} cannot be read ({error.strerror}). {mend}") from error
        if hashlib.sha256(content).hexdigest() != SHA256[name]:
            raise DataError(f"The data file {path} is damaged. {mend}")
        return path
    raise DataError(f"The data file {name} is missing. {mend}")
