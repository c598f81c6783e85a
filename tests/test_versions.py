"""Installing the course over Google Colab's versions upgrades none of them: pip itself resolves it, without a network.

Empty packages stand for the real ones: Colab's versions are installed into an environment of their own, newer ones are
there to be taken, and pip says what it would install.
"""

import json
import subprocess
import sys
import venv
import zipfile

import pytest
from notebook_files import ROOT
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

COLAB = dict(
    line.split("==") for line in (ROOT / "tests" / "colab_versions.txt").read_text().splitlines() if "==" in line
)
NEWER = "9999.0"


def requirements(wheel):
    """What the built package needs, extras left out."""
    with zipfile.ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        lines = archive.read(name).decode().splitlines()
    given = [Requirement(line.partition(":")[2]) for line in lines if line.startswith("Requires-Dist:")]
    return [requirement for requirement in given if requirement.marker is None]


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


@pytest.fixture(scope="module")
def colab(wheel, tmp_path_factory):
    """An environment that holds Colab's versions of what the course needs, and a folder with newer ones."""
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
    return python, offered


def pip(python, *arguments):
    command = [sys.executable, "-m", "pip", "--python", python, "--quiet", "--disable-pip-version-check", *arguments]
    return subprocess.run([*command, "--no-index"], check=True, capture_output=True, text=True).stdout


def installed_with(colab, wheel, *constraints):
    """Names of what pip would install for the wheel."""
    python, offered = colab
    report = pip(python, "install", "--dry-run", "--report", "-", "--find-links", offered, wheel, *constraints)
    return sorted(item["metadata"]["name"] for item in json.loads(report)["install"])


def test_installing_over_colabs_versions_upgrades_none_of_them(colab, wheel):
    assert installed_with(colab, wheel) == ["coursekit"]


@pytest.mark.parametrize("name", sorted(set(COLAB) - {"ipykernel"}))
def test_pip_would_upgrade_what_is_too_old(colab, wheel, name):
    assert installed_with(colab, wheel, f"{name}>{COLAB[name]}") == sorted(["coursekit", name])


def test_nothing_is_pinned_and_nothing_has_an_upper_bound(wheel):
    assert {clause.operator for requirement in requirements(wheel) for clause in requirement.specifier} == {">="}
