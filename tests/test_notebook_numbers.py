"""Every decimal number in a notebook's text: the notebook prints or computes with it, or its source is named here."""

import re

import pytest
from notebook_files import NOTEBOOKS, code_cells, for_each_notebook, printed, read

# In the text: from two significant digits on. Elsewhere any number, such as .05 or 1e-3.
IN_TEXT = re.compile(r"(?<![\w.,])(?:\d{1,3}(?:,\d{3})+|\d+)\.\d+")
ANYWHERE = re.compile(r"\d*\.?\d+(?:e[+-]?\d+)?")
NOT_PRINTED = {
    "01_ml_basics": {"5.95", "5.36"},  # Eng and others, 2021
    "02_clustering": {
        *("42.22", "0.63"),  # the Boston file: how LAT is written, and the formula of column B
        *("0.16", "0.22", "1.61", "3.3"),  # seen by moving the sliders; two of them, 1.14 times the root of 2
    },
    "03_regression": {
        *("1.81", "3.14"),  # the deep valley of a curve
        "1.159",  # the formula of 2009 for the eGFR
        *("6.9", "5.33", "6.6", "18.5"),  # an example; the root of 28.41; two columns of a tract
    },
    "04_neural_networks": {"0.74", "0.035", "2.09", "97.5", "1.96"},  # the old lab; worked out; quantiles
    "05_convolutional_networks": {
        *("0.979", "0.971", "0.22"),  # the old lab; measured once, as the text says
        *("58.6", "18.2", "15.4", "26.2"),  # Krizhevsky and others, 2012
    },
    "06_pneumonia_xray": {
        "2.5",  # GB of the archive
        *("0.822", "0.889", "0.935", "0.947", "0.961", "0.946", "0.974", "0.996", "0.167"),  # measured beforehand
        *("0.944", "0.854", "0.884"),  # Yang and others, 2023
        *("0.913", "0.997", "3.2", "2.1"),  # an interval for 78 of 80; differences of printed numbers
        *("0.966", "0.920", "0.945", "0.735", "0.862", "0.86", "0.91"),  # four other seeds, measured once
    },
    "07_low_dose_ct": {"2.3", "32.6", "0.81"},  # mm of a pixel; an earlier recipe; read from the slider's table
}


def text_of(path):
    """What a learner reads, without the badge and the measured budget, the new words and the references."""
    cells = [cell.source for cell in read(path).cells[1:] if cell.cell_type == "markdown"]
    return re.split(r"\n## (?:New words|References)\n", "\n".join(cells))[0]


def numbers_of(path):
    """All numbers that stand in the code or that it has written."""
    shown = [o.data["text/plain"] for cell in code_cells(path) for o in cell.outputs if "data" in o]
    texts = [text for cell in code_cells(path) for text in (cell.source, printed(cell))] + shown
    return [float(number) for text in texts for number in ANYWHERE.findall(re.sub(r"(?<=\d)[,_](?=\d{3})", "", text))]


def stands_for(number, value):
    """Whether a value, or the same in percent, is this number when it is rounded as the number is."""
    digits = len(number.partition(".")[2])
    return any(abs(round(factor * value, digits) - float(number.replace(",", ""))) < 1e-9 for factor in (1, 100))


@for_each_notebook
def test_it_is_printed_or_its_source_is_named(path):
    values = numbers_of(path)
    in_text = {number for number in IN_TEXT.findall(text_of(path)) if len(number.replace(".", "").lstrip("0")) > 1}
    assert len(in_text) > 10
    assert {n for n in in_text if not any(stands_for(n, value) for value in values)} == NOT_PRINTED[path.stem]


@pytest.mark.parametrize(
    ("number", "value", "same"),
    [("0.97", 0.967, True), ("96.7", 0.967, True), ("0.96", 0.967, False), ("0.967", 0.97, False), ("2.10", 2.1, True)],
)
def test_a_number_stands_for_what_rounds_to_it(number, value, same):
    assert stands_for(number, value) == same


def test_all_notebooks_are_asked():
    assert {path.stem for path in NOTEBOOKS} == NOT_PRINTED.keys()
