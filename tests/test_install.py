"""What is installed: a wheel that is whole and upgrades none of Google Colab's versions, as pip itself resolves it."""

import json
import subprocess
import sys
import venv
import zipfile
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
VERSIONS = (ROOT / "tests" / "colab_versions.txt").read_text().splitlines()
COLAB = dict(line.split("==") for line in VERSIONS if "==" in line)
NEWER = "9999.0"
LOAD_ALL = """
import coursekit
from coursekit import check, data, plot, stats, train
loaded = [data.load_boston_housing(), data.load_pima_diabetes(), data.load_mnist_10k()[0], data.load_chest_ct()[1].hu]
print(coursekit.__file__, *("x".join(map(str, part.shape)) for part in loaded), sep="|")
"""


def test_the_wheel_holds_the_data_the_style_and_no_tests(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    for name in ("boston_housing.csv", "pima_diabetes.csv", "mnist_10k.npz", "chest_ct.npz", "README.md"):
        assert f"coursekit/datasets/{name}" in names
    assert "coursekit/coursekit.mplstyle" in names
    assert {str(path.relative_to(ROOT)) for path in (ROOT / "coursekit").rglob("*.py")} <= names
    assert any(name.endswith("LICENSE") for name in names)
    assert {name.partition("/")[0] for name in names if ".dist-info/" not in name} == {"coursekit"}


def test_every_loader_works_from_the_wheel(wheel, tmp_path):
    zipfile.ZipFile(wheel).extractall(tmp_path)
    environment = {"PYTHONPATH": str(tmp_path), "HOME": str(tmp_path), "MPLBACKEND": "agg"}
    command = [sys.executable, "-c", LOAD_ALL]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    package = tmp_path / "coursekit" / "__init__.py"
    assert done.stdout == f"{package}|506x14|768x9|10000x28x28|61x256x256\n"


def requirements(wheel):
    """What the built package needs, extras left out."""
    (folder,) = (path for path in zipfile.Path(wheel).iterdir() if path.name.endswith(".dist-info"))
    return [need for need in map(Requirement, metadata.PathDistribution(folder).requires) if need.marker is None]


def empty_wheel(folder, name, version):
    """A package with a name and a version, and nothing in it."""
    stem = f"{name.replace('-', '_')}-{version}"
    path = folder / f"{stem}-py3-none-any.whl"
    files = {
        "METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        "WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{stem}.dist-info/{file},,\n" for file in (*files, "RECORD"))
    with zipfile.ZipFile(path, "w") as archive:
        for file, text in (files | {"RECORD": record}).items():
            archive.writestr(f"{stem}.dist-info/{file}", text)
    return path


def pip(python, *arguments):
    command = [sys.executable, "-m", "pip", "--python", python, "--quiet", "--disable-pip-version-check", *arguments]
    return subprocess.run([*command, "--no-index"], check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="module")
def installed_with(wheel, tmp_path_factory):
    """Names of what pip would install for the wheel, where Colab's versions are installed and newer ones offered."""
    root = tmp_path_factory.mktemp("colab")
    offered = root / "offered"
    offered.mkdir()
    names = {canonicalize_name(requirement.name) for requirement in requirements(wheel)}
    there = [empty_wheel(offered, name, COLAB.get(name, NEWER)) for name in sorted(names)]
    for name in names & set(COLAB):
        empty_wheel(offered, name, NEWER)
    venv.create(root / "environment")
    python = root / "environment" / "bin" / "python"
    pip(python, "install", "--no-deps", *there)

    def installed(*constraints):
        report = pip(python, "install", "--dry-run", "--report", "-", "--find-links", offered, wheel, *constraints)
        return sorted(item["metadata"]["name"] for item in json.loads(report)["install"])

    return installed


def test_installing_over_colabs_versions_upgrades_none_of_them(installed_with):
    assert installed_with() == ["coursekit"]
    old = sorted(set(COLAB) - {"ipykernel"})
    assert installed_with(*(f"{name}>{COLAB[name]}" for name in old)) == sorted(["coursekit", *old]), "pip would"
