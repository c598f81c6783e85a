"""A small MNIST, and a server of it on this machine that can fail in several ways."""

import gzip
import hashlib
import struct
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np

rng = np.random.default_rng(0)
SETS = {
    part: (rng.integers(0, 256, (digits, 28, 28), dtype=np.uint8), rng.integers(0, 10, digits, dtype=np.uint8))
    for part, digits in (("train", 6), ("t10k", 3))
}


def idx(array):
    """The format of MNIST's files: type and number of dimensions, the sizes, the bytes."""
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.tobytes()


PLAIN = {
    f"{part}-{kind}": idx(array)
    for part, arrays in SETS.items()
    for kind, array in zip(("images-idx3-ubyte", "labels-idx1-ubyte"), arrays, strict=True)
}
PACKED = {f"{name}.gz": gzip.compress(content, mtime=0) for name, content in PLAIN.items()}
THIRD = list(PACKED)[2]  # where the faults are: two files have come well before


def md5(content):
    return hashlib.md5(content).hexdigest()


class Handler(BaseHTTPRequestHandler):
    """Sends a file, in the way that the server's `faults` say for it."""

    def do_GET(self):
        name = self.path.lstrip("/")
        self.server.asked.append(name)
        self.server.faults.get(name, send if name in PACKED else FAULTS["missing"])(self, PACKED.get(name))

    def log_message(self, *arguments):
        """Say nothing on stderr."""


def send(handler, content, length=None):
    handler.send_response(200)
    handler.send_header("Content-Length", len(content) if length is None else length)
    handler.end_headers()
    handler.wfile.write(content)


FAULTS = {
    "wrong bytes": lambda handler, content: send(handler, content[:-1] + b"?"),
    "an error page": lambda handler, content: send(handler, b"<html>Please log in</html>"),
    "missing": lambda handler, content: handler.send_error(404),
    "overloaded": lambda handler, content: handler.send_error(503),
    "cut": lambda handler, content: send(handler, content[: len(content) // 2], length=len(content)),
    "closed": lambda handler, content: handler.connection.close(),
    "no http": lambda handler, content: handler.wfile.write(b"220 ftp ready\r\n"),
}


@contextmanager
def running():
    """The server, with a list of what it was asked for and its faults by file name."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.faults, server.asked = {}, []
    server.address = f"http://127.0.0.1:{server.server_port}/"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
