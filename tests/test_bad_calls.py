"""Calls with an odd argument, thousands from a list and 500 generated: it is named in an error, or valid."""

import os
import re
import resource
import signal
import warnings
from collections import Counter
from contextlib import nullcontext

import pytest
import torch
from bad_values import ODD, bad_values
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from test_public_api import FUNCTIONS
from valid_calls import VALID, arguments

from coursekit import check
from coursekit.data import DataError
from coursekit.train import predict

SECONDS, BYTES = 20, 6 * 2**30  # that a call may take
PAIRS = [(name, argument) for name in VALID for argument in arguments(name)]
WITHOUT_ARGUMENTS = {
    *("check.summary", "train.pick_device"),
    *("data.load_pima_diabetes", "data.load_mnist_10k", "data.load_chest_ct", "data.data_home"),
    *("data.fetch_mnist", "data.fetch_pneumoniamnist", "data.fetch_chest_xray", "data.fetch_ct_slices"),
}
# Where two arguments do not fit together, either may be named.
ALSO_NAMED = {
    ("stats.bootstrap_interval", "arrays"): "groups",
    ("stats.bootstrap_interval", "metric"): "arrays",
    ("check.function", "tol"): "cases",
    ("check.function", "reference"): "cases",
    ("check.value", "tol"): "expected",
    ("check.quiz", "why"): "options",
    ("ct.psnr", "truth"): "image",
    ("ct.ssim", "truth"): "image",
    ("train.fit", "model"): "optimizer",
    ("train.fit", "optimizer"): "scheduler",
    ("train.fit", "val"): "patience",
    ("xray.split_by_patient", "labels"): "patients",
}
# A value's own error comes out as it is where it is asked to do what it offers, and that of the caller's function.
OWN_ERRORS = {f"hostile {name}" for name in ("iter", "getitem", "fspath", "eq", "call")} | {"hostile in all"}
FUNCTIONS_OF_THE_CALLER = {"candidate", "cases", "draw", "loss_fn", "metric", "metrics", "model", "reference"}
WORK_WITHOUT_LIMIT = {("stats.bootstrap_interval", "n"), ("train.fit", "epochs"), ("xray.simulate_chest_xrays", "n")}


class TakesTooLong(BaseException):
    """The call was given up."""


def give_up(*_):
    raise TakesTooLong


def tree():
    return sorted(os.path.join(folder, name) for folder, _, names in os.walk(".") for name in names)


def complaint(name, argument, label, bad):
    """What is wrong with the way in which a function refuses a value; empty if nothing is."""
    function = VALID[name][0]
    given_arguments, before = arguments(name) | {argument: bad}, tree()
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            function(**given_arguments)
        return ""
    except DataError as error:
        message, named = str(error), str(error).endswith(".")
    except (ValueError, TypeError) as error:
        message = str(error)
        if argument in FUNCTIONS_OF_THE_CALLER and (callable(bad) or argument == "cases"):
            return ""
        names = (argument, ALSO_NAMED.get((name, argument), argument))
        named = any(re.search(rf"\b{one}\b", message) for one in names)
    except BaseException as error:
        own = label in OWN_ERRORS and str(error) == "on purpose"
        own |= callable(bad) and argument in FUNCTIONS_OF_THE_CALLER and isinstance(error, Exception)
        return "" if own else f"{type(error).__name__}: {error}"
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    written = set(tree()) - set(before)
    return f"it wrote {written}" if written else "" if named else f"not named: {message}"


@pytest.fixture
def limits(tmp_path, monkeypatch, shown):
    """An empty working folder, and an end to what takes too long or too much memory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COURSEKIT_DATA", str(tmp_path / "home"))
    handler, (soft, hard) = signal.signal(signal.SIGALRM, give_up), resource.getrlimit(resource.RLIMIT_AS)
    with open("/proc/self/statm") as file:
        used = int(file.read().split()[0]) * resource.getpagesize()
    if not torch.cuda.is_available():  # CUDA takes much more than it uses
        resource.setrlimit(resource.RLIMIT_AS, (used + BYTES, hard))
    yield
    resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
    signal.signal(signal.SIGALRM, handler)


def judge(pair, label, bad):
    """Judge one call; a value that asks for endless work is passed over."""
    if pair in WORK_WITHOUT_LIMIT and label.startswith("huge"):
        return
    check._tasks.clear()
    assert complaint(*pair, label, bad) == "", (pair, label or bad)
    if "checkpoint" in pair:
        for path in tree():
            os.unlink(path)


@pytest.mark.parametrize("name", VALID)
def test_each_odd_value_in_place_of_each_argument_is_refused_by_its_name_or_taken(limits, capsys, name):
    for argument in arguments(name):
        for label, make in ODD.items():
            judge((name, argument), label, make())


def test_a_list_that_lies_about_its_length_does_not_crash_pytorch(limits):
    class TooLong(list):
        def __len__(self):
            return 10**9

    with pytest.raises(TypeError, match=r"^device: "):
        predict(**arguments("train.predict") | {"device": TooLong(["cpu"])})


def test_a_generated_argument_is_refused_by_its_name_or_taken(limits, capsys):
    tried = Counter()

    @settings(
        max_examples=500,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.sampled_from(PAIRS), bad_values)
    def call(pair, value):
        tried[pair] += 1
        judge(pair, *value)

    call()
    assert sum(tried.values()) >= 500
    assert len(tried) > 0.7 * len(PAIRS)


def test_the_valid_calls_are_valid_and_none_is_missing(limits, capsys):
    for name, (function, _) in VALID.items():
        nothing_there = name.startswith(("ct.read", "ct.find", "xray.read", "xray.ChestXrayFolder"))
        with pytest.raises(DataError) if nothing_there else nullcontext():
            function(**arguments(name))
    assert set(FUNCTIONS) - WITHOUT_ARGUMENTS <= set(VALID)
