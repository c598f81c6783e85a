"""What the package promises: documented functions, and errors that name the argument."""

import ast
import functools
import importlib
import inspect
import re
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
from wrong_ct_arguments import WRONG_CT
from wrong_scan_arguments import WRONG_SCANS
from wrong_training_arguments import WRONG_TRAINING
from wrong_xray_arguments import WRONG_XRAYS

import coursekit
from coursekit import check, ct, data, plot, stats, train, xray

ROOT = Path(__file__).parents[1]
MODULES = [importlib.import_module(f"coursekit.{name}") for name in coursekit.__all__]
FUNCTIONS = {
    f"{module.__name__.removeprefix('coursekit.')}.{name}": thing
    for module in MODULES
    for name, thing in vars(module).items()
    if not name.startswith("_") and inspect.isfunction(thing)
    if thing.__module__ == module.__name__ or name in getattr(module, "__all__", ())
}


def sections(function):
    """The sections of a numpydoc docstring: title -> lines."""
    found, title = {}, ""
    lines = inspect.getdoc(function).splitlines()
    for line, below in zip(lines, [*lines[1:], ""], strict=True):
        if below and set(below) == {"-"}:
            title = line
            assert len(below) == len(line), f"the line under {title} has another length"
        elif set(line) != {"-"}:
            found.setdefault(title, []).append(line)
    return found


MADE_OF = {
    "check": ["_compare", "_shown"],
    "ct": ["_checks", "_files", "_shown", "_ct.image_quality", "_ct.scans"],
    "data": ["_bundled", "_files", "_shown", "_xray.pneumoniamnist", "download"],
    "plot": ["_shown"],
    "stats": ["_checks", "_shown"],
    "train": ["_checks", "_training.arguments", "_training.checkpoints", "_training.loop"],
    "xray": ["_files", "_shown", "_xray.patient_split", "_xray.pneumoniamnist", "_xray.files"],
}


@functools.cache
def definitions(module):
    """The syntax trees of a module's functions by name, after those of the modules that it is made of."""
    below = {name: node for part in MADE_OF.get(module, ()) for name, node in definitions(part).items()}
    tree = ast.parse((ROOT / "coursekit" / f"{module.replace('.', '/')}.py").read_text(encoding="utf-8"))
    return below | {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}


def raises(name, functions, seen=()):
    """Whether a function, or one of `functions` that it calls, has a raise statement."""
    nodes = list(ast.walk(functions[name]))
    calls = [node.func for node in nodes if isinstance(node, ast.Call)]
    called = {getattr(call, "id", None) or getattr(call, "attr", None) for call in calls}
    below = (called & set(functions)) - {name, *seen}
    own = any(isinstance(node, ast.Raise) for node in nodes)
    return own or any(raises(callee, functions, (*seen, name)) for callee in below)


def returns(function):
    """Whether a function itself, not one within it, returns something."""
    nodes = list(function.body)
    while nodes:
        node = nodes.pop()
        if isinstance(node, ast.Return) and node.value is not None:
            return True
        if not isinstance(node, ast.FunctionDef | ast.Lambda):
            nodes += ast.iter_child_nodes(node)
    return False


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_public_function_is_documented_with_due_sections(name):
    function = FUNCTIONS[name]
    found = sections(function)
    assert re.fullmatch(r"[A-Z`$].*\.", found[""][0]), "one sentence first"
    module, _, short = name.partition(".")
    functions = definitions(module)
    due = {
        "Returns": returns(functions[short]),
        "Raises": raises(short, functions),
        "Parameters": bool(inspect.signature(function).parameters),
    }
    assert {title: title in found for title in due} == due
    named = [line for line in found.get("Parameters", []) if line and not line.startswith(" ")]
    stars = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}
    parameters = inspect.signature(function).parameters.values()
    names = [name for line in named for name in line.partition(" : ")[0].split(", ")]
    assert names == [stars.get(p.kind, "") + p.name for p in parameters]
    for title in set(found) - {""}:
        assert any(line.startswith("    ") for line in found[title]) or title in ("Notes", "References"), title


CASES = [(1,), (2,)]
QUIZ = ("Q1", "Why?", ["a", "b"], 0, ["c", "d"])
FIG = plt.Figure()
ALT = "A sentence that says what is seen."
ROWS = np.arange(5.0)
# function, its wrong argument, and calls in which only that argument is wrong
WRONG = [
    ("check.value", "name", [lambda f, bad=bad: f(bad, 1, 2) for bad in ("", " ", 1, None)]),
    (
        "check.value",
        "expected",
        [lambda f, bad=bad: f("a", 1, bad) for bad in (None, {}, np.nan, "", [], ..., 1j, [np.inf])],
    ),
    ("check.value", "tol", [lambda f, bad=bad: f("a", 1, 2, tol=bad) for bad in (-1, 1, "1", None, np.nan, True)]),
    ("check.value", "hint", [lambda f, bad=bad: f("a", 1, 2, hint=bad) for bad in (None, 3, ["x"])]),
    ("check.function", "name", [lambda f: f("", abs, abs, CASES), lambda f: f(None, abs, abs, CASES)]),
    ("check.function", "reference", [lambda f, bad=bad: f("a", abs, bad, CASES) for bad in (None, 3, "abs", ...)]),
    (
        "check.function",
        "cases",
        [lambda f, bad=bad: f("a", abs, abs, bad) for bad in ([], None, [1], (1, 2), {}, [[1]])],
    ),
    ("check.function", "tol", [lambda f: f("a", abs, abs, CASES, tol=2), lambda f: f("a", abs, abs, CASES, tol="0")]),
    ("check.function", "hint", [lambda f: f("a", abs, abs, CASES, hint=None)]),
    ("check.solution", "name", [lambda f: f("", 1), lambda f: f(None, 1), lambda f: f(3, 1)]),
    ("check.quiz", "name", [lambda f: f("", *QUIZ[1:]), lambda f: f(1, *QUIZ[1:])]),
    ("check.quiz", "question", [lambda f: f("Q1", " ", *QUIZ[2:]), lambda f: f("Q1", None, *QUIZ[2:])]),
    (
        "check.quiz",
        "options",
        [
            lambda f, bad=bad: f("Q1", "Why?", bad, 0, ["c", "d"])
            for bad in ([], ["a"], ["a", "a"], "ab", ["a", 1], [1, 2], ["a", ""])
        ],
    ),
    ("check.quiz", "answer", [lambda f, bad=bad: f(*QUIZ[:3], bad, QUIZ[4]) for bad in (-1, 2, "a", None, True, 0.0)]),
    (
        "check.quiz",
        "why",
        [lambda f, bad=bad: f(*QUIZ[:4], bad) for bad in ([], ["c"], "cd", ["c", ""], ["c", 1], None)],
    ),
    ("data.load_boston_housing", "geo", [lambda f, bad=bad: f(bad) for bad in (1, None, "geo")]),
    ("plot.show", "fig", [lambda f, bad=bad: f(bad, ALT) for bad in (None, plt, "fig")]),
    ("plot.show", "alt", [lambda f, bad=bad: f(FIG, bad) for bad in (None, "", "short", 3)]),
    ("plot.explore", "draw", [lambda f, bad=bad: f(bad, k=(1, 2)) for bad in (None, FIG, "draw")]),
    (
        "plot.explore",
        "sliders",
        [lambda f: f(lambda k=1: 0), lambda f: f(lambda k=1: 0, k=5), lambda f: f(lambda k: 0, k=(1, 2))],
    ),
    (
        "stats.bootstrap_interval",
        "metric",
        [lambda f, bad=bad: f(bad, ROWS) for bad in (None, "auc", lambda v: np.nan)],
    ),
    (
        "stats.bootstrap_interval",
        "arrays",
        [lambda f, bad=bad: f(np.mean, *bad) for bad in ([], [3], [ROWS, ROWS[:2]], [[]])],
    ),
    (
        "stats.bootstrap_interval",
        "groups",
        [lambda f, bad=bad: f(np.mean, ROWS, groups=bad) for bad in ([1], 3, [ROWS, ROWS])],
    ),
    (
        "stats.bootstrap_interval",
        "n",
        [lambda f, bad=bad: f(np.mean, ROWS, n=bad) for bad in (0, -1, 1.5, "9", None, True)],
    ),
    (
        "stats.bootstrap_interval",
        "level",
        [lambda f, bad=bad: f(np.mean, ROWS, level=bad) for bad in (0, 1, 95, "0.9", None)],
    ),
    (
        "stats.bootstrap_interval",
        "seed",
        [lambda f, bad=bad: f(np.mean, ROWS, seed=bad) for bad in (-1, "0", None, 1.5, True)],
    ),
    ("train.seed_everything", "seed", [lambda f, bad=bad: f(bad) for bad in (-1, 2**32, 1.0, "0", None, True)]),
    ("xray.simulate_chest_xrays", "n", [lambda f, bad=bad: f(bad) for bad in (0, -2, 8.0, "8", None, True)]),
    ("xray.simulate_chest_xrays", "size", [lambda f, bad=bad: f(8, bad) for bad in (31, 513, 64.0, "64", None, True)]),
    ("xray.simulate_chest_xrays", "seed", [lambda f, bad=bad: f(8, seed=bad) for bad in (-1, 0.5, "0", None, True)]),
    (
        "xray.simulate_chest_xrays",
        "shortcut",
        [lambda f, bad=bad: f(8, shortcut=bad) for bad in ("", "none", "Marker", 1, True, ["size"])],
    ),
    *WRONG_TRAINING,
    *WRONG_CT,
    *WRONG_SCANS,
    *WRONG_XRAYS,
]
JUDGED = {("check.value", "answer"), ("check.function", "candidate"), ("check.solution", "answer")}  # never raise


@pytest.mark.parametrize(
    ("name", "argument", "calls"), WRONG, ids=[f"{name}-{argument}" for name, argument, _ in WRONG]
)
def test_a_wrong_argument_is_named(name, argument, calls):
    for call in calls:
        with pytest.raises((ValueError, TypeError), match=rf"\b{argument}\b"):
            call(FUNCTIONS[name])


def test_every_argument_of_every_function_is_among_these():
    arguments = {(name, a) for name, function in FUNCTIONS.items() for a in inspect.signature(function).parameters}
    assert arguments - JUDGED == {(name, argument) for name, argument, _ in WRONG}


def test_the_public_names_are_these():
    assert {name for name in FUNCTIONS} == {
        *("check.value", "check.function", "check.solution", "check.quiz", "check.summary"),
        *("data.load_boston_housing", "data.load_pima_diabetes", "data.load_mnist_10k", "data.load_chest_ct"),
        *("data.fetch_mnist", "data.fetch_pneumoniamnist", "data.fetch_chest_xray", "data.fetch_ct_slices"),
        *("data.data_home", "plot.show", "plot.explore", "stats.bootstrap_interval"),
        *("train.seed_everything", "train.pick_device", "train.fit", "train.evaluate", "train.predict"),
        *("xray.simulate_chest_xrays", "xray.patient_id", "xray.read_pneumoniamnist", "xray.split_by_patient"),
        *("ct.hu_to_mu", "ct.mu_to_hu", "ct.window", "ct.scan", "ct.noisy_sinogram", "ct.reconstruct"),
        *("ct.simulate_low_dose", "ct.in_circle", "ct.psnr", "ct.ssim", "ct.read_dicom_series", "ct.read_dose_pairs"),
        *("ct.find_dose_pairs", "ct.read_lodopab"),
    }
    assert [check, ct, data, plot, stats, train, xray] == MODULES
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        coursekit.nothing  # noqa: B018


def test_the_data_home_follows_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("COURSEKIT_DATA", str(tmp_path / "here"))
    assert data.data_home() == (tmp_path / "here").resolve()
    monkeypatch.setenv("COURSEKIT_DATA", "")
    assert data.data_home().is_absolute()
    assert data.data_home().name == "coursekit"
