"""Calls of the readers of chest X-rays and of the split in which one argument is wrong, for test_public_api."""

import numpy as np

PATIENTS, LABELS = [1, 1, 2, 3, 4], [0, 0, 1, 0, 1]
NO_ROWS = (None, 3, "person1", [], [[1, 1, 2, 3, 4]], [1.0] * 5, [1, None, 2, 3, 4], ["a", np.nan, "b", "c", "d"])
NO_PATHS = (None, 3, "", b"some.npz", ["some.npz"])
WRONG_XRAYS = [
    ("xray.patient_id", "filename", [lambda f, bad=bad: f(bad) for bad in (*NO_PATHS[:2], b"IM-0115-0001.jpeg", "x")]),
    ("xray.read_pneumoniamnist", "path", [lambda f, bad=bad: f(bad) for bad in NO_PATHS]),
    ("xray.split_by_patient", "patients", [lambda f, bad=bad: f(bad, LABELS) for bad in (*NO_ROWS, [1, 1, 1, 2, 1])]),
    ("xray.split_by_patient", "labels", [lambda f, bad=bad: f(PATIENTS, bad) for bad in (*NO_ROWS, LABELS[1:])]),
    (
        "xray.split_by_patient",
        "shares",
        [
            lambda f, bad=bad: f(PATIENTS, LABELS, bad)
            for bad in (None, 0.8, "0.8", (), (1,), (0.8, 0.1), (1.2, -0.2), (1, 0), ("0.8", "0.2"), (0.8, np.nan))
        ],
    ),
    (
        "xray.split_by_patient",
        "seed",
        [lambda f, bad=bad: f(PATIENTS, LABELS, seed=bad) for bad in (-1, 0.5, "0", None, True)],
    ),
]
