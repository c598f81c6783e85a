"""Importing the package and loading its data is quick, and brings only what is needed."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def fresh(code):
    """Run code in a new interpreter and return what it prints."""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def best_time(first, then, tries=5):
    """Seconds of the processor, all threads together: other programs do not stretch them."""
    code = f"import time\n{first}\nstart = time.process_time()\n{then}\nprint(time.process_time() - start)"
    return min(float(fresh(code)) for _ in range(tries))


def test_importing_the_package_is_quick_and_brings_nothing_heavy():
    assert best_time("", "import coursekit") < 0.2
    heavy = fresh("import sys, coursekit; print(*{name.partition('.')[0] for name in sys.modules})").split()
    assert not {"torch", "pandas", "matplotlib", "numpy", "sklearn", "kaggle", "ipywidgets", "IPython"} & set(heavy)


def test_digits_need_neither_pandas_nor_torch_nor_matplotlib():
    code = "import sys; from coursekit import data; data.load_mnist_10k(); print(*sys.modules)"
    assert not {"torch", "pandas", "matplotlib"} & set(fresh(code).split())


@pytest.mark.parametrize(
    ("call", "limit"),
    [
        ("load_boston_housing()", 0.2),
        ("load_pima_diabetes()", 0.2),
        ("load_mnist_10k()", 0.2),
        ("load_chest_ct()", 0.6),
    ],
)
def test_loading_is_quick(call, limit):
    # Importing pandas takes half a second by itself, which no loader can help: it is imported before the clock starts.
    assert best_time("import numpy, pandas\nfrom coursekit import data", f"data.{call}", tries=3) < limit
