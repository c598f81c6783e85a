"""The command that measures: each benchmark in small, what it writes, absent peers, and what the README quotes."""

import re
import subprocess
import sys
from importlib import import_module, metadata

import pytest
from benchmarks import ct_speed, report, tables, timing
from benchmarks.__main__ import main
from notebook_files import NOTEBOOKS, read

FEWER = {  # arguments that make a benchmark quick
    "fit_overhead": {"epochs": 1},
    "ct_speed": {},
    "xray_cache": {"n": 8},
    "denoisers": {},
    "clustering": {"sizes": (100, 200)},
    "start_up": {"pairs": ("import coursekit", "data.load_pima_diabetes()")},
    "growth": {"images": (8, 16), "sizes": (16, 32), "angles": (5, 10)},
}
NUMBER = r"[\d,]+(?:\.\d+)?"


def command(*arguments):
    """Run the command as its users do."""
    call = [sys.executable, "-m", "tests.benchmarks", *map(str, arguments)]
    return subprocess.run(call, cwd=report.ROOT, capture_output=True, text=True)


@pytest.fixture
def without_peers(monkeypatch):
    """Neither the trainers nor astra, whatever is installed."""
    version = metadata.version

    def only_ours(package):
        if package in ("lightning", "skorch", "fastai", "astra-toolbox"):
            raise metadata.PackageNotFoundError(package)
        return version(package)

    monkeypatch.setattr(metadata, "version", only_ours)
    monkeypatch.setattr(ct_speed, "SIZE", 64)


def test_every_benchmark_has_a_section_in_the_results_and_a_small_form_here():
    files = {path.stem for path in report.FOLDER.glob("*.py") if "\ndef measure(" in path.read_text(encoding="utf-8")}
    assert files == set(report.BENCHMARKS) == {*FEWER, "notebooks"}
    assert tuple(report.read(report.RESULTS)) == report.BENCHMARKS


def test_the_readme_quotes_the_results():
    readme, results = (path.read_text(encoding="utf-8") for path in (report.README, report.RESULTS))
    (quoted,) = re.findall(r"<!-- benchmarks -->\n(.*?)<!-- /benchmarks -->", readme, re.DOTALL)
    lines = quoted.splitlines()
    assert len(lines) == len(report.QUOTED) >= 4
    assert all(f"\n**{line.removeprefix('- ')}**\n" in results for line in lines)
    assert report.quoting(readme, report.read(report.RESULTS)) == readme


@pytest.mark.parametrize("name", FEWER)
def test_each_benchmark_runs_and_names_absent_peers(name, without_peers):
    module = import_module(f"benchmarks.{name}")
    text = tables.section(module, *module.measure(rounds=2, **FEWER[name]))
    absent = [package for package in module.PACKAGES if package in ("skorch", "lightning", "fastai", "astra-toolbox")]
    assert (f"\nAbsent, not installed: {', '.join(absent)}.\n" in text) == bool(absent)
    assert len(re.findall(r"\| absent \|", text)) == {"fit_overhead": 3, "ct_speed": 6}.get(name, 0)
    assert re.search(rf"\| {NUMBER} \({NUMBER} to {NUMBER}\) \|", text), "a table with a median and its range"
    assert re.search(r"^\*\*.*\d.*\*\*$", text, re.MULTILINE), "a sentence that sums it up"
    assert re.search(r"^\d{4}-\d\d-\d\d, \d+ cores \(.+\), Python 3\.\d+\.\d+, ", text, re.MULTILINE)
    for package in set(module.PACKAGES) - set(absent):
        assert f", {package} {metadata.version(package)}" in text


def test_the_command_renews_only_what_is_named(tmp_path):
    results, readme = tmp_path / "RESULTS.md", report.README.read_bytes()
    text = report.RESULTS.read_text(encoding="utf-8")
    text = text.replace(report.read(report.RESULTS)["notebooks"], "old").replace("`import coursekit` takes", "It takes")
    results.write_text(text, encoding="utf-8")
    before = report.read(results)
    done = command("notebooks", "--results", results)
    assert done.returncode == 0, done.stderr
    after = report.read(results)
    for path in NOTEBOOKS:
        assert f"\n| {path.stem} | {read(path).metadata['coursekit']['seconds']} | " in after["notebooks"]
    assert after | {"notebooks": "old"} == before
    assert report.README.read_bytes() == readme, "another file's results are not for the README"


def test_results_begin_with_the_first_benchmark_and_the_readme_with_them(tmp_path):
    readme = tmp_path / "README.md"
    readme.write_text("before\n<!-- benchmarks -->\n- old\n<!-- /benchmarks -->\nafter\n", encoding="utf-8")
    report.run(["notebooks"], tmp_path / "RESULTS.md", readme)
    assert list(report.read(tmp_path / "RESULTS.md")) == ["notebooks"]
    assert readme.read_text(encoding="utf-8") == "before\n<!-- benchmarks -->\n<!-- /benchmarks -->\nafter\n"


def test_an_unknown_name_is_refused_and_the_known_ones_are_listed():
    done = command("ct_sped")
    assert done.returncode == 2
    assert "ct_sped" in done.stderr
    assert ", ".join(report.BENCHMARKS) in done.stderr


def test_what_was_measured_is_not_written_over_where_peers_are_absent(without_peers, monkeypatch, capsys):
    monkeypatch.setattr(report, "run", lambda *_: pytest.fail("it runs"))
    for name, missing in (("fit_overhead", "lightning, skorch, fastai"), ("ct_speed", "astra-toolbox")):
        monkeypatch.setattr(sys, "argv", ["benchmarks", name])
        with pytest.raises(SystemExit):
            main()
        assert f"{missing} not installed: install the extra bench" in capsys.readouterr().err


def test_a_benchmark_that_fails_stops_the_command_and_leaves_the_results(tmp_path, monkeypatch):
    results = tmp_path / "RESULTS.md"
    monkeypatch.setattr(report, "CHILD", "raise SystemExit(3)")
    with pytest.raises(subprocess.CalledProcessError):
        report.run(["notebooks"], results, None)
    assert not results.exists()


def test_turns_alternate_and_the_first_is_not_counted():
    ticks, calls = iter([0, 9, 9, 19, 20, 21, 21, 23, 30, 33, 33, 37]), []
    turns = timing.alternate({name: lambda name=name: calls.append(name) for name in "ab"}, 2, lambda: next(ticks))
    assert calls == list("ababab")
    assert turns == {"a": [1, 3], "b": [2, 4]}
    assert timing.ratios(turns["b"], turns["a"]) == [2, 4 / 3]


def test_exponents_and_numbers():
    assert timing.exponent([1, 2, 4], [3, 12, 48]) == pytest.approx(2)
    assert [tables.number(value) for value in (0.01234, 1.234, 12.34, 1234.5)] == ["0.0123", "1.23", "12.3", "1,234"]
    assert tables.spread([0.003, 0.001, 0.002], 1000) == "2.00 (1.00 to 3.00)"
