"""The notebooks' first cells in a simulated Colab, where the course is not installed, and in no Colab at all."""

import json
import os
import site
import subprocess
import sys
from pathlib import Path

import pytest
from notebook_files import NOTEBOOKS, builder, code_cells

KERNEL = Path(__file__).with_name("colab_kernel.py")


@pytest.fixture(scope="module")
def colab(wheel, tmp_path_factory):
    """What was seen in each notebook, by its name."""
    folder = tmp_path_factory.mktemp("colab")
    (folder / "home").mkdir()
    command = [sys.executable, "-S", str(KERNEL), site.getsitepackages()[0], str(wheel), str(folder)]
    kept = {name: os.environ[name] for name in ("PATH", "TQDM_DISABLE", "LD_LIBRARY_PATH") if name in os.environ}
    environment = {**kept, "HOME": str(folder / "home"), "MPLBACKEND": "agg", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    command += map(str, NOTEBOOKS)
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    seen = [json.loads(line) for line in done.stdout.splitlines()]
    return dict(zip((path.stem for path in NOTEBOOKS), seen, strict=True))


@pytest.mark.parametrize("name", [path.stem for path in NOTEBOOKS])
def test_the_first_cells_install_the_course_once_and_import_it(colab, name):
    seen = colab[name]
    assert not seen["before"], "the course was there before it was installed"
    assert seen["pip"] == ["install -q git+https://github.com/{owner}/{repository}@{branch}".format(**builder().fork())]
    assert seen["home"], "the course was not imported from where it was installed"
    assert seen["asked"] == [], "the learner was asked for a secret"
    assert seen["left"] == [], "files were left in the working folder"


def test_outside_colab_the_setup_does_nothing():
    (setup,) = code_cells(NOTEBOOKS[0], "setup")
    assert "google.colab" not in sys.modules
    exec(setup.source, {})  # there is no get_ipython here
