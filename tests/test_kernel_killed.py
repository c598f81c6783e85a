"""A kernel that is killed in the middle of a lab leaves nothing behind: run from the top, all is as stored."""

import ast
import copy

import pytest
from kernels import DIE, execute, kernel
from nbclient.exceptions import DeadKernelError
from notebook_files import ROOT, read
from test_notebook_comparison import printed

LAB = ROOT / "notebooks" / "01_ml_basics.ipynb"
CELLS = 25  # of the lab: data are loaded, models compared, figures drawn


def beginning():
    """The first cells of the lab, without their outputs."""
    nb = copy.deepcopy(read(LAB))
    nb.cells = nb.cells[:CELLS]
    for cell in nb.cells:
        if cell.cell_type == "code":
            cell.outputs = []
    return nb


def files(folder):
    return sorted(path.relative_to(folder) for path in folder.rglob("*"))


def test_killed_in_the_middle_of_a_cell_and_run_from_the_top_it_gives_what_is_stored(tmp_path):
    places = {name: tmp_path / name for name in ("work", "home", "user")}
    for place in places.values():
        place.mkdir()
    environment = {"COURSEKIT_DATA": str(places["home"]), "IPYTHONDIR": str(places["user"])}
    cut = beginning()
    code = [index for index, cell in enumerate(cut.cells) if cell.cell_type == "code"]
    last = cut.cells[code[-1]]
    lines = last.source.splitlines()
    end = ast.parse(last.source).body[-1].lineno - 1  # the last statement does not come to its turn
    last.source = "\n".join([*lines[:end], DIE, *lines[end:]])
    with kernel(cut, places["work"], environment) as run:
        for index in code[:-1]:
            run(index)
        with pytest.raises(DeadKernelError):
            run(code[-1])
    again = execute(beginning(), places["work"], environment)
    compared = 0
    for stored, cell in zip(copy.deepcopy(read(LAB).cells), again.cells, strict=False):
        if cell.cell_type == "code":
            printed.widen(stored, cell.outputs)  # refuses other words
            assert "moved" not in stored.metadata, cell.source
            compared += any(printed.texts(cell.outputs))
    assert compared > len(code) // 2
    assert files(places["work"]) == files(places["home"]) == []
