"""Starting: `import coursekit` and the bundled data, in fresh interpreters.

In processor seconds. `import coursekit` stands beside `import numpy`; each `load_*`, with NumPy and pandas imported
before the clock starts, beside reading the same file without checking it.
"""

import subprocess
import sys
from statistics import median

from benchmarks.report import number, ratios, spread, table
from notebook_files import ROOT

PACKAGES = ("numpy", "pandas")
READY = "import numpy, pandas; from coursekit import data"
CSV, NPZ = "pandas.read_csv('datasets/{}.csv')", "dict(numpy.load('datasets/{}.npz'))"
PAIRS = {  # what is timed, and beside what
    "import coursekit": ("", "import numpy"),
    "data.load_boston_housing()": (READY, CSV.format("boston_housing")),
    "data.load_pima_diabetes()": (READY, CSV.format("pima_diabetes")),
    "data.load_mnist_10k()": (READY, NPZ.format("mnist_10k")),
    "data.load_chest_ct()": (READY, NPZ.format("chest_ct")),
}


def measure(rounds=5):
    turns = {code: [] for ours, (_, theirs) in PAIRS.items() for code in (ours, theirs)}
    for _ in range(rounds + 1):
        for ours, (first, theirs) in PAIRS.items():
            turns[ours].append(_seconds(first, ours))
            turns[theirs].append(_seconds(first, theirs))
    turns = {code: seconds[1:] for code, seconds in turns.items()}  # the first round warms up the disk
    times = {ours: ratios(turns[ours], turns[theirs]) for ours, (_, theirs) in PAIRS.items()}
    rows = [
        [f"`{ours}`", spread(turns[ours], 1000), f"`{theirs}`", spread(turns[theirs], 1000), spread(times[ours])]
        for ours, (_, theirs) in PAIRS.items()
    ]
    import_ms, slower = 1000 * median(turns["import coursekit"]), 1 / median(times["import coursekit"])
    lead = f"`import coursekit` takes {number(import_ms)} ms; `import numpy` takes {number(slower)} times as long."
    return lead, table(["", "ms", "Beside", "ms", "Ours / this"], rows)


def _seconds(first, then):
    """Run code in a new interpreter and time its second part."""
    code = f"import time\n{first}\nstart = time.process_time()\n{then}\nprint(time.process_time() - start)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return float(done.stdout)
