"""A kernel that is killed in the middle of a lab leaves nothing behind: run from the top, all is as stored."""

import ast
import copy

import pytest
from kernels import execute, kernel
from nbclient.exceptions import DeadKernelError
from notebook_files import ROOT, printed, read

DIE = "import os; os.kill(os.getpid(), 9)"


def beginning():
    """The first cells of lab 1, in which data are loaded, models compared, figures drawn, without their outputs."""
    nb = copy.deepcopy(read(ROOT / "notebooks" / "01_ml_basics.ipynb"))
    nb.cells = nb.cells[:25]
    stored = copy.deepcopy(nb.cells)
    for cell in nb.cells:
        if cell.cell_type == "code":
            cell.outputs = []
    return nb, stored


def test_killed_in_the_middle_of_a_cell_and_run_from_the_top_it_gives_what_is_stored(tmp_path):
    work, home, user = places = [tmp_path / name for name in ("work", "home", "user")]
    for place in places:
        place.mkdir()
    environment = {"COURSEKIT_DATA": str(home), "IPYTHONDIR": str(user)}
    cut, stored = beginning()
    code = [index for index, cell in enumerate(cut.cells) if cell.cell_type == "code"]
    last = cut.cells[code[-1]]
    lines, end = last.source.splitlines(), ast.parse(last.source).body[-1].lineno - 1  # the last statement
    last.source = "\n".join([*lines[:end], DIE, *lines[end:]])
    with kernel(cut, work, environment) as run:
        for index in code[:-1]:
            run(index)
        with pytest.raises(DeadKernelError):
            run(code[-1])
    again = execute(beginning()[0], work, environment)
    compared = 0
    for cell, done in zip(stored, again.cells, strict=True):
        if cell.cell_type == "code":
            printed.widen(cell, done.outputs)  # refuses other words
            assert "moved" not in cell.metadata, cell.source
            compared += any(printed.texts(done.outputs))
    assert compared > len(code) // 2
    assert [*work.iterdir(), *home.iterdir()] == []
