"""`python -m coursekit` on a healthy and on broken installations."""

import os
import shlex
import shutil
import site
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

import pytest
from disks import closed, may_mount, read_only_disk
from training import in_new_process

from coursekit import __main__

ROOT = Path(__file__).parent.parent
SECRET = "0123456789abcdef-planted-secret"
PIP = f"run: {sys.executable} -m pip install"


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


def installation(folder, metadata=None, **modules):
    """PYTHONPATH of this environment, with what the course needs now, and with these packages and modules first."""
    needs = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    course = "Name: coursekit\nVersion: 0.1.0\n" + "".join(f"Requires-Dist: {need}\n" for need in needs)
    for name, text in ({"coursekit-0.1.0": course} | (metadata or {})).items():
        (folder / f"{name}.dist-info").mkdir(parents=True)
        if text is not None:
            (folder / f"{name}.dist-info" / "METADATA").write_text(f"Metadata-Version: 2.1\n{text}")
    for name, code in modules.items():
        (folder / f"{name}.py").write_text(f"{code}\n")
    return f"{folder}{os.pathsep}{ROOT}"


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
    path = installation(tmp_path, torchvision="raise RuntimeError('built for another torch')")
    (mend,) = mends(doctor(ROOT, PYTHONPATH=path, COURSEKIT_DATA=str(tmp_path)))
    assert mend == (
        "torchvision cannot be imported (RuntimeError: built for another torch); "
        f"{PIP} --force-reinstall torch torchvision"
    )


def test_a_torchvision_that_fails_only_in_use_is_named_with_its_mend(tmp_path):
    path = installation(tmp_path, torchvision="class ops:\n    pass")
    (mend,) = mends(doctor(ROOT, PYTHONPATH=path, COURSEKIT_DATA=str(tmp_path)))
    assert mend.startswith("torch and torchvision do not match (AttributeError: ")
    assert mend.endswith(f"); {PIP} --force-reinstall torch torchvision")


@pytest.mark.parametrize(
    ("name", "error", "mend"),
    [
        ("pandas", "ValueError('numpy.dtype size changed')", '"pandas>=2.2"'),
        ("numpy", "AttributeError('_ARRAY_API')", '"numpy>=2.0"'),
        ("scipy", "OSError('libopenblas.so:\\n cannot open')", '"scipy>=1.13"'),
        ("skimage", "SystemExit(1)", '"scikit-image>=0.25"'),
    ],
)
def test_a_package_that_fails_at_import_is_the_one_to_reinstall(tmp_path, name, error, mend):
    path = installation(tmp_path, **{name: f"raise {error}"})
    done = doctor(ROOT, PYTHONPATH=path, COURSEKIT_DATA=str(tmp_path))
    found = mends(done)
    assert any(text.startswith(f"{mend[1:].partition('>')[0]} cannot be imported ({error[:5]}") for text in found)
    steps = {
        text.rpartition("; ")[2] for text in found if not text.startswith("torchvision cannot be imported without")
    }
    assert steps == {f"{PIP} --force-reinstall {mend}"}
    assert "no Kaggle token" in done.stdout or "Kaggle token found" in done.stdout, "all the rest is examined"


def test_what_was_found_is_shown_even_if_python_dies_afterwards(tmp_path):
    path = installation(tmp_path, pandas="import os; os.kill(os.getpid(), 9)")
    done = doctor(ROOT, PYTHONPATH=path, COURSEKIT_DATA=str(tmp_path))
    assert done.returncode == -9
    assert "OK    Python 3" in done.stdout


@pytest.mark.parametrize(
    ("name", "code"), [("random", "dice = 6"), ("statistics", "print(mean(grades))"), ("pandas", "def read_csv(:")]
)
def test_a_file_of_the_learner_that_stands_in_for_a_module_is_named(tmp_path, name, code):
    file = tmp_path / f"{name}.py"
    file.write_text(f"{code}\n")
    (tmp_path / "test.py").write_text("")
    found = mends(doctor(tmp_path, PYTHONPATH=str(ROOT), COURSEKIT_DATA=str(tmp_path)))
    assert found
    assert all(f"; rename {file}, " in text for text in found), found


def test_the_kaggle_token_is_found_and_never_shown(tmp_path):
    done = doctor(ROOT, COURSEKIT_DATA=str(tmp_path), KAGGLE_API_TOKEN=SECRET)
    assert "Kaggle token found" in done.stdout
    assert SECRET not in done.stdout + done.stderr


def test_a_data_home_that_is_a_file_is_named(tmp_path):
    (tmp_path / "home").write_text("")
    done = doctor(ROOT, COURSEKIT_DATA=str(tmp_path / "home"))
    assert done.returncode == 1
    assert "set COURSEKIT_DATA to a folder of yours" in done.stdout


def test_a_data_home_with_a_name_that_no_folder_can_have_is_named(tmp_path):
    home = tmp_path / ("n" * 256)
    (mend,) = mends(doctor(ROOT, COURSEKIT_DATA=str(home)))
    assert mend == f"data home {home} cannot be used (File name too long); set COURSEKIT_DATA to another folder"


def test_a_data_home_in_a_folder_that_may_not_be_entered_is_named(monkeypatch):
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        (Path(name) / "closed").mkdir()
        monkeypatch.setenv("COURSEKIT_DATA", str(Path(name) / "closed" / "home"))
        with closed(Path(name) / "closed"):
            ((ok, mend),) = __main__.findings_of(__main__.data_home)
    assert not ok
    assert (
        mend == f"data home {name}/closed/home cannot be used (Permission denied); set COURSEKIT_DATA to another folder"
    )


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
    missing = {"packaging": "cannot be imported (ModuleNotFoundError: No module named 'packaging')"}
    assert first.startswith(f"{package} {missing.get(package, 'is not installed')}; {PIP} ")
    assert bool(others) == (package != "packaging")
    vague = [text for text in others if f' --force-reinstall "{package}>=' not in text]
    assert all(text.startswith("pandas cannot be imported (ImportError: Unable") for text in vague), "of version 2"
    assert done.stdout.count("OK") > 5, "all the rest is examined"


@pytest.mark.parametrize(
    ("version", "mend"),
    [
        ("1.5.3", [f'pandas 1.5.3 is too old; {PIP} "pandas>=2.2"']),
        ("built-by-me", []),  # no version number, which says nothing of its age
    ],
)
def test_only_a_package_that_is_too_old_is_called_so(tmp_path, version, mend):
    path = installation(tmp_path, {f"pandas-{version}": f"Name: pandas\nVersion: {version}\n"})
    done = doctor(ROOT, PYTHONPATH=path, COURSEKIT_DATA=str(tmp_path))
    assert mends(done) == mend
    assert f"  pandas {version}" in done.stdout


@pytest.mark.parametrize("metadata", [None, "Name: pandas\n"], ids=["no METADATA", "no version"])
def test_a_package_that_is_installed_only_in_part_is_named_with_its_mend(tmp_path, metadata):
    path = installation(tmp_path, {"pandas-3.0.0": metadata})
    assert mends(doctor(ROOT, PYTHONPATH=path, COURSEKIT_DATA=str(tmp_path))) == [
        f"pandas is installed only in part; delete pandas-*.dist-info in {tmp_path}, then "
        f'{PIP} --force-reinstall "pandas>=2.2"'
    ]


@pytest.mark.parametrize("python", ["/usr/bin/python3", "/home/Ada Lovelace/.venv/bin/python"])
def test_the_command_runs_this_python_wherever_it_lies(monkeypatch, python):
    monkeypatch.setattr(sys, "executable", python)
    command = __main__.pip_install('"pandas>=2.2"').removeprefix("run: ")
    assert shlex.split(command) == [python, "-m", "pip", "install", "pandas>=2.2"]


def test_a_course_that_was_never_installed_is_named(tmp_path):
    first, *_ = mends(doctor(ROOT, "-S", COURSEKIT_DATA=str(tmp_path)))
    assert first.startswith("the course is not installed in ")
    assert first.endswith(f'; in its folder, {PIP} -e ".[lab]"')


def in_a_closed_home(folder):
    read_only_disk(folder)
    (mend,) = mends(doctor(ROOT, COURSEKIT_DATA=str(folder / "coursekit")))
    assert mend == f"data home {folder / 'coursekit'} cannot be written; set COURSEKIT_DATA to a folder of yours"


@pytest.mark.skipif(not may_mount(), reason="no disk may be mounted here")
def test_a_data_home_that_cannot_be_written_is_named(tmp_path):
    assert in_new_process(in_a_closed_home, tmp_path) == 0
