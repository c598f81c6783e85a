"""The same results in folders with Korean names, where Python knows few letters or nobody can write, at any time."""

import os
import re
import subprocess
import sys

import pytest
from xray_tree import kaggle_tree

PROGRAM = """
import hashlib, runpy, sys, time, warnings
import numpy as np, torch
from coursekit import data, train, xray

time.time = lambda: float(sys.argv[2])
warnings.filterwarnings("error", category=EncodingWarning, module="coursekit")
for _ in range(2):  # made, then read
    films, pictures = xray.simulate_chest_xrays(4, size=32), xray.ChestXrayFolder(sys.argv[1]).images(32)
for epochs in (1, 2):  # begun, then resumed
    train.seed_everything(0)
    model, loader = torch.nn.Linear(4, 1), [(torch.ones(2, 4), torch.ones(2, 1))]
    options = {"loss_fn": torch.nn.MSELoss(), "optimizer": torch.optim.SGD(model.parameters()), "device": "cpu"}
    options |= {"checkpoint": f"{sys.argv[1]}/run 1.ckpt", "resume": epochs == 2}
    losses = train.fit(model, loader, epochs=epochs, **options)["loss"]
parts = [films.images, films.lesions, pictures, losses, data.load_pima_diabetes(), data.load_chest_ct()[0].hu]
print(hashlib.sha256(b"".join(np.ascontiguousarray(part).tobytes() for part in parts)).hexdigest())
runpy.run_module("coursekit", run_name="__main__")
"""
ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"}
KOREAN = {"LC_ALL": "ko_KR.EUC-KR", "PYTHONIOENCODING": "cp949", "PYTHONWARNDEFAULTENCODING": "1"}


def run(folder, work, now, environment):
    """The digest of the program's results, and what the doctor wants mended."""
    places = {"HOME": str(folder / "집"), "COURSEKIT_DATA": str(folder / "내 데이터"), "COURSEKIT_DEVICE": "cpu"}
    command = [sys.executable, "-c", PROGRAM, kaggle_tree(folder), now]
    done = subprocess.run(command, cwd=work, env=os.environ | places | environment, capture_output=True)
    said = (done.stdout + done.stderr).decode(errors="replace")
    assert said.count("OK  ") > 20, said
    return re.search(r"^[0-9a-f]{64}$", said, re.MULTILINE)[0], re.findall("MEND  (.*)", said)


@pytest.fixture(scope="module")
def usual(tmp_path_factory):
    folder = tmp_path_factory.mktemp("usual")
    return run(folder, folder, "1.8e9", {})[0]


def test_in_folders_with_korean_names_and_spaces_where_python_knows_only_ascii_in_1970(usual, tmp_path):
    (tmp_path / "김 의학").mkdir()
    assert run(tmp_path / "김 의학", tmp_path / "김 의학", "0", ASCII) == (usual, [])


def test_in_korean_with_a_home_that_nobody_can_write_in_2100(usual, tmp_path):
    digest, (mend,) = run(tmp_path, "/proc", "4.1e9", KOREAN | {"COURSEKIT_DATA": "/proc/home"})
    assert digest == usual
    assert mend.startswith("data home /proc/home cannot be written")
