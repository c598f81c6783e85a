"""Data sets: `load_*` reads at once what travels with the course, `fetch_*` downloads once what does not.

Each file is checked before it is read. Where they come from, whom they describe and what is wrong with them stands in
datasets/README.md.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from coursekit import download
from coursekit._bundled import verified
from coursekit._shown import shown
from coursekit.errors import DataError
from coursekit.errors import path as path_argument


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
        raise TypeError(f"geo: expected True or False, got {shown(geo)}")
    table = pd.read_csv(verified("boston_housing.csv"))
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

    return pd.read_csv(verified("pima_diabetes.csv"))


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

    with np.load(verified("mnist_10k.npz")) as archive:
        return archive["images"], archive["labels"]


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

    with np.load(verified("chest_ct.npz")) as archive:
        return tuple(
            CTVolume(archive[f"hu_{patient}"], tuple(archive[f"spacing_mm_{patient}"].tolist()), patient)
            for patient in (1, 2)
        )


def fetch_mnist():
    """Download all 70,000 handwritten digits of MNIST once (11 MB, 55 MB on disk), then read them from `data_home()`.

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
    Source: LeCun & Cortes, CC BY-SA 3.0. Writers of the two parts differ.
    """
    from torchvision.datasets.mnist import read_image_file, read_label_file

    folder = download.fetch("mnist", data_home()) / "raw"
    return tuple(
        (
            read_image_file(folder / f"{part}-images-idx3-ubyte").numpy(),
            read_label_file(folder / f"{part}-labels-idx1-ubyte").numpy(),
        )
        for part in ("train", "t10k")
    )


def fetch_pneumoniamnist():
    """Download PneumoniaMNIST once (4 MB): children's chest X-rays, shrunk to 28 x 28 pixels.

    Returns
    -------
    train, val, test : tuple of (images, labels)
        4,708, 524 and 624 X-rays, split as published: images are numpy.ndarray, uint8, shape (n, 28, 28); labels are
        numpy.ndarray, int64, shape (n,), 0 = normal, 1 = pneumonia.

    Raises
    ------
    DataError
        If the file cannot be downloaded, or that on disk is damaged.

    Notes
    -----
    Source: MedMNIST v2, Yang et al., Sci. Data 10, 2023, from Kermany et al., Cell 172, 2018; CC BY 4.0.
    """
    return read_pneumoniamnist(download.fetch("pneumoniamnist", data_home()) / "pneumoniamnist.npz")


def read_pneumoniamnist(path):
    """Read a file in the form of PneumoniaMNIST, whose X-rays may be larger than 28 x 28 pixels.

    Parameters
    ----------
    path : str or os.PathLike; .npz file with train_images, train_labels, val_..., and, unless it is held back, test_...

    Returns
    -------
    train, val, test : tuple of (images, labels)
        Images are uint8, shape (n, size, size); labels are int64, shape (n,), 0 = normal, 1 = pneumonia. Where the file
        has no test, `test` is None.

    Raises
    ------
    TypeError, DataError
        If `path` is no path; if the file is missing or damaged, or holds something else.
    """
    import numpy as np

    path = path_argument("path", path)
    if not path.is_file():
        raise DataError(f"{path} is no file. Give the path of pneumoniamnist.npz, or call fetch_pneumoniamnist.")
    try:
        with np.load(path) as archive:
            arrays = dict(archive)
    except Exception as error:  # a damaged file makes zipfile and NumPy raise nearly anything
        raise DataError(f"{path} is damaged or no .npz file ({error}). Download it again.") from error
    parts = []
    for part in ("train", "val", "test"):
        images, labels = arrays.get(f"{part}_images"), arrays.get(f"{part}_labels")
        if part == "test" and images is labels is None:
            return *parts, None
        if images is None or images.dtype != np.uint8 or images.ndim != 3 or images.shape[1] != images.shape[2]:
            raise DataError(f"{path} has no {part}_images, uint8 of shape (n, size, size). Give another file.")
        if labels is None or labels.size != len(images) or not np.isin(labels, (0, 1)).all():
            raise DataError(f"{path} has no {part}_labels, 0 or 1 for each of {len(images)} images. Give another file.")
        parts.append((images, labels.ravel().astype(np.int64)))
    return tuple(parts)


def fetch_chest_xray():
    """Download 5,856 children's chest X-rays from Kaggle once (2.5 GB, 1.2 GB on disk; needs a Kaggle token).

    Returns
    -------
    pathlib.Path
        Folder with train (1,341 normal, 3,875 pneumonia), val (8, 8) and test (234, 390), each in the folders NORMAL
        and PNEUMONIA: JPEG files of many sizes, most of them grey, some RGB.

    Raises
    ------
    DataError
        If they cannot be downloaded, or some are missing on disk.

    Notes
    -----
    Source: Kermany et al., Cell 172, 2018; Kaggle's paultimothymooney/chest-xray-pneumonia; CC BY 4.0.
    """
    return download.fetch("chest_xray", data_home())


def fetch_ct_slices():
    """Download 100 chest CT slices of 512 x 512 from Kaggle once (up to 1 GB, 55 MB on disk; needs a Kaggle token).

    Returns
    -------
    pathlib.Path
        Folder with dicom_dir, which holds the slices as DICOM files, and overview.csv, a table of them.

    Raises
    ------
    DataError
        If they cannot be downloaded, or some are missing on disk.

    Notes
    -----
    Source: The Cancer Imaging Archive through Kaggle's kmader/siim-medical-images; CC BY 3.0.
    """
    return download.fetch("ct_slices", data_home())


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
