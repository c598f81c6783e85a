"""Kaggle on this machine, as far as its own command line asks for it when it downloads a data set."""

import base64
import json
from contextlib import contextmanager

import numpy as np
from loopback import Handler, running
from small_sets import CHEST, CT, pack

NAME = "chest-xray-pneumonia"
USER, KEY, TOKEN = "somebody", "planted-secret-key-0123456789abcdef", "planted-secret-token-fedcba9876543210"
SIGNATURE = "planted-signature"  # in the address of the archive: who has it may download
SECRETS = (KEY, TOKEN, SIGNATURE, base64.b64encode(f"{USER}:{KEY}".encode()).decode())
REST = {"rest.bin": np.random.default_rng(1).bytes(3_500_000)}  # the client stores pieces of 1 MiB
ARCHIVES = {NAME: pack(REST | CHEST), "siim-medical-images": pack(CT)}
NO_PAUSE = "import time\ntime.sleep = lambda seconds: None\n"  # else the client waits for a minute


class KaggleHandler(Handler):
    """The requests that the client sends: whose token it is, of what a set consists, where its archive lies; that."""

    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        name = self.path.rpartition("/")[2]
        self.server.asked.append(name)
        self.server.begins.append(0)
        authorization = self.headers.get("Authorization")
        if name in self.server.faults:
            self.server.faults[name](self, b"")
        elif name == "IntrospectToken":
            known = request["token"] == TOKEN
            self.answer(200, {"active": known, "username": USER if known else ""})
        elif authorization not in (f"Basic {SECRETS[3]}", f"Bearer {TOKEN}"):
            self.answer(401, {"code": 401, "message": f"Unauthenticated: {authorization}"})
        elif name == "GetDatasetMetadata":
            self.answer(200, {"info": {}})
        else:
            self.send_response(302)
            self.send_header("Location", f"{self.server.address}{request['datasetSlug']}?signature={SIGNATURE}")
            self.send_header("Content-Length", 0)
            self.end_headers()

    def answer(self, status, content):
        content = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", len(content))
        self.end_headers()
        self.wfile.write(content)


def refuse(status):
    """A fault: this status with Kaggle's explanation, which here repeats the secret of who asks."""
    return lambda handler, _: handler.answer(status, {"message": f"No: {handler.headers.get('Authorization')} {KEY}"})


@contextmanager
def kaggle():
    with running(dict(ARCHIVES), KaggleHandler) as server:
        server.headers = {"Accept-Ranges": "bytes", "ETag": '"one"', "Last-Modified": "Tue, 01 Jan 2019 00:00:00 GMT"}
        yield server


def ask_here(server, folder):
    """What the environment of Kaggle's client must be, so that it asks the server and does not pause."""
    folder.mkdir(exist_ok=True)
    (folder / "sitecustomize.py").write_text(NO_PAUSE)
    here = {"KAGGLE_API_ENVIRONMENT": "LOCALHOST", "http_proxy": server.address, "no_proxy": ""}
    return here | {"PYTHONPATH": str(folder)}
