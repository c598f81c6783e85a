"""How stored outputs are compared: words exactly, numbers by how far they moved; a missing output is a failure."""

import re
import subprocess
import sys

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook, new_output
from notebook_files import ROOT, printed

FILES = [ROOT / "notebooks" / name for name in ("conftest.py", "printed.py")]


def cell(text, *others):
    """A cell that has printed a text here, and other texts on other machines."""
    made = new_code_cell("", outputs=said(text))
    for other in others:
        printed.widen(made, said(other))
    return made


def said(text):
    return [new_output("stream", name="stdout", text=text)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("There are 506.", ["506"]),
        ("AUC 0.913 (.9 to 1.0), 1,234 films", ["0.913", ".9", "1.0", "1,234"]),
        ("1e-05, 1.5e-07, 3E+02 and 2.e-3", ["1e-05", "1.5e-07", "3E+02", "2.e-3"]),
        ("conv2 torch_1 v1.2 LeNet-5, 64x64, 97%, nan", ["5", "64", "97"]),
    ],
)
def test_numbers_are_found(text, found):
    assert printed.numbers(said(text)) == found
    assert printed.words(text).count("#") == len(found)


@pytest.mark.parametrize(
    ("stored", "elsewhere", "now", "allowed"),
    [
        ("AUC 0.913", [], "AUC 0.913", True),
        ("AUC 0.913", [], "AUC 0.914", False),  # the last digit of what never moved
        ("[0.50]", [], "[0.5]", True),  # NumPy leaves out zeros
        ("-0.02", [], "0.02", False),
        ("0.913", ["0.915"], "0.912", True),  # 0.002 moved: as much again, and a unit, to both sides
        ("0.913", ["0.915"], "0.919", False),
        ("0.913", ["0.915", "0.911"], "0.905", False),
        ("0.9", ["0.92"], "0.87", True),  # the finest digit seen is the unit
        ("1,200 steps", ["1,210 steps"], "1,222 steps", False),
        ("0.913 and 0.5", ["0.915 and 0.5"], "0.913 and 0.6", False),  # the other one has not moved
        ("[0.99 0.5 ]", ["[1.   0.5 ]"], "[0.98 0.5 ]", True),  # NumPy's point is no full stop
        (str(2**100), [], str(2**100 + 1), False),
    ],
)
def test_a_number_may_leave_what_was_seen_by_as_much_as_it_moved(stored, elsewhere, now, allowed):
    complaints = printed.outside(cell(stored, *elsewhere), said(now))
    assert (complaints == []) is allowed
    if not allowed:
        (place,) = [i for i, n in enumerate(printed.numbers(said(now))) if n in complaints[0]]
        assert complaints[0].startswith(f"number {place + 1} is {printed.numbers(said(now))[place]}; it was ")


def test_only_what_moved_is_noted_with_the_lowest_and_the_highest_value():
    made = cell("0.5 of 506: 1,000", "0.50 of 506: 990", "0.5 of 506: 1,005")
    assert made.metadata["moved"] == {"2": ["990", "1,005"]}


def test_words_that_differ_are_refused():
    for here, there in (("right.", "wrong."), ("0.5", "nan"), ("1 2", "1"), ("above 1", "below 2")):
        with pytest.raises(ValueError, match="the words differ"):
            cell(here, there)
    with pytest.raises(ValueError, match="the words differ"):
        printed.widen(cell("a"), [*said("a"), new_output("display_data", data={"text/plain": "a picture"})])


def stream(text):
    return lambda cell: cell.update(outputs=said(text))


def moved(text, other):
    """The stored text, and that another machine has printed another one."""
    return lambda cell: [cell.update(outputs=said(text)), printed.widen(cell, said(other))]


def only(name):
    return lambda cell: cell.update(outputs=[output for output in cell.outputs if output.name == name])


AUC = "print(f'AUC {0.91349:.3f} of 506 rows')"
NOISE = "import sys\nprint('warning', file=sys.stderr)\nprint('done')"
FIGURE = "from IPython.display import display\ndisplay({'text/plain': 'a line', 'image/png': 'AA=='}, raw=True)"
AROUND = "print('before 1')\n" + FIGURE + "\nprint('after 2')"
# what is changed in a cell after it has run -> its code, the change, and whether nbval must fail there
CHANGES = {
    "nothing in two writings": ("print(1)\nprint(2)", lambda c: c.update(outputs=said("1\n") + said("2\n")), False),
    "a number behind a picture": (AROUND, lambda cell: cell.outputs[-1].update(text="after 3\n"), True),
    "nothing but white space": (AUC, stream("AUC  0.913 of 506\nrows\n"), False),
    "the last digit": (AUC, stream("AUC 0.914 of 506 rows\n"), True),
    "a number that moved": (AUC, moved("AUC 0.916 of 506 rows", "AUC 0.915 of 506 rows"), False),
    "a number that moved less far": (AUC, moved("AUC 0.917 of 506 rows", "AUC 0.916 of 506 rows"), True),
    "a verdict": ("print('1.1 try: right.')", stream("1.1 try: not yet.\n"), True),
    "a result": ("{'error': 0.25}", lambda cell: cell.outputs[0].data.update({"text/plain": "{'error': 0.35}"}), True),
    "an output more": ("x = 1", stream("text\n"), True),
    "a warning less": (NOISE, only("stdout"), False),
    "what is printed beside a warning": (NOISE, only("stderr"), True),
    "the pixels of a picture": (FIGURE, lambda cell: cell.outputs[0].data.update({"image/png": "BB=="}), False),
    "the text of a picture": (FIGURE, lambda cell: cell.outputs[0].data.update({"text/plain": "two lines"}), True),
    "a picture less": (FIGURE, lambda cell: cell.update(outputs=[]), True),
    "a claim": ("assert 2 > 1", lambda cell: cell.update(source="assert 1 > 2"), True),
    "code into an error": ("x = 1", lambda cell: cell.update(source="x = 1 / 0"), True),
}


@pytest.fixture(scope="module")
def failures(tmp_path_factory):
    """Run nbval once on a notebook with a cell for each change: the changes that made their cell fail."""
    folder = tmp_path_factory.mktemp("compared")
    for path in FILES:
        (folder / path.name).write_bytes(path.read_bytes())
    notebook = new_notebook(cells=[new_code_cell(source) for source, _, _ in CHANGES.values()])
    NotebookClient(notebook, kernel_name="python3").execute()
    for cell, (_, change, _) in zip(notebook.cells, CHANGES.values(), strict=True):
        change(cell)
    nbformat.write(notebook, folder / "changed.ipynb")
    command = [sys.executable, "-m", "pytest", "--nbval", "--nbval-current-env", "-q", "-rA", "-p", "no:cacheprovider"]
    done = subprocess.run([*command, "--rootdir=.", "."], cwd=folder, capture_output=True, text=True)
    lines = re.findall(r"^(PASSED|FAILED|ERROR) changed\.ipynb::Cell (\d+)", done.stdout, re.MULTILINE)
    assert len(lines) == len(CHANGES), done.stdout[-3000:]
    return {list(CHANGES)[int(number)] for state, number in lines if state != "PASSED"}


def test_nbval_fails_where_something_has_changed_that_matters(failures):
    assert failures == {change for change, (_, _, must_fail) in CHANGES.items() if must_fail}
