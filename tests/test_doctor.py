"""`python -m coursekit` on a healthy and on broken installations."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
SECRET = "0123456789abcdef-planted-secret"


def doctor(folder, **environment):
    """Run the doctor of the package that lies in `folder`; the installed one has the metadata."""
    environment = {**os.environ, "PYTHONPATH": str(folder), **environment}
    run = [sys.executable, "-m", "coursekit"]
    return subprocess.run(run, cwd=folder, env=environment, capture_output=True, text=True)


def copy_of_course(folder):
    shutil.copytree(ROOT / "coursekit", folder / "coursekit", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "datasets", folder / "datasets")
    return folder


def test_every_line_is_ok_on_a_healthy_installation(tmp_path):
    done = doctor(ROOT, COURSEKIT_DATA=str(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr
    assert all(line.startswith("OK") for line in done.stdout.splitlines())
    for part in ("Python 3", "torch and torchvision match", "load_chest_ct() works", str(tmp_path), "Kaggle"):
        assert part in done.stdout


def test_damaged_data_is_named_with_its_mend(tmp_path):
    course = copy_of_course(tmp_path)
    with open(course / "datasets" / "pima_diabetes.csv", "a") as file:
        file.write("0")
    done = doctor(course)
    assert done.returncode == 1
    mend = [line for line in done.stdout.splitlines() if line.startswith("MEND")]
    assert len(mend) == 1
    assert "pima_diabetes.csv" in mend[0]
    assert "git checkout" in mend[0]


def test_a_mismatched_torchvision_is_named_with_its_mend(tmp_path):
    course = copy_of_course(tmp_path)
    (course / "torchvision.py").write_text("raise ImportError('built for another torch')\n")
    done = doctor(course)
    assert done.returncode == 1
    assert "MEND  torch and torchvision do not match (built for another torch); run: pip install" in done.stdout


def test_the_kaggle_token_is_found_and_never_shown(tmp_path):
    done = doctor(ROOT, COURSEKIT_DATA=str(tmp_path), KAGGLE_API_TOKEN=SECRET)
    assert "Kaggle token found" in done.stdout
    assert SECRET not in done.stdout + done.stderr


def test_a_data_home_that_is_a_file_is_named(tmp_path):
    (tmp_path / "home").write_text("")
    done = doctor(ROOT, COURSEKIT_DATA=str(tmp_path / "home"))
    assert done.returncode == 1
    assert "set COURSEKIT_DATA to a folder of yours" in done.stdout


def test_the_device_is_named_and_a_wrong_choice_is_too(tmp_path):
    assert "OK    device: CPU" in doctor(ROOT, COURSEKIT_DATA=str(tmp_path), COURSEKIT_DEVICE="cpu").stdout
    done = doctor(ROOT, COURSEKIT_DATA=str(tmp_path), COURSEKIT_DEVICE="toaster")
    assert done.returncode == 1
    assert "MEND  COURSEKIT_DEVICE" in done.stdout
