"""What `fit` costs beside the loop written by hand: `python -m tests.benchmarks.fit_overhead`.

A small network on small batches is the worst case: a step takes a fifth of a millisecond, so all that is not PyTorch
shows. The rounds of both loops alternate, so that whatever else the machine does meanwhile slows both.
"""

import statistics
import time

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from coursekit import train

LOSS = nn.CrossEntropyLoss()


def overhead(rounds=15):
    """Time for one epoch with `fit`, with accuracy, divided by that of the plain loop: the median of the rounds."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        inputs = torch.randn(1600, 20, generator=torch.Generator().manual_seed(0))
        loader = DataLoader(TensorDataset(inputs, (inputs[:, 0] > 0).long()), 16, shuffle=True)
        ratios = [_seconds(_fit, loader) / _seconds(_by_hand, loader) for _ in range(rounds + 1)]
        return statistics.median(ratios[1:])  # the first round warms up
    finally:
        torch.set_num_threads(threads)


def _seconds(loop, loader):
    model = nn.Sequential(nn.Linear(20, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 2))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    start = time.process_time()
    loop(model, loader, optimizer)
    return time.process_time() - start


def _by_hand(model, loader, optimizer):
    model.train()
    for inputs, targets in loader:
        optimizer.zero_grad()
        LOSS(model(inputs), targets).backward()
        optimizer.step()


def _fit(model, loader, optimizer):
    metrics = {"accuracy": lambda outputs, targets: (outputs.argmax(1) == targets).float().mean()}
    train.fit(model, loader, loss_fn=LOSS, optimizer=optimizer, epochs=1, metrics=metrics, device="cpu")


if __name__ == "__main__":
    print(f"fit takes {overhead():.2f} times as long as the plain loop")
