"""Markdown for the results: numbers, tables, and a section with all that a reader needs to judge them."""

import datetime
import inspect
import os
import platform
import re
import statistics
from importlib import metadata
from math import floor, log10
from pathlib import Path


def number(value):
    """Write a positive number with three digits, or all digits before the point."""
    return f"{value:,.{max(0, 2 - floor(log10(value)))}f}"


def spread(values, factor=1):
    """Write the median of some values, with the smallest and the largest of them."""
    middle, least, most = (number(factor * choose(values)) for choose in (statistics.median, min, max))
    return f"{middle} ({least} to {most})"


def table(header, rows):
    """Write a table in Markdown."""
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (header, ["---"] * len(header), *rows))


def version(package):
    """Version of a package as it is installed, None where it is absent."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def section(module, lead, *tables):
    """Write a module's results: its docstring, its tables, a sentence that sums them up, and what was used.

    Parameters
    ----------
    module : module
        With a docstring, whose first line becomes the heading, and PACKAGES, the names of what it used or would have.
    lead : str
        One sentence, which the README may quote.
    *tables : str
        In Markdown.
    """
    title, _, text = inspect.getdoc(module).partition("\n")
    versions = {package: version(package) for package in module.PACKAGES}
    absent = [package for package, found in versions.items() if found is None]
    used = [f"{package} {found}" for package, found in versions.items() if found is not None]
    parts = [f"## {title.rstrip('.')}", re.sub(r"(?<=\S)\n(?=\S)", " ", text.strip()), *tables, f"**{lead}**"]
    if absent:
        parts.append(f"Absent, not installed: {', '.join(absent)}.")
    return "\n\n".join([*parts, f"{machine()}{''.join(f', {one}' for one in used)}."])


def machine():
    """Date, Python, and what computes."""
    known = re.search(r"^model name\s*: (.+)$", _read("/proc/cpuinfo"), re.MULTILINE)
    processor = known[1] if known else platform.machine()
    python = f"Python {platform.python_version()}"
    return f"{datetime.date.today().isoformat()}, {os.cpu_count()} cores ({processor}), {python}"


def _read(path):
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError:  # not Linux
        return ""
