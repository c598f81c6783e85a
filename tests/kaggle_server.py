"""Kaggle on this machine, as far as its own client asks for it when it downloads a data set."""

import base64
import json
import time
from contextlib import contextmanager

import numpy as np
from loopback import Handler, running
from small_sets import CHEST, CT, know, pack

USER, KEY, TOKEN = "somebody", "planted-secret-key-0123456789abcdef", "planted-secret-token-fedcba9876543210"
SIGNATURE = "planted-signature"  # in the address of the archive: who has it may download
REST = {"rest.bin": np.random.default_rng(1).bytes(3_500_000)}  # the client stores pieces of 1 MiB
ARCHIVES = {"chest-xray-pneumonia": pack(REST | CHEST), "siim-medical-images": pack(CT)}
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
