"""The notebooks' first cells in a simulated Colab, where the course is not installed, and in no Colab at all."""

import json
import os
import site
import subprocess
import sys
from pathlib import Path

from notebook_files import NOTEBOOKS, builder, code_cells

KERNEL = Path(__file__).with_name("colab_kernel.py")


def test_the_first_cells_install_the_course_once_and_import_it(wheel, tmp_path):
    command = [sys.executable, "-S", KERNEL, site.getsitepackages()[0], wheel, tmp_path, *NOTEBOOKS]
    kept = {name: os.environ[name] for name in ("PATH", "TQDM_DISABLE", "LD_LIBRARY_PATH") if name in os.environ}
    environment = {**kept, "HOME": str(tmp_path), "MPLBACKEND": "agg", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    seen = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(seen) == len(NOTEBOOKS)
    line = "install -q git+https://github.com/{owner}/{repository}@{branch}".format(**builder().fork())
    for one in seen:
        assert not one["before"], "the course was there before it was installed"
        assert one["pip"] == [line]
        assert one["home"], "the course was not imported from where it was installed"
        assert one["asked"] == [], "the learner was asked for a secret"
        assert one["left"] == [], "files were left in the working folder"


def test_outside_colab_the_setup_does_nothing():
    (setup,) = code_cells(NOTEBOOKS[0], "setup")
    assert "google.colab" not in sys.modules
    exec(setup.source, {})  # there is no get_ipython here
