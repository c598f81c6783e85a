"""One remote file: from the first mirror that sends it whole, over https, taken up again where it was cut."""

import os
import time
from contextlib import contextmanager
from urllib.parse import urlsplit

from coursekit._errors import Trouble

PREFIX = "https://"  # no other address is asked, not even by a redirection
SECONDS = (10, 60)  # to connect, and between two pieces
PAUSE = 2.0  # seconds before the mirrors are asked a second time


def fetch(urls, target, checksum, size):
    """Download a file whose checksum is known.

    Parameters
    ----------
    urls : sequence of str
        Mirrors, in the order in which they are asked; each is asked twice.
    target : pathlib.Path
        Gets its name only when all of it is there. What arrives before stands beside it, with .part behind its name.
    checksum : str
        Name of the algorithm, a colon, the digits.
    size : int
        The most that a mirror may send, in bytes.

    Raises
    ------
    Trouble
        If no mirror sends the right file.
    OSError
        If it cannot be stored.
    """
    import pooch
    import requests

    part = target.with_name(f"{target.name}.part")
    download = _Resuming(part, size)
    reasons = []
    for attempt, url in enumerate([*urls, *urls]):
        if attempt == len(urls):
            time.sleep(PAUSE)
        try:
            with _quiet(pooch.get_logger()):
                pooch.retrieve(url, checksum, target.name, target.parent, downloader=download)
        except (requests.RequestException, ValueError) as error:
            reasons.append(f"{urlsplit(url).hostname}: {_reason(error)}")
        else:
            return
    raise Trouble("; ".join(dict.fromkeys(reasons)), "Check the connection")


@contextmanager
def _quiet(logger):
    """Let a logger announce nothing on stderr meanwhile."""
    before = logger.level
    logger.setLevel("WARNING")
    try:
        yield
    finally:
        logger.setLevel(before)


class _Resuming:
    """A downloader for pooch that keeps what has arrived, and asks only for the rest."""

    def __init__(self, part, size):
        self.part, self.size = part, size

    def __call__(self, url, output_file, pooch):
        import requests

        with requests.Session() as session:
            adapter = session.get_adapter("https://")
            session.adapters.clear()
            session.mount(PREFIX, adapter)
            self._receive(session, url)
        os.replace(self.part, output_file)  # pooch compares the checksum, and deletes it if that is wrong

    def _receive(self, session, url):
        start = self.part.stat().st_size if self.part.exists() else 0
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={start}-"} if start else {})
        with session.get(url, headers=headers, stream=True, timeout=SECONDS) as response:
            if start and response.status_code == 416:
                return  # there is no rest: the checksum decides
            response.raise_for_status()
            if response.status_code != 206:
                start = 0
            self._refuse_more_than_stated(start + int(response.headers.get("Content-Length", 0)))
            with open(self.part, "ab" if start else "wb") as file:
                for piece in response.iter_content(1 << 14):  # one that is cut is lost
                    start += len(piece)
                    self._refuse_more_than_stated(start)
                    file.write(piece)

    def _refuse_more_than_stated(self, size):
        if size > self.size:
            self.part.unlink(missing_ok=True)
            raise ValueError(f"it sends more than {self.size:,} bytes")


def _reason(error):
    """A few words on what a mirror did wrong; those of requests are long."""
    import requests

    if getattr(error, "response", None) is not None:
        return f"status {error.response.status_code}"
    kinds = {
        requests.exceptions.InvalidSchema: f"not an address that begins with {PREFIX}",
        requests.exceptions.SSLError: "its certificate is not valid",
        requests.exceptions.ChunkedEncodingError: "the connection was cut",
        requests.exceptions.Timeout: "no answer in time",
        requests.exceptions.ConnectionError: "no connection",
    }
    for kind, words in kinds.items():
        if isinstance(error, kind):
            return words
    return "wrong checksum" if "does not match" in str(error) else str(error)
