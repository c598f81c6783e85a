"""The installed package is whole: built as a wheel and unpacked elsewhere, without a network, every loader works."""

import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
OFFLINE = """
import sys

def refuse(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "urllib.Request"):
        raise OSError("there is no network")

sys.addaudithook(refuse)
"""
LOAD_ALL = """
import socket
try:
    socket.create_connection(("127.0.0.1", 9), timeout=1)
except OSError as error:
    assert "no network" in str(error)
else:
    raise AssertionError("the network is there")

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


def test_every_loader_works_from_the_wheel_without_a_network(wheel, tmp_path):
    unpacked, offline, empty = (tmp_path / name for name in ("unpacked", "offline", "empty"))
    zipfile.ZipFile(wheel).extractall(unpacked)
    for folder in (offline, empty):
        folder.mkdir()
    (offline / "sitecustomize.py").write_text(OFFLINE)
    environment = {"PYTHONPATH": f"{offline}:{unpacked}", "HOME": str(empty), "PATH": "", "MPLBACKEND": "agg"}
    done = subprocess.run(
        [sys.executable, "-c", LOAD_ALL], cwd=empty, env=environment, capture_output=True, text=True, check=True
    )
    location, *shapes = done.stdout.strip().split("|")
    assert Path(location).is_relative_to(unpacked)
    assert shapes == ["506x14", "768x9", "10000x28x28", "61x256x256"]
