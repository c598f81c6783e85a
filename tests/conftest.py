"""What several tests need: an empty list of exercises, and what is displayed or made as a widget."""

import subprocess
import sys
from pathlib import Path

import ipywidgets
import matplotlib
import pytest
from hypothesis import settings

from coursekit import check

matplotlib.use("agg")
settings.register_profile("course", deadline=None, derandomize=True)  # the same cases each time, on slow machines too
settings.load_profile("course")


@pytest.fixture(autouse=True)
def _no_exercises():
    """The exercises that have been checked are kept in the module: begin and end with none."""
    check._tasks.clear()
    yield
    check._tasks.clear()


@pytest.fixture
def shown(monkeypatch):
    """All that `display` is given, as (data by MIME type, metadata)."""
    record = []
    monkeypatch.setattr(
        "IPython.display.display",
        lambda data, metadata=None, raw=False: record.append((data, metadata or {})),
    )
    return record


@pytest.fixture
def widgets():
    """All widgets made during the test, in order."""
    made = []
    ipywidgets.Widget.on_widget_constructed(made.append)
    yield made
    ipywidgets.Widget.on_widget_constructed(None)


@pytest.fixture(scope="session")
def wheel(tmp_path_factory):
    """The package, built from this tree."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=Path(__file__).parents[1], check=True, capture_output=True)
    return next(folder.glob("*.whl"))
