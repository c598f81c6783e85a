"""A server on this machine whose files may be sent wrong, in part or not at all."""

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import monotonic, sleep  # here, before a test takes sleep away from a client that waits


class Handler(BaseHTTPRequestHandler):
    """Sends a file, in the way that the server's `faults` say for it."""

    def do_GET(self):
        name = self.path.lstrip("/")
        self.server.asked.append(name)
        self.server.begins.append(begin(self))
        self.server.encodings.append(self.headers["Accept-Encoding"])
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
    if start and start >= len(content):
        handler.send_error(416)
        return
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


def once(fault):
    """The fault when it is asked for the first time; then the file."""
    left = [fault]
    return lambda handler, content: (left.pop() if left else send)(handler, content)


FAULTS = {
    "wrong bytes": lambda handler, content: send(handler, content[:-1] + bytes([content[-1] ^ 1])),
    "an error page": lambda handler, content: send(handler, b"<html>Please log in</html>"),
    "missing": status(404),
    "overloaded": status(503),
    "cut": cut,
    "closed": lambda handler, content: handler.connection.close(),
    "no http": lambda handler, content: handler.wfile.write(b"220 ftp ready\r\n"),
}


class HalfSent:
    """A fault: half of the file, then nothing more until the test goes on."""

    def __init__(self):
        self.sent, self.over = threading.Event(), threading.Event()

    def __call__(self, handler, content):
        half = begin(handler) + (len(content) - begin(handler)) // 2
        send(handler, content[:half], length=len(content))
        self.sent.set()
        self.over.wait(60)


def wait_for_size(path, size):
    """Until a file that another process writes has so many bytes."""
    deadline = monotonic() + 60
    while not (path.exists() and path.stat().st_size >= size):
        assert monotonic() < deadline, path
        sleep(0.01)


class Gate:
    """A fault: nothing is sent before as many processes as stated have knocked, each by asking for `knock`."""

    def __init__(self, server, processes):
        self.left, self.open = processes, threading.Event()
        server.faults["knock"] = self.knock

    def knock(self, handler, content):
        self.left -= 1
        if not self.left:
            self.open.set()
        send(handler, b"")

    def __call__(self, handler, content):
        assert self.open.wait(60)
        send(handler, content)


@contextmanager
def running(files, handler=Handler):
    """The server with its files, faults, further headers, and lists of what was asked, from which byte, how packed."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.files, server.faults, server.headers = files, {}, {}
    server.asked, server.begins, server.encodings = [], [], []
    server.address = f"http://127.0.0.1:{server.server_port}/"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
