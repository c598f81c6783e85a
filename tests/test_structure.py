"""How the code is laid out: modules that import downwards, short modules and functions, nothing for ruff to mend."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# What each module may import of ours: imports point down only.
ALLOWED_IMPORTS = {
    "__init__": set(),
    "__main__": {"_kaggle", "data", "train"},
    "_anatomy": {"ct", "data"},
    "_arguments": {"_checkpoint"},
    "_array_cache": set(),
    "_bundled": {"_errors"},
    "_checks": set(),
    "_checkpoint": {"_history"},
    "_compare": set(),
    "_dicom": {"_errors"},
    "_errors": set(),
    "_film": set(),
    "_history": {"plot"},
    "_image_cache": {"_errors"},
    "_image_quality": {"_checks"},
    "_kaggle": {"_errors"},
    "_lodopab": {"_errors"},
    "_loop": set(),
    "_patient_split": {"_checks"},
    "_pneumoniamnist": {"_errors"},
    "_projector": {"_checks"},
    "_radiographs": {"_anatomy", "_film"},
    "_scans": {"_dicom", "_errors", "_lodopab"},
    "_sets": {"_errors", "_kaggle", "_transfer", "_unpack"},
    "_transfer": {"_errors"},
    "_unpack": {"_errors"},
    "_xray_files": {"_errors"},
    "_xray_folder": {"_checks", "_errors", "_image_cache", "_xray_files", "data"},
    "check": {"_compare"},
    "ct": {"_checks", "_image_quality", "_projector", "_scans"},
    "data": {"_bundled", "_pneumoniamnist", "_scans", "download"},
    "download": {"_errors", "_sets"},
    "plot": set(),
    "stats": set(),
    "train": {"_arguments", "_checkpoint", "_history", "_loop"},
    "xray": {
        *("_anatomy", "_array_cache", "_bundled", "_checks", "_film", "_patient_split", "_pneumoniamnist"),
        *("_radiographs", "_xray_files", "_xray_folder", "data"),
    },
}
OWN_FILES = sorted(
    path
    for folder in ("coursekit", "notebooks", "tests", "datasets", ".ci")
    for path in (ROOT / folder).rglob("*.py")
    if "source" not in path.parts
)


@pytest.mark.parametrize("path", sorted((ROOT / "coursekit").glob("*.py")), ids=lambda path: path.stem)
def test_imports_point_down(path):
    imported = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            assert not node.level, "relative imports are not used here"
            imported |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
    ours = {name.split(".")[1] for name in imported if name.startswith("coursekit.")}
    assert ours & {other.stem for other in path.parent.glob("*.py")} <= ALLOWED_IMPORTS[path.stem]


@pytest.mark.parametrize("path", OWN_FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_module_and_no_function_is_long(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 250
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            code = node.body[1:] if ast.get_docstring(node) else node.body
            assert not code or node.end_lineno - code[0].lineno < 45, node.name


@pytest.mark.parametrize("command", [["check"], ["format", "--check"]], ids=["lint", "format"])
def test_ruff_has_no_complaint(command):
    done = subprocess.run([sys.executable, "-m", "ruff", *command, "."], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
