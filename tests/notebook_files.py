"""The stored notebooks, and what tests ask of their cells."""

import ast
import functools
import importlib.util
import sys
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[1]
LABS = sorted((ROOT / "notebooks").glob("*.ipynb"))
FURTHER = sorted((ROOT / "notebooks" / "further").glob("*.ipynb"))
NOTEBOOKS = [*LABS, *FURTHER]
# A lab is the core of its subject, one sitting, once what goes deeper has a notebook of its own.
CORES = [path for path in LABS if path.name[:2] in {further.name[:2] for further in FURTHER}]
each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
sys.path.append(str(ROOT / "notebooks"))  # for build.py and the modules beside it, which are not in a package

import machines  # noqa: E402, F401
import printed  # noqa: E402, F401


def builder(path=ROOT / "notebooks" / "build.py"):
    """The module notebooks/build.py; a copy of it works on its own surroundings."""
    spec = importlib.util.spec_from_file_location("notebook_builder", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@functools.cache
def read(path):
    return nbformat.read(path, as_version=4)


def tags(cell):
    return cell.metadata.get("tags", [])


def code_cells(path, tag=None):
    """The notebook's code cells, or those with a tag."""
    return [c for c in read(path).cells if c.cell_type == "code" and (tag is None or tag in tags(c))]


def code(path):
    """All code of a notebook as one text."""
    return "\n".join(cell.source for cell in code_cells(path))


def text(path):
    """All markdown cells as one text."""
    return "\n\n".join(cell.source for cell in read(path).cells if cell.cell_type == "markdown")


def said(cell):
    """What a code cell has written."""
    return "".join(o.text for o in cell.outputs if o.output_type == "stream" and o.name == "stdout")


def pictures(path):
    """All outputs of all cells that hold an image of any kind: (data, metadata)."""
    outputs = [output for cell in code_cells(path) for output in cell.outputs if "data" in output]
    return [(o.data, o.metadata) for o in outputs if any(mime.startswith("image/") for mime in o.data)]


def calls(source, *names):
    """The calls in some code of functions with these dotted names."""
    nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    return [node for node in nodes if ast.unparse(node.func) in names]
