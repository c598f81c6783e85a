"""`python -m coursekit` on a healthy installation, and on one with many faults at once."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

from small_sets import data_home

from coursekit import __main__

ROOT = Path(__file__).parent.parent
COURSE = "Name: coursekit\nVersion: 0.1.0"  # that needs little else but what is broken here
for need in ("nosuchpackage>=1", "tqdm>=4.66", "scipy>=1.13", "torch>=2.6", "torchvision>=0.21"):
    COURSE += f"\nRequires-Dist: {need}"
PIP = f"run: {sys.executable} -m pip install"


def doctor(folder, *path, **environment):
    """Run the doctor in a folder, where Python looks into these folders first; the lines that are no OK."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, path)), **environment}
    command = [sys.executable, "-m", "coursekit"]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert "Traceback" not in done.stderr, done.stderr
    mends = [line.removeprefix("MEND  ") for line in done.stdout.splitlines() if line.startswith("MEND")]
    assert done.returncode == bool(mends)
    return mends, done.stdout


def test_every_line_is_ok_on_a_healthy_installation_without_a_kaggle_token(tmp_path, monkeypatch):
    home = data_home(tmp_path, monkeypatch)
    mends, said = doctor(tmp_path, ROOT, COURSEKIT_DEVICE="cpu")
    assert mends == []
    assert all(line.startswith("OK    ") for line in said.splitlines())
    for need in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]:
        assert f"OK    {need.partition('>')[0]} " in said
    for part in ("torch and torchvision match", "device: cpu", "load_chest_ct() works", str(home), "no Kaggle token"):
        assert part in said


def test_each_fault_of_a_broken_installation_is_named_with_its_mend(tmp_path, monkeypatch):
    course, site = tmp_path / "course", tmp_path / "site"
    data_home(tmp_path, monkeypatch)
    (tmp_path / "home").write_text("a file")
    shutil.copytree(ROOT / "coursekit", course / "coursekit", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "datasets", course / "datasets")
    with open(course / "datasets" / "pima_diabetes.csv", "a") as file:
        file.write("0")
    for name, text in {"tqdm-1.0": "Name: tqdm\nVersion: 1.0", "coursekit-0.1.0": COURSE}.items():
        (site / f"{name}.dist-info").mkdir(parents=True)
        (site / f"{name}.dist-info" / "METADATA").write_text(f"Metadata-Version: 2.1\n{text}\n")
    (site / "torchvision.py").write_text("raise RuntimeError('built for another torch')")
    (site / "scipy.py").write_text("raise SystemExit(1)")
    mends, said = doctor(course, course, site)
    assert f'nosuchpackage is not installed; {PIP} "nosuchpackage>=1"' in mends
    assert f'tqdm 1.0 is too old; {PIP} "tqdm>=4.66"' in mends
    assert f'scipy cannot be imported (SystemExit(1)); {PIP} --force-reinstall "scipy>=1.13"' in mends
    again = f"(RuntimeError('built for another torch')); {PIP} --force-reinstall torch torchvision"
    assert f"torchvision cannot be imported {again}" in mends
    assert f"torch and torchvision do not match {again}" in mends
    assert any("pima_diabetes.csv is damaged. Get it back: in a clone run `git checkout" in text for text in mends)
    home = f"data home {tmp_path / 'home'} cannot be written (Not a directory)"
    assert f"{home}; set COURSEKIT_DATA to a folder of yours" in mends
    assert len(mends) == 7
    assert "OK    load_chest_ct() works" in said, "all the rest is examined"


def test_a_device_that_there_is_not_and_a_torchvision_that_fails_only_in_use_are_named(monkeypatch):
    monkeypatch.setenv("COURSEKIT_DEVICE", "toaster")
    _, (ok, mend) = __main__.torch_pair()
    assert not ok
    assert re.search("COURSEKIT_DEVICE.*; unset it, or set it to cpu$", mend)
    monkeypatch.setattr("torchvision.ops.nms", None)
    ((ok, mend),) = __main__.torch_pair()
    assert not ok
    assert mend.startswith("torch and torchvision do not match (TypeError(")
