"""How the code is laid out: thin and flat, imports that point down, short functions, documented public names."""

import ast
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import coursekit

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "coursekit"
MODULES = {path.stem: path for path in sorted(PACKAGE.glob("*.py"))}
OWN_FILES = sorted(
    path
    for folder in ("coursekit", "notebooks", "tests", "datasets")
    for path in (ROOT / folder).rglob("*.py")
    if "source" not in path.parts
)
# A module may import those of the rows above its own.
LEVELS = (
    {"__init__", "errors"},
    {"check", "data", "plot", "projector", "stats"},
    {"history", "scans"},
    {"checkpoint", "ct"},
    {"simulate", "train"},
    {"xray"},
    {"__main__"},
)
PUBLIC = {
    "check": ("value", "function", "choice", "solution", "quiz", "summary"),
    "ct": (
        *("Projector", "hu_to_mu", "mu_to_hu", "window", "in_circle", "scan", "noisy_sinogram", "reconstruct"),
        *("simulate_low_dose", "psnr", "ssim", "read_dicom_series", "find_dose_pairs", "read_dose_pairs"),
    ),
    "data": (
        *("load_boston_housing", "load_pima_diabetes", "load_mnist_10k", "load_chest_ct", "fetch_mnist"),
        *("fetch_pneumoniamnist", "fetch_chest_xray", "fetch_ct_slices", "data_home", "DataError"),
    ),
    "plot": ("show", "explore"),
    "stats": ("bootstrap_interval",),
    "train": ("fit", "evaluate", "predict", "seed_everything", "pick_device"),
    "xray": ("simulate_chest_xrays", "ChestXrayFolder", "patient_id", "split_by_patient", "read_pneumoniamnist"),
}


def lines(*paths):
    return sum(len(path.read_text(encoding="utf-8").splitlines()) for path in paths)


def imported(module):
    """The modules of ours that a module imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(MODULES[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            assert not node.level, "relative imports are not used here"
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
    return {name.removeprefix("coursekit.") for name in found if name.startswith("coursekit.")} & set(MODULES)


def test_the_package_is_thin_and_flat():
    files = sorted(PACKAGE.rglob("*.py"))
    assert [path for path in files if path.parent != PACKAGE] == []
    assert [name for name in MODULES if name.startswith("_") and not name.startswith("__")] == []
    assert len(files) <= 16
    assert lines(*files) <= 2500
    assert lines(*(ROOT / "tests").rglob("*.py")) <= 7500


def test_fit_is_read_to_its_end_in_three_files():
    """The lines of `fit`, of what it calls in these files, and so on: without `predict`, say, or the history's plot."""
    files = ("train", "history", "checkpoint")
    assert set().union(*map(imported, files)) <= {*files, "errors", "plot"}
    parts = {}
    for file in files:
        for node in ast.parse(MODULES[file].read_text(encoding="utf-8")).body:
            parts |= {node.name: node} if isinstance(node, ast.FunctionDef | ast.ClassDef) else {}
    read, waiting = set(), ["fit"]
    while waiting:
        name = waiting.pop()
        read.add(name)
        names = {node.id for node in ast.walk(parts[name]) if isinstance(node, ast.Name)}
        waiting += (names & set(parts)) - read
    assert {"fit", "_train_pass", "Checkpoint", "History"} <= read
    assert sum(parts[name].end_lineno - parts[name].lineno + 1 for name in read) <= 450


@pytest.mark.parametrize("module", MODULES)
def test_imports_point_down(module):
    (level,) = (number for number, names in enumerate(LEVELS) if module in names)
    assert imported(module) <= set().union(*LEVELS[:level])


def test_importing_the_x_rays_loads_few_modules():
    code = "import sys, coursekit.xray; print(*(name for name in sys.modules if name.startswith('coursekit')))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert 2 <= len(done.stdout.split()) <= 12, done.stdout


def test_no_function_is_long():
    long = []
    for path in OWN_FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                code = node.body[1:] if ast.get_docstring(node) else node.body
                long += [f"{path}: {node.name}"] if code and node.end_lineno - code[0].lineno >= 45 else []
    assert long == []


@pytest.mark.parametrize("command", [["check"], ["format", "--check"]], ids=["lint", "format"])
def test_ruff_has_no_complaint(command):
    done = subprocess.run([sys.executable, "-m", "ruff", *command, "."], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_submodules_load_when_they_are_first_used():
    assert set(PUBLIC) == set(coursekit.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        coursekit.nothing  # noqa: B018


def returns(function):
    """Whether a function itself, not one within it, returns something."""
    nodes = list(ast.parse(inspect.getsource(function)).body[0].body)
    while nodes:
        node = nodes.pop()
        if isinstance(node, ast.Return) and node.value is not None:
            return True
        if not isinstance(node, ast.FunctionDef | ast.Lambda):
            nodes += ast.iter_child_nodes(node)
    return False


@pytest.mark.parametrize("name", [f"{module}.{name}" for module, names in PUBLIC.items() for name in names])
def test_every_public_name_is_documented_with_all_its_arguments(name):
    module, _, public = name.partition(".")
    thing = getattr(getattr(coursekit, module), public)
    text = inspect.getdoc(thing)
    assert re.match(r"[A-Z`$\"].*\.(\n\n|$)", text), "one sentence first"
    if inspect.isfunction(thing):
        arguments = inspect.signature(thing).parameters
        assert [name for name in arguments if not re.search(rf"\b{name}\b", text)] == []
        sections = re.findall(r"^(\w+)\n-+$", text, re.MULTILINE)
        assert "Parameters" not in sections or ("Returns" in sections) == returns(thing)
