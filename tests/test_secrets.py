"""A planted Kaggle token shows up nowhere: not in a notebook, a traceback, a log, a checkpoint, a cache, the doctor."""

import base64
import json
from pathlib import Path

import nbformat
import pytest
from kaggle_server import KEY, TOKEN, USER, kaggle, refuse
from kernels import execute, notebook, texts
from notebook_files import ROOT, code_cells
from small_sets import COUNTS, data_home, pack, tree
from xray_tree import picture

SECRETS = {KEY, TOKEN, base64.b64encode(f"{USER}:{KEY}".encode()).decode()}
HARNESS = """
%xmode Verbose
import logging, sys
logging.basicConfig(level=logging.DEBUG)
sys.path.insert(0, {tests!r})
import matplotlib, PIL.Image  # before the log of everything begins, what it says has no end
from kaggle_server import ask_here
ask_here({address!r}, setattribute=lambda thing, name, value: name == "sleep" or setattr(thing, name, value))
import numpy as np
from coursekit import ct, data, train, xray
from pathlib import Path
SOURCE, SEED, simulated = "kaggle", 0, False
"""
TRAIN = """
import torch
train.seed_everything(SEED)
model = torch.nn.Linear(4, 2)
loader = [(torch.ones(4, 4), torch.tensor([0, 1, 0, 1]))]
options = {"loss_fn": torch.nn.CrossEntropyLoss(), "optimizer": torch.optim.SGD(model.parameters(), lr=0.1)}
print(train.fit(model, loader, epochs=2, checkpoint="run.ckpt", **options))
"""
DOCTOR = """
from coursekit.__main__ import main
main()
"""


def lab_cell(lab, words):
    """The only code cell of a lab with these words."""
    (path,) = (ROOT / "notebooks").glob(f"{lab}_*.ipynb")
    (source,) = [cell.source for cell in code_cells(path) if words in cell.source]
    return source


def archive(folder):
    """Real pictures, named and packed as Kaggle does."""
    members = {}
    for part, number in COUNTS.items():
        for i in range(number):
            name = (
                f"IM-{len(members):04}-0001.jpeg" if part.endswith("NORMAL") else f"person{len(members)}_virus_1.jpeg"
            )
            path = picture(folder / name, seed=len(members))
            members[f"chest_xray/{part}/{name}"] = path.read_bytes()
            assert i < number
    return pack(members)


def everything(folder):
    """All bytes of all files below a folder, but those of the file in which the user keeps the token."""
    return {path: content for path, content in tree(folder).items() if not path.endswith("kaggle.json")}


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Cells that are executed one after the other, with a token in every place; the notebook and all files."""
    home = data_home(tmp_path, monkeypatch)
    settings = Path(tmp_path / "user" / ".kaggle" / "kaggle.json")
    settings.parent.mkdir(parents=True)
    settings.write_text(json.dumps({"username": USER, "key": KEY}))
    settings.chmod(0o600)
    environment = {"COURSEKIT_DATA": str(home), "KAGGLE_API_TOKEN": TOKEN, "KAGGLE_USERNAME": USER, "KAGGLE_KEY": KEY}

    def call(server, *sources):
        harness = HARNESS.format(tests=str(Path(__file__).parent), address=server.address)
        book = execute(notebook(harness, *sources), tmp_path, environment, allow_errors=True)
        nbformat.write(book, tmp_path / "saved.ipynb")
        return ["\n".join(texts(cell)) for cell in book.cells]

    return call


def assert_no_secret(folder, shown):
    for secret in SECRETS:
        assert not [number for number, text in enumerate(shown) if secret in text]
        assert [path for path, content in everything(folder).items() if secret.encode() in content] == []


def refuse_once(server):
    """A fault: the first request is refused, with a page that repeats the token."""

    def fault(handler, content):
        server.faults.clear()
        refuse(403)(handler, content)

    return fault


def test_no_token_where_it_is_used_refused_and_all_goes_on(tmp_path, run):
    films, slices = lab_cell("06", "data.fetch_chest_xray()"), lab_cell("07", "data.fetch_ct_slices()")
    with kaggle() as server:
        server.files["chest-xray-pneumonia"] = archive(tmp_path / "made")
        server.faults["DownloadDataset"] = refuse_once(server)
        start, *shown = run(server, films, films, slices, "read_volumes(SOURCE)", TRAIN, DOCTOR)
    refused, fetched, _, read, trained, examined = shown
    assert "Verbose" in start, "tracebacks show the variables"
    assert "Kaggle refuses it to this account" in refused
    assert f"{sum(COUNTS.values())} real films" in fetched, fetched
    assert "DataError" in read, "the small set's slices are no DICOM files"
    assert "best epoch" in trained
    assert "Kaggle token found (KAGGLE_API_TOKEN)" in examined
    assert "IntrospectToken" in server.asked, "the token was used"
    names = everything(tmp_path)
    assert any(name.endswith(".npy") for name in names), "a cache"
    assert {"run.ckpt", "saved.ipynb"} <= set(names)
    assert_no_secret(tmp_path, shown)
