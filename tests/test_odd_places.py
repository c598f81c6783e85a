"""The same results in another language, with Korean names and spaces, with 1, 2 or 8 threads, at any time."""

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from training import CROSS_ENTROPY, batches, evaluate, fit, seeded
from xray_tree import XRAYS, kaggle_tree

from coursekit import xray

PROBE = Path(__file__).with_name("probe.py")
BASE = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
BASE |= {"MPLBACKEND": "agg", "TQDM_DISABLE": "1", "COURSEKIT_DEVICE": "cpu"}
# Sums over several threads are added in another order. All else is equal bit for bit.
BY_THREADS = {"convolutional": 1e-5}
UTF8 = {"LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "0"}
ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"}
KOREAN = {"LC_ALL": "ko_KR.EUC-KR", "PYTHONIOENCODING": "cp949", "PYTHONWARNDEFAULTENCODING": "1"}


def probe(folder, work, threads, **environment):
    """Results of the program that computes a little of everything; its output."""
    result = folder / "result.npz"
    tree = folder / "unpacked" / "chest_xray"
    if not tree.exists():
        kaggle_tree(folder / "unpacked")
    places = {"HOME": folder / "집", "COURSEKIT_DATA": folder / "내 데이터", "USER": "김의학", "LOGNAME": "김의학"}
    (folder / "집").mkdir()
    environment = BASE | {name: str(place) for name, place in places.items()} | environment
    command = [sys.executable, str(PROBE), str(tree), str(result), str(threads)]
    done = subprocess.run(command, cwd=work, env=environment, capture_output=True)
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:].decode(errors="replace")
    assert done.stdout.count(b"OK  ") > 15, "the doctor's findings"
    assert (folder / "내 데이터").is_dir()
    return dict(np.load(result))


@pytest.fixture(scope="module")
def usual(tmp_path_factory):
    folder = tmp_path_factory.mktemp("usual")
    results = probe(folder, folder, 1, **UTF8)
    assert results.pop("writes")
    return results


def odd_folder(tmp_path, name):
    folder = tmp_path / name
    folder.mkdir()
    return folder


def assert_same(results, usual, threads):
    assert results.pop("threads") == threads
    assert results.keys() == usual.keys() - {"threads"}
    for name, array in results.items():
        if name in BY_THREADS:
            np.testing.assert_allclose(array, usual[name], rtol=0, atol=BY_THREADS[name], err_msg=name)
        else:
            np.testing.assert_array_equal(array, usual[name], err_msg=name)


def test_in_folders_with_korean_names_and_spaces_where_python_knows_only_ascii(usual, tmp_path):
    folder = odd_folder(tmp_path, "김 의학")
    results = probe(folder, odd_folder(folder, "실습 1"), 2, PYTHONHASHSEED="1", **ASCII)
    assert results.pop("writes"), "a checkpoint in the working folder"
    assert_same(results, usual, 2)


def test_in_korean_and_where_nobody_can_write(usual, tmp_path):
    folder = odd_folder(tmp_path, "김 의학")
    results = probe(folder, "/proc", 8, PYTHONHASHSEED="2", **KOREAN)
    assert not results.pop("writes"), "nobody can write in /proc"
    assert_same(results, usual, 8)


CLOCKS = {"1970": 0.0, "2100": 4.1e9}


@pytest.mark.parametrize("now", CLOCKS)
def test_the_clock_does_not_matter(tmp_path, monkeypatch, now):
    monkeypatch.setenv("COURSEKIT_DATA", str(tmp_path / "home"))
    tree = kaggle_tree(tmp_path / "unpacked")
    for path in tree.rglob("*"):
        os.utime(path, (4.0e9, 4.0e9))  # the files are of the future
    expected = xray.ChestXrayFolder(tree).images(32).copy()
    films = xray.simulate_chest_xrays(4, size=32).images
    kept = [path for path in (tmp_path / "home").rglob("*") if path.suffix in (".npz", ".npy")]
    monkeypatch.setattr(time, "time", lambda: CLOCKS[now])
    checkpoint, model = tmp_path / "run.ckpt", seeded()
    fit(model, batches(), epochs=1, checkpoint=checkpoint)
    written = sum(CLOCKS.values()) - CLOCKS[now]  # in the future, or long ago
    for path in (*kept, checkpoint):
        os.utime(path, (written, written))
    loss = evaluate(model, batches(), loss_fn=CROSS_ENTROPY)
    again = seeded()
    assert len(fit(again, batches(), epochs=1, checkpoint=checkpoint, resume=True)) == 1
    assert evaluate(again, batches(), loss_fn=CROSS_ENTROPY) == loss
    np.testing.assert_array_equal(xray.ChestXrayFolder(tree).images(32), expected)
    np.testing.assert_array_equal(xray.simulate_chest_xrays(4, size=32).images, films)
    assert all(path.stat().st_mtime == written for path in kept), "both are read, not made anew"
    xray.simulate_chest_xrays(3, size=32)  # and others can be kept at that time
    assert len(list((tmp_path / "home").rglob("*.npz"))) == 2


def test_an_older_picture_in_place_of_a_newer_one_is_noticed(tmp_path, monkeypatch):
    """As after unpacking an archive, or where the clock was set back."""
    monkeypatch.setenv("COURSEKIT_DATA", str(tmp_path / "home"))
    tree = kaggle_tree(tmp_path / "unpacked")
    before = xray.ChestXrayFolder(tree).images(32).copy()
    small, large = sorted((tree / name for name in list(XRAYS)[:2]), key=lambda path: path.stat().st_size)
    large.write_bytes(small.read_bytes().ljust(large.stat().st_size, b"\0"))  # of the same size
    os.utime(large, (0, 0))
    after = xray.ChestXrayFolder(tree).images(32)
    np.testing.assert_array_equal(after[2:], before[2:])
    assert (after[:2] != before[:2]).any()
