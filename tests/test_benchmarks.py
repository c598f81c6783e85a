"""The command that measures, in small, and that what the course promises about speed at its start is true."""

import re
import subprocess
import sys
from importlib import import_module, metadata

from benchmarks import ct_speed, report, start_up

# arguments that make a benchmark quick
FEWER = {"fit_overhead": {"epochs": 1}, "ct_speed": {}, "xray_cache": {"n": 4}, "start_up": {}}
PEERS = ("lightning", "skorch", "fastai", "astra-toolbox")
NUMBER = r"[\d,]+(?:\.\d+)?"


def test_the_readme_quotes_the_results_and_each_benchmark_has_its_section():
    readme, sections = report.README.read_text(encoding="utf-8"), report.read(report.RESULTS)
    assert tuple(sections) == report.BENCHMARKS == tuple(FEWER)
    assert report.quoting(readme, sections) == readme


def test_each_benchmark_runs_in_small_and_names_absent_peers(monkeypatch):
    real = metadata.version
    monkeypatch.setattr(metadata, "version", lambda package: real("absent " * (package in PEERS) + package))
    monkeypatch.setattr(ct_speed, "SIZE", 64)
    monkeypatch.setattr(start_up, "PAIRS", {"import coursekit": ("", "import numpy")})
    for name, fewer in FEWER.items():
        module = import_module(f"benchmarks.{name}")
        text = report.section(module, *module.measure(rounds=1, **fewer))
        missing = [package for package in module.PACKAGES if package in PEERS]
        assert (f"\nAbsent, not installed: {', '.join(missing)}.\n" in text) == bool(missing)
        assert re.search(rf"\| {NUMBER} \({NUMBER} to {NUMBER}\) \|", text), "a table with a median and its range"
        assert re.search(r"^\*\*.*\d.*\*\*$", text, re.MULTILINE), "a sentence that sums it up"
        assert re.search(r"^\d{4}-\d\d-\d\d, \d+ cores \(.+\), Python 3\.\d+\.\d+, ", text, re.MULTILINE)


def test_what_is_measured_again_is_renewed_in_the_results_and_in_the_readme(tmp_path, monkeypatch):
    results, readme = tmp_path / "RESULTS.md", tmp_path / "README.md"
    results.write_bytes(report.RESULTS.read_bytes())
    readme.write_bytes(report.README.read_bytes())
    before = report.read(results)
    monkeypatch.setattr(report, "_measured", lambda name: f"## New\n\n**{name} takes 7 ms.**\n")
    report.run(["start_up"], results, readme)
    assert report.read(results) == before | {"start_up": "## New\n\n**start_up takes 7 ms.**\n"}
    assert "\n- start_up takes 7 ms.\n" in readme.read_text(encoding="utf-8")


TIMED = """
import sys, time
start = time.process_time()
import coursekit
print(time.process_time() - start)
heavy = {"torch", "pandas", "matplotlib", "numpy", "sklearn", "kaggle", "ipywidgets", "IPython"}
assert not heavy & set(sys.modules), "the package itself brings nothing heavy"
import numpy
from coursekit import data
start = time.process_time()
data.load_mnist_10k()
print(time.process_time() - start)
assert not {"torch", "pandas", "matplotlib"} & set(sys.modules), "digits need none of these"
"""


def test_importing_and_loading_is_quick_and_brings_only_what_is_needed():
    done = subprocess.run([sys.executable, "-c", TIMED], cwd=report.ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert max(map(float, done.stdout.split())) < 0.2, "processor seconds"
