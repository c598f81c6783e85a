"""Every decimal number in a notebook's text: the notebook prints or computes with it, or its source is named here.

A number that is not the same on every machine is quoted as far as it held on all of them, as "about", or as a range.
It is looked for in its own section and the one before; what sums up the lab may quote all of it.
"""

import itertools
import re

import pytest
from notebook_files import LABS, each_notebook, printed, read

# In the text: from two significant digits on. Elsewhere any number, such as .05 or 1e-3.
IN_TEXT = r"(?<![\w.,])(?:\d{1,3}(?:,\d{3})+|\d+)\.\d+"
QUOTED = re.compile(
    rf"(?P<about>about\s+|nearly\s+|almost\s+)?(?P<low>{IN_TEXT})(?:(?:\s+to\s+|-)(?P<high>{IN_TEXT}))?"
    r"(?P<percent>\s*%|\s+of\s+100)?"
)
ANYWHERE = re.compile(r"\d*\.?\d+(?:e[+-]?\d+)?")
SUMS_UP = re.compile(r"## (Summary|Quiz|14\. The model card)")
NOT_PRINTED = (  # notebook, and numbers with their source
    ("02_more_clusterings", "0.63"),  # the formula of column B
    ("03_regression", "0.45"),  # to be set on a slider
    ("03_more_regression", "22.5 6.9"),  # how LAT is written; an example
    ("03_more_regression", "1.159 6.6 6.5 18.5"),  # the formula of 2009 for the eGFR; columns of a tract
    ("04_neural_networks", "0.75 0.035"),  # an example; worked out
    ("04_training_in_depth", "2.09 97.5 1.96 2.4"),  # quantiles; the root of 6
    ("05_more_architectures", "0.979 0.987 1.2 18.2 15.4 15.3 26.2 7.3"),  # the old lab; ImageNet, 2012 and 2014
    ("06_pneumonia_xray", "0.95 0.69 0.88 0.92 0.55 0.99"),  # the old lab; measured beforehand
    ("06_pneumonia_xray", "0.56 0.59 0.87 0.85 0.97"),  # four other seeds, once; read from a curve; asked for
    ("06_pneumonia_xray", "0.82 0.83 0.960 0.962"),  # measured beforehand; other seeds; Yang and others
    ("06_pneumonia_xray", "2.5"),  # GB of the archive
    ("06_pneumonia_xray", "0.822 0.889 0.935 0.947 0.961 0.946 0.974 0.996 0.167"),  # measured beforehand
    ("06_pneumonia_xray", "0.944 0.854 0.884"),  # Yang and others, 2023
    ("06_pneumonia_xray", "0.913 0.997"),  # an interval for 78 of 80
    ("06_pneumonia_xray", "0.966 0.920 0.945 0.735 0.862 0.86 0.91"),  # four other seeds, measured once
    ("07_low_dose_ct", "2.3 32.6 0.81"),  # mm of a pixel; an earlier recipe; read from the slider's table
    ("07_low_dose_ct", "1.2 0.14 33.3"),  # an example; a standard error, worked out; printed under "The test"
)


def sections_of(path):
    """What a learner reads between two headings, and the values to which it may refer.

    The badge with the measured budget, the new words and the references are left out.
    """
    sections = [("", set())]
    for cell in read(path).cells[1:]:
        if cell.cell_type == "code":
            sections[-1][1].update(values_of(cell))
            continue
        first, *others = re.split(r"(?m)^(?=## )", cell.source)
        sections[-1] = (f"{sections[-1][0]}\n{first}", sections[-1][1])
        sections += [(other, set()) for other in others]
    everything = set().union(*(values for _, values in sections))
    for (_, before), (text, values) in itertools.pairwise([("", set()), *sections]):
        if not re.match(r"## (New words|References)", text):
            yield text, everything if SUMS_UP.match(text) else values | before


def values_of(cell):
    """Lowest and highest value of each number in a cell's code or in what it has written, on all machines."""
    for number in ANYWHERE.findall(re.sub(r"(?<=\d)[,_](?=\d{3})", "", cell.source)):
        yield float(number), float(number)
    for place, number in enumerate(printed.numbers(cell.outputs)):
        low, high = (float(printed.value(one)) for one in printed.spread(cell.metadata, place, number))
        yield (0 if low < 0 < high else min(abs(low), abs(high))), max(abs(low), abs(high))  # the text may say "less"


def stands_for(quoted, low, high):
    """Whether what is quoted is true of a value that lies between two others, or of the same in percent."""
    ends = [end for end in (quoted["low"], quoted["high"]) if end]
    unit = 10.0 ** -min(len(end.partition(".")[2]) for end in ends)
    first, last = (float(end.replace(",", "")) for end in (ends[0], ends[-1]))
    for factor in (1, 100) if quoted["percent"] else (1,):
        if len(ends) == 2:
            inside = first - unit / 2 <= factor * low < factor * high <= last + unit / 2
            if inside and last - first <= 3 * factor * (high - low) + 2 * unit:
                return True
        elif max(abs(factor * low - first), abs(factor * high - first)) <= (1.001 if quoted["about"] else 0.501) * unit:
            return True
    return False


def unfounded(text, values):
    """The quoted numbers that stand for none of the values; of a range also its ends may stand, each for one."""
    found = set()
    for match in QUOTED.finditer(text):
        if not any(stands_for(match, *value) for value in values):
            ends = [match.groupdict() | {"low": end, "high": None} for end in match.group("low", "high") if end]
            found |= {end["low"] for end in ends if not any(stands_for(end, *value) for value in values)}
    return {number for number in found if len(number.replace(".", "").lstrip("0")) > 1}


@each_notebook
def test_it_is_printed_or_its_source_is_named(path):
    sections = list(sections_of(path))
    quoted = set(re.findall(IN_TEXT, "".join(text for text, _ in sections)))
    assert len(quoted) > (10 if path in LABS else 2)
    elsewhere = {number for name, numbers in NOT_PRINTED if path.stem == name for number in numbers.split()}
    wrong = {text: unfounded(text, values) - elsewhere for text, values in sections}
    assert {text: numbers for text, numbers in wrong.items() if numbers} == {}
    assert elsewhere - quoted == set()


@pytest.mark.parametrize(
    ("text", "low", "high", "true"),
    [
        ("an AUC of 0.97", 0.967, 0.967, True),
        ("in 96.7 % of them", 0.967, 0.967, True),
        ("an AUC of 0.96", 0.967, 0.967, False),
        ("specificity 0.668", 0.648, 0.699, False),  # one machine's
        ("a specificity of about 0.67", 0.648, 0.699, False),
        ("a specificity of 0.65 to 0.70", 0.648, 0.699, True),
        ("a specificity of 0.40 to 0.90", 0.648, 0.699, False),  # as wide as that it says nothing
        ("an AUC of 0.96", 0.961, 0.967, False),
        ("an AUC of about 0.96", 0.961, 0.967, True),
        ("between 12.00 and 12.50", 12.0, 12.0, False),
    ],
)
def test_a_quoted_number_holds_on_every_machine(text, low, high, true):
    assert (unfounded(text, [(low, high)]) == set()) is true


def test_the_ends_of_a_range_may_be_two_numbers():
    assert unfounded("from 0.25 to 0.75", [(0.25, 0.25), (0.75, 0.75)]) == set()
    assert unfounded("from 0.25 to 0.75", [(0.25, 0.25), (0.5, 0.5)]) == {"0.75"}
