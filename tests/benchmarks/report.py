"""How things are timed side by side, and how that becomes RESULTS.md and the lines that the README quotes from it."""

import datetime
import inspect
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from importlib import import_module, metadata
from math import floor, log10
from pathlib import Path
from statistics import median

FOLDER = Path(__file__).parent
ROOT = FOLDER.parents[1]
RESULTS, README = FOLDER / "RESULTS.md", ROOT / "README.md"
BENCHMARKS = ("fit_overhead", "ct_speed", "xray_cache", "start_up")
HEAD = """# What the course costs, beside what else one could use

Written by `python -m tests.benchmarks`, never by hand. Each section comes from a process of its own, in which all
that is compared takes turns. Numbers are medians of five turns, with the smallest and the largest in brackets; a ratio
is computed turn by turn. Times depend on the machine, ratios much less.
"""
SECTION = re.compile(r"^<!-- (\w+) -->\n(.*?)\n<!-- /\1 -->$", re.DOTALL | re.MULTILINE)
QUOTE = re.compile(r"(<!-- benchmarks -->\n).*?(<!-- /benchmarks -->)", re.DOTALL)
CHILD = "import sys; from benchmarks.report import write; write(*sys.argv[1:])"


def alternate(functions, rounds=5, clock=time.process_time):
    """Seconds of each turn of some functions, by name; the turns alternate, and one more each warms up.

    The processor's clock is not stretched by other programs; `time.perf_counter` is for several threads or the disk.
    """
    seconds = {name: [] for name in functions}
    for _ in range(rounds + 1):
        for name, function in functions.items():
            start = clock()
            function()
            seconds[name].append(clock() - start)
    return {name: turns[1:] for name, turns in seconds.items()}


def ratios(numerators, denominators):
    """Divide turn by turn: both saw the machine in the same mood."""
    return [a / b for a, b in zip(numerators, denominators, strict=True)]


@contextmanager
def one_thread():
    """Let PyTorch compute on one thread, as the peers do, and afterwards on as many as before."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def number(value):
    """Write a positive number with three digits, or all digits before the point."""
    return f"{value:,.{max(0, 2 - floor(log10(value)))}f}"


def spread(values, factor=1):
    """Write the median of some values, with the smallest and the largest of them."""
    middle, least, most = (number(factor * choose(values)) for choose in (median, min, max))
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
    """Write a module's results: its docstring, its tables, a sentence that sums them up, and what was used."""
    title, _, text = inspect.getdoc(module).partition("\n")
    used = [f"{package} {version(package)}" for package in module.PACKAGES if version(package)]
    missing = [package for package in module.PACKAGES if not version(package)]
    parts = [f"## {title.rstrip('.')}", re.sub(r"(?<=\S)\n(?=\S)", " ", text.strip()), *tables, f"**{lead}**"]
    parts += [f"Absent, not installed: {', '.join(missing)}."] if missing else []
    info = Path("/proc/cpuinfo")
    known = re.search(r"^model name\s*: (.+)$", info.read_text() if info.exists() else "", re.MULTILINE)
    machine = f"{os.cpu_count()} cores ({known[1] if known else platform.machine()})"
    made = [datetime.date.today().isoformat(), machine, f"Python {platform.python_version()}", *used]
    return "\n\n".join([*parts, f"{', '.join(made)}."])


def run(names, results=RESULTS, readme=README):
    """Run benchmarks one after the other, and after each renew its section and what the README, if any, quotes."""
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
    leads = [re.findall(r"^\*\*(.+)\*\*$", sections[name], re.MULTILINE)[0] for name in BENCHMARKS if name in sections]
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
        command = [sys.executable, "-W", "ignore", "-c", CHILD, name, file]
        subprocess.run(command, cwd=folder, env=surroundings, check=True)
        return file.read_text(encoding="utf-8")


def write(name, file):
    """Measure here and now, and write the section to a file: what the process of `run` does."""
    module = import_module(f"benchmarks.{name}")
    Path(file).write_text(section(module, *module.measure()), encoding="utf-8")
