"""How the code is laid out: modules that import downwards, short functions, nothing for ruff to mend."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# What each module may import of ours: imports point down only.
ALLOWED_IMPORTS = {
    "__init__": set(),
    "__main__": {"_download.kaggle_bridge", "data", "train"},
    "_bundled": {"_errors"},
    "_checks": {"_shown"},
    "_compare": {"_shown"},
    "_ct.__init__": set(),
    "_ct.dicom": {"_errors", "_files"},
    "_ct.image_quality": {"_checks", "_shown"},
    "_ct.lodopab": {"_errors"},
    "_ct.projector": {"_checks", "_shown"},
    "_ct.scans": {"_ct.dicom", "_ct.lodopab", "_errors", "_files", "_shown"},
    "_download.__init__": set(),
    "_download.kaggle_bridge": {"_errors", "_progress"},
    "_download.sets": {"_download.kaggle_bridge", "_download.transfer", "_download.unpacking", "_errors"},
    "_download.transfer": {"_errors"},
    "_download.unpacking": {"_errors"},
    "_errors": set(),
    "_files": {"_errors", "_shown"},
    "_progress": set(),
    "_shown": set(),
    "_training.__init__": set(),
    "_training.arguments": {"_checks", "_files", "_shown", "_training.checkpoints"},
    "_training.checkpoints": {"_files", "_training.history"},
    "_training.history": {"_shown", "plot"},
    "_training.loop": {"_progress"},
    "_xray.__init__": set(),
    "_xray.anatomy": {"ct", "data"},
    "_xray.array_cache": {"_files"},
    "_xray.files": {"_errors", "_files", "_shown"},
    "_xray.film": set(),
    "_xray.folder": {"_checks", "_errors", "_shown", "_xray.files", "_xray.image_cache", "data"},
    "_xray.image_cache": {"_errors", "_files", "_progress"},
    "_xray.patient_split": {"_checks", "_shown"},
    "_xray.pneumoniamnist": {"_errors", "_files"},
    "_xray.radiographs": {"_xray.anatomy", "_xray.film"},
    "check": {"_compare", "_shown"},
    "ct": {"_checks", "_ct.image_quality", "_ct.projector", "_ct.scans"},
    "data": {"_bundled", "_ct.scans", "_shown", "_xray.pneumoniamnist", "download"},
    "download": {"_download.sets", "_errors"},
    "plot": {"_shown"},
    "stats": {"_checks", "_shown"},
    "train": {"_checks", "_training.arguments", "_training.checkpoints", "_training.history", "_training.loop"},
    "xray": {
        *(
            "_bundled",
            "_checks",
            "_shown",
            "_xray.anatomy",
            "_xray.array_cache",
            "_xray.files",
            "_xray.film",
            "_xray.folder",
        ),
        *("_xray.patient_split", "_xray.pneumoniamnist", "_xray.radiographs", "ct", "data"),
    },
}
PACKAGE = ROOT / "coursekit"
MODULES = {".".join(path.relative_to(PACKAGE).with_suffix("").parts): path for path in sorted(PACKAGE.rglob("*.py"))}
OWN_FILES = sorted(
    path
    for folder in ("coursekit", "notebooks", "tests", "datasets", ".ci")
    for path in (ROOT / folder).rglob("*.py")
    if "source" not in path.parts
)


@pytest.mark.parametrize("module", MODULES)
def test_imports_point_down(module):
    imported = set()
    for node in ast.walk(ast.parse(MODULES[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            assert not node.level, "relative imports are not used here"
            imported |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
    assert imported & {f"coursekit.{name}" for name in MODULES} == {
        f"coursekit.{name}" for name in ALLOWED_IMPORTS[module]
    }


@pytest.mark.parametrize("path", OWN_FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_function_is_long(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef):
            code = node.body[1:] if ast.get_docstring(node) else node.body
            assert not code or node.end_lineno - code[0].lineno < 45, node.name


@pytest.mark.parametrize("command", [["check"], ["format", "--check"]], ids=["lint", "format"])
def test_ruff_has_no_complaint(command):
    done = subprocess.run([sys.executable, "-m", "ruff", *command, "."], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
