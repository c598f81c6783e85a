"""The tests see the same surroundings whatever the user has set, and so do their children and workers."""

import json
import os
import subprocess
import sys

import pytest
from notebook_files import ROOT

HOSTILE = {
    "COURSEKIT_DATA": "/nowhere",
    "HOME": "/nowhere",
    "HTTPS_PROXY": "http://127.0.0.1:9",
    "JUPYTER_CONFIG_DIR": "/nowhere",
    "KAGGLE_API_TOKEN": "rubbish",
    "LANG": "ko_KR.UTF-8",
    "LC_ALL": "C",
    "MPLBACKEND": "no_such_backend",
    "OMP_NUM_THREADS": "64",
    "PIP_CONSTRAINT": "/nowhere/constraints.txt",
    "PIP_INDEX_URL": "http://127.0.0.1:9",
    "PYTHONWARNINGS": "default",
    "TQDM_DISABLE": "0",
    "TZ": "Asia/Seoul",
    "XDG_CONFIG_HOME": "/nowhere",
    "no_proxy": "nowhere",
}
MACHINE = {"ATEN_CPU_CAPABILITY": "default", "MKL_CBWR": "COMPATIBLE"}
TEST = """
import json, os, subprocess, sys, time

def test():
    code = "import json, os; print(json.dumps(dict(os.environ)))"
    child = json.loads(subprocess.check_output([sys.executable, "-c", code]))
    umask = os.umask(0)
    os.umask(umask)
    seen = {"environment": child, "zone": time.tzname[0], "umask": umask, "home": os.listdir(os.environ["HOME"])}
    open("seen.json", "w").write(json.dumps(seen))
"""


@pytest.fixture(scope="module", params=[[], ["-n", "1"]], ids=["one process", "a worker"])
def seen(request, tmp_path_factory):
    """What a test sees that is run by a user with strange settings."""
    folder = tmp_path_factory.mktemp("strange")
    (folder / "conftest.py").write_bytes((ROOT / "conftest.py").read_bytes())
    (folder / "test_it.py").write_text(TEST)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir=.", *request.param]
    environment = {"PATH": os.environ["PATH"], "TMPDIR": str(folder), **HOSTILE, **MACHINE}
    subprocess.run(command, cwd=folder, env=environment, check=True, umask=0o077, capture_output=True)
    return json.loads((folder / "seen.json").read_text()), folder


def test_nothing_that_the_user_has_set_reaches_a_test(seen):
    environment = seen[0]["environment"]
    assert {name: value for name, value in environment.items() if HOSTILE.get(name) == value} == {}
    assert not {"PIP_CONSTRAINT", "KAGGLE_API_TOKEN", "LC_ALL", "HTTPS_PROXY"} & set(environment)
    assert (environment["LANG"], environment["PIP_CONFIG_FILE"]) == ("C.UTF-8", os.devnull)
    assert (seen[0]["zone"], seen[0]["umask"]) == ("UTC", 0o022)


def test_the_machine_is_still_the_one_that_was_chosen(seen):
    assert MACHINE.items() <= seen[0]["environment"].items()


def test_the_home_is_empty_and_gone_afterwards(seen):
    assert seen[0]["home"] == []
    assert seen[0]["environment"]["HOME"].startswith(str(seen[1]))
    assert [path.name for path in seen[1].glob("home-*")] == []
