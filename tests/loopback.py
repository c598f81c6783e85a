"""A server on this machine whose files may be sent wrong, in part or not at all."""

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit


class Handler(BaseHTTPRequestHandler):
    """Sends a file, in the way that the server's `faults` say for it."""

    def do_GET(self):
        name = urlsplit(self.path).path.lstrip("/")
        self.server.asked.append(name)
        self.server.begins.append(begin(self))
        content = self.server.files.get(name)
        self.server.faults.get(name, FAULTS["missing"] if content is None else send)(self, content)

    def log_message(self, *arguments):
        """Say nothing on stderr."""


def begin(handler):
    """The first byte that is asked for."""
    return int(handler.headers.get("Range", "bytes=0-").removeprefix("bytes=").removesuffix("-"))


def send(handler, content, length=None):
    """Send a file from the byte asked for; `length` is announced in place of the true one."""
    start = begin(handler)
    handler.send_response(206 if start else 200)
    if start:
        handler.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
    for name, value in handler.server.headers.items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", len(content[start:]) if length is None else length - start)
    handler.end_headers()
    handler.wfile.write(content[start:])


def cut(handler, content):
    """Send half of what is left."""
    rest = len(content) - begin(handler)
    send(handler, content[: len(content) - rest // 2], length=len(content))


def status(number):
    return lambda handler, content: handler.send_error(number)


FAULTS = {
    "wrong bytes": lambda handler, content: send(handler, content[:-1] + bytes([content[-1] ^ 1])),
    "missing": status(404),
    "cut": cut,
    "closed": lambda handler, content: handler.connection.close(),
}


class Silent:
    """A fault: a part of the file, then nothing more until the test is over."""

    def __init__(self, part=0.0):
        self.part, self.sent, self.over, self.waited = part, threading.Event(), threading.Event(), False

    def __call__(self, handler, content):
        send(handler, content[: int(len(content) * self.part)], length=len(content))
        self.sent.set()
        self.waited = not self.over.wait(30)


@contextmanager
def running(files, handler=Handler):
    """The server with its files, faults, further headers, and lists of what was asked, and from which byte."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.files, server.faults, server.headers = files, {}, {}
    server.asked, server.begins = [], []
    server.address = f"http://127.0.0.1:{server.server_port}/"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        for fault in server.faults.values():
            if isinstance(fault, Silent):
                fault.over.set()
        server.shutdown()
        server.server_close()
        thread.join()
