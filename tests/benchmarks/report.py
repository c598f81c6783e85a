"""RESULTS.md, and the lines that the README quotes from it."""

import os
import re
import subprocess
import sys
import tempfile
from importlib import import_module
from pathlib import Path

from benchmarks.tables import section, version

FOLDER = Path(__file__).parent
ROOT = FOLDER.parents[1]
RESULTS, README = FOLDER / "RESULTS.md", ROOT / "README.md"
BENCHMARKS = (
    *("fit_overhead", "ct_speed", "xray_cache", "denoisers", "clustering"),
    *("start_up", "notebooks", "growth"),
)
QUOTED = ("fit_overhead", "ct_speed", "xray_cache", "denoisers", "start_up")
HEAD = """# What the course costs, beside what else one could use

Written by `python -m tests.benchmarks`, never by hand. Each section comes from a process of its own, in which all
that is compared takes turns. Numbers are medians of five turns, with the smallest and the largest in brackets; a ratio
is computed turn by turn. Times depend on the machine, ratios much less.
"""
SECTION = re.compile(r"^<!-- (\w+) -->\n(.*?)\n<!-- /\1 -->$", re.DOTALL | re.MULTILINE)
QUOTE = re.compile(r"(<!-- benchmarks -->\n).*?(<!-- /benchmarks -->)", re.DOTALL)
CHILD = "import sys; from benchmarks.report import write; write(*sys.argv[1:])"


def run(names, results=RESULTS, readme=README):
    """Run benchmarks one after the other, and after each renew its section and what the README quotes.

    Parameters
    ----------
    names : iterable of str
        Of BENCHMARKS.
    results : pathlib.Path
        Made if it is not there.
    readme : pathlib.Path or None
        None leaves the README as it is.
    """
    for name in names:
        print(f"{name} ...", flush=True)
        sections = read(results) | {name: _measured(name)}
        parts = [f"<!-- {one} -->\n{sections[one]}\n<!-- /{one} -->\n" for one in BENCHMARKS if one in sections]
        results.write_text("\n".join([HEAD, *parts]), encoding="utf-8")
        if readme:
            readme.write_text(quoting(readme.read_text(encoding="utf-8"), read(results)), encoding="utf-8")


def absent(names):
    """Packages that these benchmarks would use and that are not installed."""
    needed = [package for name in names for package in import_module(f"benchmarks.{name}").PACKAGES]
    return [package for package in dict.fromkeys(needed) if version(package) is None]


def read(results):
    """Sections of a file of results by the name of their benchmark; none if it is not there."""
    return dict(SECTION.findall(results.read_text(encoding="utf-8"))) if results.exists() else {}


def quoting(readme, sections):
    """Put the sentences that sum up the quoted sections into a README's text."""
    leads = [re.findall(r"^\*\*(.+)\*\*$", sections[name], re.MULTILINE)[0] for name in QUOTED if name in sections]
    if not QUOTE.search(readme):
        raise SystemExit("README.md: the lines <!-- benchmarks --> and <!-- /benchmarks --> are missing")
    lines = "".join(f"- {lead}\n" for lead in leads)
    return QUOTE.sub(lambda match: f"{match[1]}{lines}{match[2]}", readme)


def _measured(name):
    """The section of a benchmark, run in a process of its own."""
    path = os.pathsep.join([str(FOLDER.parent), str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "section.md"
        surroundings = os.environ | {"PYTHONPATH": path, "TQDM_DISABLE": "1", "COURSEKIT_DATA": folder}
        subprocess.run(
            [sys.executable, "-W", "ignore", "-c", CHILD, name, file], cwd=folder, env=surroundings, check=True
        )
        return file.read_text(encoding="utf-8")


def write(name, file):
    """Measure here and now, and write the section to a file: what the process of `run` does."""
    module = import_module(f"benchmarks.{name}")
    Path(file).write_text(section(module, *module.measure()), encoding="utf-8")
