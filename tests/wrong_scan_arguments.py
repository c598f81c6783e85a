"""Calls of the readers of scans in which one argument is wrong, for test_public_api."""

from pathlib import Path

NO_PATHS = (None, 3, "", b"L067", ["L067"])
HERE = Path(__file__).parent
WRONG_SCANS = [
    ("ct.read_dicom_series", "folder", [lambda f, bad=bad: f(bad) for bad in NO_PATHS]),
    ("ct.read_dose_pairs", "full_folder", [lambda f, bad=bad: f(bad, HERE) for bad in NO_PATHS]),
    ("ct.read_dose_pairs", "low_folder", [lambda f, bad=bad: f(HERE, bad) for bad in NO_PATHS]),
    ("ct.find_dose_pairs", "root", [lambda f, bad=bad: f(bad) for bad in NO_PATHS]),
    ("ct.find_dose_pairs", "folders", [lambda f, bad=bad: f(HERE, bad) for bad in (None, 1, b"*", ["*"])]),
    ("ct.read_lodopab", "folder", [lambda f, bad=bad: f(bad) for bad in NO_PATHS]),
    (
        "ct.read_lodopab",
        "part",
        [lambda f, bad=bad: f(HERE, bad) for bad in (None, "", "Train", "challenge", 0, ["x"])],
    ),
]
