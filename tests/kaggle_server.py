"""Kaggle on this machine, as far as its own client asks for it when it downloads a data set."""

import base64
import json
import logging
import os
import re
import time
import traceback
from contextlib import contextmanager

import numpy as np
import pytest
from loopback import Handler, running
from small_sets import CHEST, CT, TREE, data_home, know, names, pack, tree

from coursekit import data

NAME = "chest-xray-pneumonia"
INSTEAD = r"then call fetch_chest_xray again; or use fetch_pneumoniamnist, which needs no account\.$"
USER, KEY, TOKEN = "somebody", "planted-secret-key-0123456789abcdef", "planted-secret-token-fedcba9876543210"
SIGNATURE = "planted-signature"  # in the address of the archive: who has it may download
REST = {"rest.bin": np.random.default_rng(1).bytes(3_500_000)}  # the client stores pieces of 1 MiB
ARCHIVES = {NAME: pack(REST | CHEST), "siim-medical-images": pack(CT)}
BASIC = "Basic " + base64.b64encode(f"{USER}:{KEY}".encode()).decode()
HEADERS = {"Accept-Ranges": "bytes", "ETag": '"one"', "Last-Modified": "Tue, 01 Jan 2019 00:00:00 GMT"}


class KaggleHandler(Handler):
    """The three requests that the client sends: whose token it is, where an archive lies, the archive."""

    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        name = self.path.rpartition("/")[2]
        self.server.asked.append(name)
        self.server.begins.append(0)
        fault = self.server.faults.get(name)
        if fault:
            fault(self, b"")
        elif name == "IntrospectToken":
            known = request["token"] == TOKEN
            self.answer(200, {"active": known, "username": USER if known else ""})
        elif self.headers.get("Authorization") not in (BASIC, f"Bearer {TOKEN}"):
            self.answer(401, {"code": 401, "message": f"Unauthenticated: {self.headers.get('Authorization')}"})
        else:
            self.send_response(302)
            self.send_header("Location", f"{self.server.address}{request['datasetSlug']}?signature={SIGNATURE}")
            self.send_header("Content-Length", 0)
            self.end_headers()

    def do_GET(self):
        self.path = self.path.partition("?")[0]
        super().do_GET()

    def answer(self, status, content):
        content = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", len(content))
        self.end_headers()
        self.wfile.write(content)


def refuse(status):
    """A fault: this status with Kaggle's explanation, which here repeats the secret of who asks."""
    return lambda handler, _: handler.answer(
        status, {"code": status, "message": f"No: {handler.headers.get('Authorization')} {KEY}"}
    )


def ask_here(address, setitem=dict.__setitem__, setattribute=setattr):
    """Point Kaggle's client to the server, and let it not wait before it tries again."""
    from kagglesdk import kaggle_env

    know(address, setitem, setattribute)
    setitem(kaggle_env._env_to_endpoint, kaggle_env.KaggleEnv.PROD, address.rstrip("/"))
    setattribute(time, "sleep", lambda seconds: None)


@contextmanager
def kaggle():
    with running(dict(ARCHIVES), KaggleHandler) as server:
        server.headers = HEADERS
        yield server


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A data home, and a user whose only token is in the environment."""
    home = data_home(tmp_path, monkeypatch)
    monkeypatch.setenv("KAGGLE_USERNAME", USER)
    monkeypatch.setenv("KAGGLE_KEY", KEY)
    return home


@pytest.fixture
def server(home, monkeypatch):
    with kaggle() as server:
        ask_here(server.address, monkeypatch.setitem, monkeypatch.setattr)
        yield server


@pytest.fixture
def zip_file(home):
    """Where the archive arrives."""
    return home / ".downloading" / "chest_xray" / f"{NAME}.zip"


@pytest.fixture(autouse=True)
def no_secret(tmp_path, capfd, caplog):
    """Neither shown, nor stored, nor logged, in each test of a module that takes this fixture over."""
    caplog.set_level(logging.DEBUG)
    yield
    shown = "".join(capfd.readouterr())
    logged = "".join(record.getMessage() for record in caplog.get_records("call"))
    for secret in (KEY, TOKEN, SIGNATURE):
        assert secret not in shown
        assert [path for path, content in tree(tmp_path).items() if secret.encode() in content] == []
    assert KEY not in logged
    assert TOKEN not in logged


def assert_right(home):
    assert data.fetch_chest_xray() == home / "chest_xray"
    assert tree(home / "chest_xray") == TREE
    assert names(home) == ["chest_xray"]
    assert os.listdir(home / ".downloading") == ["chest_xray.lock"]


def assert_fails(home, words, advice):
    """With a reason and an advice, with nothing under the final name, and without a way from the error to the token."""
    with pytest.raises(data.DataError, match=rf"^The set of chest X-rays could not be .* {home} .*\({words}") as caught:
        data.fetch_chest_xray()
    assert re.search(rf"\)\. .*{advice}.*, {INSTEAD}", str(caught.value))
    assert names(home) == []
    error, found = caught.value, []
    while error:
        found.append(error)
        error = error.__cause__ or error.__context__
    text = "".join(traceback.format_exception(caught.value)) + "".join(repr(vars(error)) for error in found)
    assert not any(secret in text for secret in (KEY, TOKEN, SIGNATURE))
    assert {type(error).__module__.partition(".")[0] for error in found} <= {"coursekit", "builtins", "zipfile"}
    for frame in (frame for error in found for frame, _ in traceback.walk_tb(error.__traceback__)):
        if "/coursekit/" in frame.f_code.co_filename:  # some programs show the variables, too
            assert frame.f_locals.get("client") is None
            assert not any(secret in repr(frame.f_locals) for secret in (KEY, TOKEN, SIGNATURE))
