"""Timing things side by side, so that whatever else the machine does meanwhile slows all of them alike."""

import statistics
import time
from contextlib import contextmanager

import numpy as np
import torch


def alternate(functions, rounds=5, clock=time.process_time):
    """Time functions in alternating turns, each once to warm up, then `rounds` times.

    `clock` is the processor's by default, which other programs do not stretch; `time.perf_counter` is for what uses
    several threads or the disk.

    Returns
    -------
    dict of str to list of float
        Seconds of each turn, by the names in `functions`, a dict of callables without arguments.
    """
    seconds = {name: [] for name in functions}
    for _ in range(rounds + 1):
        for name, function in functions.items():
            start = clock()
            function()
            seconds[name].append(clock() - start)
    return {name: turns[1:] for name, turns in seconds.items()}


def ratios(numerators, denominators):
    """Divide turn by turn: both saw the machine in the same mood."""
    return [a / b for a, b in zip(numerators, denominators, strict=True)]


def median_ratio(numerators, denominators):
    """Median of the ratios turn by turn."""
    return statistics.median(ratios(numerators, denominators))


def exponent(sizes, seconds):
    """Slope of log(seconds) against log(size): 1 if twice the size takes twice the time, 2 if four times."""
    return float(np.polyfit(np.log(sizes), np.log(seconds), 1)[0])


@contextmanager
def one_thread():
    """Let PyTorch compute on one thread, as the peers do, and afterwards on as many as before."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
