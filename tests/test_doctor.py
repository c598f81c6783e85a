"""`python -m coursekit` on a healthy and on broken installations."""

import os
import shutil
import site
import subprocess
import sys
from pathlib import Path

import pytest
from disks import may_mount, read_only_disk
from training import in_new_process

ROOT = Path(__file__).parent.parent
SECRET = "0123456789abcdef-planted-secret"


def doctor(folder, *options, **environment):
    """Run the doctor of the package that lies in `folder`; the installed one has the metadata."""
    environment = {**os.environ, "PYTHONPATH": str(folder), **environment}
    run = [sys.executable, *options, "-m", "coursekit"]
    return subprocess.run(run, cwd=folder, env=environment, capture_output=True, text=True)


def copy_of_course(folder):
    shutil.copytree(ROOT / "coursekit", folder / "coursekit", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "datasets", folder / "datasets")
    return folder


def mends(done):
    """What is to be mended; the doctor must not have failed itself."""
    assert "Traceback" not in done.stderr, done.stderr
    found = [line.removeprefix("MEND  ") for line in done.stdout.splitlines() if line.startswith("MEND")]
    assert done.returncode == bool(found)
    return found


def environment_without(folder, package):
    """PYTHONPATH of this environment as it would be if a package had never been installed, for `python -S`."""
    installed = Path(site.getsitepackages()[0])
    for path in installed.iterdir():
        if path.name.replace("-", "_").partition("_")[0].partition(".")[0] != package:
            (folder / path.name).symlink_to(path)
    return f"{ROOT}{os.pathsep}{folder}"


def test_every_line_is_ok_on_a_healthy_installation_without_a_kaggle_token(tmp_path, monkeypatch):
    for name in ("KAGGLE_API_TOKEN", "KAGGLE_USERNAME", "KAGGLE_KEY", "KAGGLE_CONFIG_DIR"):
        monkeypatch.delenv(name, raising=False)
    done = doctor(ROOT, COURSEKIT_DATA=str(tmp_path), HOME=str(tmp_path), XDG_CONFIG_HOME=str(tmp_path))
    assert mends(done) == []
    assert "OK    no Kaggle token; only Kaggle downloads need one" in done.stdout
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


@pytest.mark.parametrize("package", ["pandas", "numpy", "packaging"])
def test_a_missing_package_is_named_with_its_mend(tmp_path, package):
    course, home = tmp_path / "packages", tmp_path / "home"
    course.mkdir()
    done = doctor(ROOT, "-S", PYTHONPATH=environment_without(course, package), COURSEKIT_DATA=str(home))
    first, *others = mends(done)
    assert first.startswith(f"{package} is not installed; run: pip install")
    assert bool(others) == (package != "packaging")
    assert all(f"No module named '{package}'" in text for text in others), "what cannot work without it"
    assert done.stdout.count("OK") > 5, "all the rest is examined"


def test_a_package_that_is_too_old_is_named_with_its_mend(tmp_path):
    course = copy_of_course(tmp_path)
    (course / "pandas-1.5.3.dist-info").mkdir()
    (course / "pandas-1.5.3.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: pandas\nVersion: 1.5.3\n")
    assert mends(doctor(course)) == ['pandas 1.5.3 is too old; run: pip install "pandas>=2.2"']


def test_a_course_that_was_never_installed_is_named(tmp_path):
    first, *_ = mends(doctor(ROOT, "-S", COURSEKIT_DATA=str(tmp_path)))
    assert first.startswith("the course is not installed in ")
    assert first.endswith('run: pip install -e ".[lab]"')


def in_a_closed_home(folder):
    read_only_disk(folder)
    (mend,) = mends(doctor(ROOT, COURSEKIT_DATA=str(folder / "coursekit")))
    assert mend == f"data home {folder / 'coursekit'} cannot be written; set COURSEKIT_DATA to a folder of yours"


@pytest.mark.skipif(not may_mount(), reason="no disk may be mounted here")
def test_a_data_home_that_cannot_be_written_is_named(tmp_path):
    assert in_new_process(in_a_closed_home, tmp_path) == 0
