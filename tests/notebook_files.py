"""The stored notebooks, and what tests ask of their cells."""

import ast
import functools
import importlib.util
import sys
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
for_each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


@functools.cache
def read(path):
    return nbformat.read(path, as_version=4)


def builder(path=ROOT / "notebooks" / "build.py"):
    """The module notebooks/build.py, which is not in a package; a copy of it works on its own surroundings."""
    if str(path.parent) not in sys.path:  # where it finds the modules beside it
        sys.path.insert(0, str(path.parent))
    spec = importlib.util.spec_from_file_location("notebook_builder", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def tags(cell):
    return cell.metadata.get("tags", [])


def code_cells(path, tag=None):
    """The notebook's code cells, or those with a tag."""
    return [c for c in read(path).cells if c.cell_type == "code" and (tag is None or tag in tags(c))]


def text(path):
    """All markdown cells as one text."""
    return "\n\n".join(cell.source for cell in read(path).cells if cell.cell_type == "markdown")


def headings(path):
    """Level and title of each heading, in order."""
    found = []
    for cell in read(path).cells:
        fenced = False
        for line in cell.source.splitlines() if cell.cell_type == "markdown" else ():
            fenced ^= line.startswith("```")
            marks, _, title = line.partition(" ")
            if not fenced and title and set(marks) == {"#"}:
                found.append((len(marks), title))
    return found


def printed(cell):
    """What a code cell has written to stdout."""
    return "".join(o.text for o in cell.outputs if o.output_type == "stream" and o.name == "stdout")


def pictures(path):
    """All outputs of all cells that hold an image of any kind: (data, metadata)."""
    outputs = [output for cell in code_cells(path) for output in cell.outputs if "data" in output]
    return [(o.data, o.metadata) for o in outputs if any(mime.startswith("image/") for mime in o.data)]


def calls(source, *names):
    """The calls in some code of functions with these dotted names."""
    nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    return [node for node in nodes if ast.unparse(node.func) in names]


def checked_names(cell, *functions):
    """The exercise names (first arguments) in a cell's calls of these functions of check."""
    return [call.args[0].value for call in calls(cell.source, *(f"check.{name}" for name in functions))]
