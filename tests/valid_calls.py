"""A valid call of each public function, method and class: its arguments by name, made anew each time."""

import numpy as np
import torch
from matplotlib.figure import Figure
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from coursekit import check, ct, data, plot, stats, train, xray

ALT = "A sentence that says what is seen."
SLICE = np.zeros((8, 8))
PROJECTOR = ct.Projector(8, 3)
SCANNER = {"n_angles": 3, "fov_mm": 100.0, "size": 4}
DOSE = {"photons": 10, "electronic_noise": 0.0, "seed": 0}
SCORE = {"image": SLICE, "truth": SLICE, "hu_range": (-1000, 1000)}
FILTER = {"window": "hann", "cutoff": 0.9}
QUIZ = {"name": "Q1", "question": "Why?", "options": ["a", "b"], "answer": 0, "why": ["c", "d"]}


def training():
    """Arguments of `fit` but for those that need others."""
    model = nn.Linear(2, 2)
    batches = DataLoader(TensorDataset(torch.zeros(6, 2), torch.tensor([0, 1] * 3)), batch_size=3)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    return {
        "model": model,
        "train": batches,
        "val": batches,
        "loss_fn": nn.CrossEntropyLoss(),
        "optimizer": optimizer,
        "epochs": 1,
        "metrics": {"right": lambda outputs, targets: (outputs.argmax(1) == targets).float()},
        "scheduler": torch.optim.lr_scheduler.StepLR(optimizer, 1),
        "patience": 1,
        "clip_norm": 1.0,
        "mixed_precision": False,
        "checkpoint": "run.ckpt",
        "resume": False,
        "device": "cpu",
    }


def measuring():
    given = training()
    return {name: given[name] for name in ("model", "loss_fn", "metrics", "device")} | {"loader": given["train"]}


def predicting():
    return {"model": nn.Linear(2, 2), "inputs": torch.zeros(3, 2), "batch_size": 2, "device": "cpu"}


def draw(k=1):
    return Figure(), ALT


def half(values):
    return len(values) / 2


def bootstrap(metric, arrays, **options):
    return stats.bootstrap_interval(metric, arrays, **options)


def explore(draw, sliders):
    return plot.explore(draw, k=sliders)


# name -> function, its valid arguments (or a function that makes them)
VALID = {
    "check.value": (check.value, {"name": "1.1 a", "answer": 2, "expected": 3.5, "tol": 0.1, "hint": "Add."}),
    "check.function": (
        check.function,
        {"name": "a", "candidate": abs, "reference": abs, "cases": [(-1,), (2,)], "tol": 0.1, "hint": "Add."},
    ),
    "check.solution": (check.solution, {"name": "a", "answer": 3}),
    "check.quiz": (check.quiz, QUIZ),
    "data.load_boston_housing": (data.load_boston_housing, {"geo": True}),
    "plot.show": (plot.show, lambda: {"fig": Figure(), "alt": ALT}),
    "plot.explore": (explore, {"draw": draw, "sliders": (1, 3)}),
    "stats.bootstrap_interval": (
        bootstrap,
        {"metric": half, "arrays": np.arange(5.0), "groups": [1, 1, 2, 2, 3], "n": 9, "level": 0.9, "seed": 0},
    ),
    "train.seed_everything": (train.seed_everything, {"seed": 0}),
    "train.fit": (train.fit, training),
    "train.evaluate": (train.evaluate, measuring),
    "train.predict": (train.predict, predicting),
    "ct.hu_to_mu": (ct.hu_to_mu, {"hu": 0}),
    "ct.mu_to_hu": (ct.mu_to_hu, {"mu": 0}),
    "ct.window": (ct.window, {"hu": SLICE, "center": 40, "width": 400}),
    "ct.scan": (ct.scan, {"hu": SLICE} | SCANNER),
    "ct.noisy_sinogram": (ct.noisy_sinogram, {"sinogram": SLICE} | DOSE),
    "ct.reconstruct": (ct.reconstruct, {"sinogram": SLICE, "fov_mm": 100.0} | FILTER),
    "ct.simulate_low_dose": (ct.simulate_low_dose, {"hu": SLICE} | DOSE | SCANNER),
    "ct.in_circle": (ct.in_circle, {"size": 8}),
    "ct.psnr": (ct.psnr, SCORE),
    "ct.ssim": (ct.ssim, SCORE),
    "ct.read_dicom_series": (ct.read_dicom_series, {"folder": "."}),
    "ct.read_dose_pairs": (ct.read_dose_pairs, {"full_folder": ".", "low_folder": "."}),
    "ct.find_dose_pairs": (ct.find_dose_pairs, {"root": ".", "folders": "*"}),
    "ct.read_lodopab": (ct.read_lodopab, {"folder": ".", "part": "train"}),
    "ct.Projector": (ct.Projector, {"size": 8, "n_angles": 3, "pixel_mm": 1.0}),
    "ct.Projector.forward": (PROJECTOR.forward, {"mu": SLICE}),
    "ct.Projector.back": (PROJECTOR.back, {"sinogram": SLICE[:3]}),
    "ct.Projector.fbp": (PROJECTOR.fbp, {"sinogram": SLICE[:3]} | FILTER),
    "xray.simulate_chest_xrays": (
        xray.simulate_chest_xrays,
        {"n": 1, "size": 32, "seed": 0, "shortcut": "marker"},
    ),
    "xray.patient_id": (xray.patient_id, {"filename": "person1_bacteria_2.jpeg"}),
    "xray.read_pneumoniamnist": (xray.read_pneumoniamnist, {"path": "pneumoniamnist.npz"}),
    "xray.split_by_patient": (
        xray.split_by_patient,
        {"patients": [1, 1, 2, 3, 4], "labels": [0, 0, 1, 0, 1], "shares": (0.5, 0.5), "seed": 0},
    ),
    "xray.ChestXrayFolder": (xray.ChestXrayFolder, {"root": "."}),
}


def arguments(name):
    """The valid arguments of a function, made anew where a call may change them."""
    given = VALID[name][1]
    return dict(given() if callable(given) else given)
