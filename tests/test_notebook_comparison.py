"""How stored outputs are compared: numbers by tolerance, words to the letter, and a missing output is a failure."""

import importlib.util
import re
import subprocess
import sys

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook
from notebook_files import ROOT

CONFTEST = ROOT / "notebooks" / "conftest.py"
spec = importlib.util.spec_from_file_location("notebook_conftest", CONFTEST)
comparison = importlib.util.module_from_spec(spec)
spec.loader.exec_module(comparison)


@pytest.mark.parametrize(
    ("a", "b", "rounded", "trained"),
    [
        ("AUC 0.913", "AUC 0.913", True, True),
        ("AUC 0.913", "AUC 0.914", True, True),  # one unit in the last printed digit
        ("AUC 0.913", "AUC 0.915", False, True),
        ("AUC 0.913", "AUC 0.92", False, True),
        ("[0.741 0.5]", "[0.74 0.5]", True, True),  # NumPy leaves out zeros: the finer of the two decides
        ("AUC 0.91", "AUC 0.92", False, True),  # two digits are too few for a tolerance
        ("p < 0.01", "p < 0.02", False, False),
        ("torch 2.11.0", "torch 2.12.0", False, False),
        ("2026.11.21", "2026.12.21", False, False),
        ("AUC 0.913", "AUC 0.940", False, False),
        ("MSE 28.41", "MSE 28.9", False, True),
        ("MSE 28.41", "MSE 29.2", False, False),
        ("-0.02", "0.02", False, False),
        ("-0.000", "0.000", True, True),
        ("-0.001", "0.000", False, True),
        ("1.5e-07", "1.6e-07", False, True),
        ("1.5e-07", "1.5e-06", False, True),  # nearly nothing
        ("506 rows", "506 rows", True, True),
        ("506 rows", "507 rows", False, False),  # counts are exact
        ("AUC 0.913", "AUC 1", False, False),
        ("AUC 0.913", "auc 0.913", False, False),
        ("1.0 2.0", "1.0", False, False),
        ("1.0\n  2.0", "1.0 2.0\n", True, True),
        ("[1. 2.]", "[1. 3.]", False, False),
        ("There are 506.", "There are 507.", False, False),
        ("1e-05", "2e-05", False, True),
        ("1.e-05", "3.e-04", False, True),
        ("0.5 nan", "0.5 0.5", False, False),
        ("right.", "not yet.", False, False),
        ("", "0.1", False, False),
    ],
)
def test_texts_are_equal(a, b, rounded, trained):
    for one, other in ((a, b), (b, a)):
        for kind, equal in ((comparison.RoundedText, rounded), (comparison.TrainedText, trained)):
            assert (kind(one) == kind(other)) is equal
            assert (kind(one) != kind(other)) is not equal
    assert hash(comparison.RoundedText(a)) == hash(a)


def stream(text):
    return lambda cell: cell.update(outputs=[nbformat.v4.new_output("stream", name="stdout", text=text)])


def only(name):
    return lambda cell: cell.update(outputs=[output for output in cell.outputs if output.name == name])


AUC = "print(f'AUC {0.91349:.3f} of 506 rows')"
NOISE = "import sys\nprint('warning', file=sys.stderr)\nprint('done')"
FIGURE = "from IPython.display import display\ndisplay({'text/plain': 'a line', 'image/png': 'AA=='}, raw=True)"
# what is changed in a cell after it has run -> its code, the change, and whether nbval must fail there
CHANGES = {
    "nothing": (AUC, lambda cell: None, False),
    "rounding": (AUC, stream("AUC 0.914 of 506 rows\n"), False),
    "a number": (AUC, stream("AUC 0.923 of 506 rows\n"), True),
    "a count": (AUC, stream("AUC 0.913 of 507 rows\n"), True),
    "a word": (AUC, stream("auc 0.913 of 506 rows\n"), True),
    "a verdict": ("print('1.1 try: right.')", stream("1.1 try: not yet.\n"), True),
    "a result": ("{'error': 0.25}", lambda cell: cell.outputs[0].data.update({"text/plain": "{'error': 0.35}"}), True),
    "a printed output less": (AUC, lambda cell: cell.update(outputs=[]), True),
    "a result less": ("{'error': 0.25}", lambda cell: cell.update(outputs=[]), True),
    "one of two lines less": ("print(1)\nprint(2)", stream("1\n"), True),
    "an output more": ("x = 1", stream("text\n"), True),
    "a small drift after training": ("print('accuracy 0.950')", stream("accuracy 0.940\n"), False),
    "a large drift after training": ("print('accuracy 0.950')", stream("accuracy 0.900\n"), True),
    "a drift without training": ("print('accuracy 0.950')", stream("accuracy 0.940\n"), True),
    "a warning less": (NOISE, only("stdout"), False),
    "what is printed beside a warning": (NOISE, only("stderr"), True),
    "the pixels of a picture": (FIGURE, lambda cell: cell.outputs[0].data.update({"image/png": "BB=="}), False),
    "the text of a picture": (FIGURE, lambda cell: cell.outputs[0].data.update({"text/plain": "two lines"}), True),
    "a picture less": (FIGURE, lambda cell: cell.update(outputs=[]), True),
    "the code": ("print('right')", lambda cell: cell.update(source="print('left')"), True),
    "a claim": ("assert 2 > 1", lambda cell: cell.update(source="assert 1 > 2"), True),
    "code into an error": ("x = 1", lambda cell: cell.update(source="x = 1 / 0"), True),
}


@pytest.fixture(scope="module")
def failures(tmp_path_factory):
    """Run nbval once on a notebook with a cell for each change: the changes that made their cell fail."""
    folder = tmp_path_factory.mktemp("compared")
    (folder / "conftest.py").write_bytes(CONFTEST.read_bytes())
    notebook = new_notebook(cells=[new_code_cell(source) for source, _, _ in CHANGES.values()])
    NotebookClient(notebook, kernel_name="python3").execute()
    for cell, (name, (_, change, _)) in zip(notebook.cells, CHANGES.items(), strict=True):
        change(cell)
        cell.metadata["tags"] = ["trained"] if name.endswith("after training") else []
    nbformat.write(notebook, folder / "changed.ipynb")
    command = [sys.executable, "-m", "pytest", "--nbval", "--nbval-current-env", "-q", "-rA", "-p", "no:cacheprovider"]
    done = subprocess.run([*command, "--rootdir=.", "."], cwd=folder, capture_output=True, text=True)
    lines = re.findall(r"^(PASSED|FAILED|ERROR) changed\.ipynb::Cell (\d+)", done.stdout, re.MULTILINE)
    assert len(lines) == len(CHANGES), done.stdout[-3000:]
    return {list(CHANGES)[int(number)] for state, number in lines if state != "PASSED"}


@pytest.mark.parametrize("change", CHANGES)
def test_nbval_judges_a_change_of(failures, change):
    assert (change in failures) is CHANGES[change][2]
