"""What a cell has printed, taken apart into words and numbers, and how far each number may move.

Training gives other digits on another processor. So `build.py` runs a lab as several machines would and keeps, for
each number that was not the same everywhere, the lowest and the highest value seen: in the metadata `moved` of its
cell, under the number's place among all numbers of that cell. `conftest.py` compares by it. Words must be the same.
"""

import re
from decimal import Decimal

# 506, -0.913, 1,234, .5, 1e-05; but not what belongs to a name (conv2), nor the full stop of "There are 506."
NUMBER = re.compile(r"(?<![\w.])[-+]?(?:(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|\.\d+)(?:\.?[eE][-+]?\d+)?")


def texts(outputs):
    """All that a cell has written to stdout as one text, then the text of each result and picture."""
    written = "".join(o["text"] for o in outputs if o["output_type"] == "stream" and o["name"] == "stdout")
    return [written] + [o["data"]["text/plain"] for o in outputs if "text/plain" in o.get("data", {})]


def words(text):
    """A text without white space, and with # for each number, also for NumPy's `1.`, which ends like a sentence."""
    return "".join(NUMBER.sub("#", text).replace("#.", "#").split())


def numbers(outputs):
    """All numbers of a cell, as they are printed, in order."""
    return [number for text in texts(outputs) for number in NUMBER.findall(text)]


def value(number):
    """The value of a printed number, exactly."""
    return Decimal(number.replace(",", ""))


def spread(metadata, place, number):
    """Lowest and highest value seen of the number at a place, as printed; the number itself where it never moved."""
    return metadata.get("moved", {}).get(str(place), [number, number])


def widen(cell, outputs):
    """Note in a cell how far another machine's outputs lie from what has been seen.

    Raises
    ------
    ValueError
        If the words differ: a cell that says something else on another machine must be rewritten.
    """
    ours, theirs = ([words(text) for text in texts(one)] for one in (cell.outputs, outputs))
    if ours != theirs:
        raise ValueError(f"the words differ.\nHere:\n{texts(cell.outputs)}\nThere:\n{texts(outputs)}")
    moved = cell.metadata.get("moved", {})
    for place, (number, other) in enumerate(zip(numbers(cell.outputs), numbers(outputs), strict=True)):
        seen = [*spread(cell.metadata, place, number), other]
        low, high = min(seen, key=value), max(seen, key=value)
        if value(low) < value(high):
            moved[str(place)] = [low, high]
    if moved:
        cell.metadata["moved"] = moved


def outside(cell, outputs):
    """The numbers of some outputs that lie further from the stored ones than the spread of the machines allows.

    A number that was the same everywhere must be equal to the last printed digit. One that moved may leave what was
    seen by as much as it moved, and by one unit of its last digit.

    Returns
    -------
    list of str
        A sentence for each such number.
    """
    complaints = []
    for place, (number, other) in enumerate(zip(numbers(cell.outputs), numbers(outputs), strict=True)):
        printed = spread(cell.metadata, place, number)
        low, high = map(value, printed)
        unit = Decimal(1).scaleb(min(value(one).as_tuple().exponent for one in (*printed, number, other)))
        if low == high:
            holds, known = value(other) == low, number
        else:
            margin = high - low + unit
            holds, known = low - margin <= value(other) <= high + margin, f"{printed[0]} to {printed[1]}"
        if not holds:
            complaints.append(f"number {place + 1} is {other}; it was {known}")
    return complaints
