"""The tests see the same surroundings whatever the user has set, and so do their children and workers."""

import json
import os
import subprocess
import sys

from notebook_files import ROOT

HOSTILE = {
    **dict.fromkeys(("COURSEKIT_DATA", "HOME", "JUPYTER_CONFIG_DIR", "PIP_CONSTRAINT", "XDG_CONFIG_HOME"), "/nowhere"),
    **dict.fromkeys(("HTTPS_PROXY", "PIP_INDEX_URL", "no_proxy"), "http://127.0.0.1:9"),
    **{"KAGGLE_API_TOKEN": "rubbish", "LANG": "ko_KR.UTF-8", "LC_ALL": "C", "MPLBACKEND": "no_such_backend"},
    **{"OMP_NUM_THREADS": "64", "PYTHONWARNINGS": "default", "TQDM_DISABLE": "0", "TZ": "Asia/Seoul"},
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


def test_what_the_user_has_set_reaches_no_worker_but_the_machine_that_was_chosen_does(tmp_path):
    (tmp_path / "conftest.py").write_bytes((ROOT / "conftest.py").read_bytes())
    (tmp_path / "test_it.py").write_text(TEST)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir=.", "-n1"]
    environment = {"PATH": os.environ["PATH"], "TMPDIR": str(tmp_path), **HOSTILE, **MACHINE}
    subprocess.run(command, cwd=tmp_path, env=environment, check=True, umask=0o077, capture_output=True)
    seen = json.loads((tmp_path / "seen.json").read_text())
    environment = seen["environment"]
    assert {name: value for name, value in environment.items() if HOSTILE.get(name) == value} == {}
    assert (environment["LANG"], environment["PIP_CONFIG_FILE"]) == ("C.UTF-8", os.devnull)
    assert (seen["zone"], seen["umask"]) == ("UTC", 0o022)
    assert MACHINE.items() <= environment.items()
    assert seen["home"] == []
    assert environment["HOME"].startswith(str(tmp_path))
    assert list(tmp_path.glob("home-*")) == [], "it is gone afterwards"
