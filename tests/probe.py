"""What the package computes, as arrays in a file, wherever and however this program is started.

Arguments: the tree of X-rays, the file for the result, the number of threads.
"""

import sys
import warnings

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from coursekit import check, ct, data, plot, stats, train, xray
from coursekit.__main__ import main as doctor

PATIENTS = [name for name in ("a", "b", "c", "d", "e", "f", "g", "h") for _ in range(3)]


def numpy_results(tree):
    """By NumPy and SciPy alone."""
    boston, (one, other) = data.load_boston_housing(geo=True), data.load_chest_ct()
    films = xray.simulate_chest_xrays(4, size=32)
    slice_ = one.hu[20, ::8, ::8]
    sinogram = ct.noisy_sinogram(ct.scan(slice_, 20), 1e4)
    return {
        "boston": boston.to_numpy(dtype=str).astype("S"),
        "pima": data.load_pima_diabetes().to_numpy(),
        "digits": np.append(*data.load_mnist_10k()),
        "ct": np.append(one.hu, other.hu),
        "films": np.append(films.images, films.lesions),
        "pictures": xray.ChestXrayFolder(tree).images(32),
        "split": np.concatenate(xray.split_by_patient(PATIENTS, [0, 0, 0, 1, 1, 1] * 4, (0.5, 0.5))),
        "interval": np.array(stats.bootstrap_interval(np.mean, np.arange(24.0), groups=PATIENTS, n=50)),
        "sinogram": sinogram,
        "scores": np.array([score(sinogram[:20, :20], sinogram[:20, 2:22], (0, 2)) for score in (ct.psnr, ct.ssim)]),
    }


def torch_results():
    """By PyTorch, too: reconstruction, and what training makes of a network."""
    train.seed_everything(0)
    sinogram, images, labels = torch.rand(3, 40, 48), torch.rand(48, 1, 20, 20), torch.arange(48) % 2
    results = {"reconstruction": ct.Projector(48, 40).fbp(sinogram).numpy()}
    networks = {
        "dense": nn.Sequential(nn.Flatten(), nn.Linear(400, 300), nn.ReLU(), nn.Dropout(), nn.Linear(300, 2)),
        "convolutional": nn.Sequential(
            nn.Conv2d(1, 16, 3), nn.BatchNorm2d(16), nn.ReLU(), nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(64, 2)
        ),
    }
    loader = DataLoader(TensorDataset(images, labels), 16, shuffle=True)
    for name, network in networks.items():
        optimizer = torch.optim.SGD(network.parameters(), lr=0.05, momentum=0.9)
        history = train.fit(network, loader, loss_fn=nn.CrossEntropyLoss(), optimizer=optimizer, epochs=3, device="cpu")
        outputs = train.predict(network, images, device="cpu")
        results[name] = np.append(outputs.numpy().ravel(), history["loss"])
    return results


def writes_here():
    """Whether `fit` can keep a checkpoint in the working folder; where it cannot, it says so before the first step."""
    model, loader = nn.Linear(2, 1), [(torch.ones(2, 2), torch.ones(2, 1))]
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    options = {"loss_fn": nn.MSELoss(), "optimizer": optimizer, "epochs": 1, "checkpoint": "run 1.ckpt"}
    try:
        train.fit(model, loader, **options)
    except ValueError as error:
        if str(error).startswith("checkpoint: cannot write run 1.ckpt"):
            return False
        raise
    return len(train.fit(model, loader, resume=True, **options)) == 1


def shows():
    """A figure, a verdict and the doctor's findings, where the output knows few letters or many."""
    import matplotlib.pyplot as plt

    fig, ax = plt.subplots()
    ax.set(title="폐렴")
    plot.show(fig, "An empty pair of axes with a title in Korean.")
    check.value("1.1 a", "폐 렴", "폐렴")
    with pytest.raises(SystemExit) as end:
        doctor()
    assert not end.value.code, "all is as it should be"


if __name__ == "__main__":
    torch.set_num_threads(int(sys.argv[3]))
    warnings.filterwarnings("ignore", "Glyph")  # the course's figures are in English
    warnings.filterwarnings("error", category=EncodingWarning, module="coursekit")
    found = numpy_results(sys.argv[1]) | torch_results()
    shows()
    np.savez(sys.argv[2], writes=writes_here(), threads=torch.get_num_threads(), **found)
