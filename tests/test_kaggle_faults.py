"""Kaggle's client where it would hang, mislead or disturb others: tokens no request can carry, silence, two threads."""

import os
import sys
import threading

import kaggle_server
import pytest
import requests
from kaggle_server import NAME, TOKEN, assert_fails
from loopback import cut

from coursekit._download import kaggle_bridge

home, server, zip_file, no_secret = (
    kaggle_server.home,
    kaggle_server.server,
    kaggle_server.zip_file,
    kaggle_server.no_secret,
)


@pytest.fixture
def arrived(server, home, zip_file):
    """The part of the archive that an earlier call has left."""
    server.faults[NAME] = cut
    assert_fails(home, "the connection to Kaggle failed", "Check the connection")
    server.faults.clear()
    yield
    assert zip_file.stat().st_size > 1_000_000


DAMAGED = "the Kaggle token has a line end or another character that no token has"


@pytest.mark.parametrize("odd", [TOKEN + "\n", "tök\u20acen"], ids=["line end", "letters"])
def test_a_token_that_fits_into_no_request_is_named_and_what_has_arrived_stays(home, arrived, monkeypatch, odd):
    monkeypatch.setenv("KAGGLE_API_TOKEN", odd)
    assert_fails(home, DAMAGED, "Copy it again from https://www.kaggle.com/settings/api")


def test_the_same_for_a_user_name(home, arrived, monkeypatch):
    monkeypatch.setenv("KAGGLE_USERNAME", "김\u20ac")
    assert_fails(home, DAMAGED, "Copy it again")


@pytest.mark.parametrize("silent", ["DownloadDataset", NAME])
def test_a_kaggle_that_says_nothing_is_given_up(server, home, monkeypatch, silent):
    over, waited = threading.Event(), []
    assert all(kaggle_bridge.SECONDS)
    monkeypatch.setattr(kaggle_bridge, "SECONDS", (5, 0.2))
    server.faults[silent] = lambda handler, content: waited.append(over.wait(10))
    try:
        assert_fails(home, "the connection to Kaggle failed", "Check the connection")
        assert waited == [], "the client was the first to give up"
    finally:
        over.set()


class Slow:
    """A client; the first one waits a moment for the second one to begin, which it must not."""

    inside, most, second = 0, 0, threading.Event()

    def dataset_download_files(self, slug, folder, quiet):
        kind = type(self)
        kind.inside += 1
        kind.most = max(kind.most, kind.inside)
        if slug == "one/set":
            kind.second.wait(0.3)
        else:
            kind.second.set()
        kind.inside -= 1


def test_two_threads_take_turns_and_leave_the_output_as_it_was(home, monkeypatch, tmp_path):
    before = sys.stdout, requests.Session.send, dict(os.environ)
    monkeypatch.setattr(kaggle_bridge, "_client", Slow)
    threads = [threading.Thread(target=kaggle_bridge.download, args=(slug, tmp_path)) for slug in ("one/set", "2/set")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert (Slow.most, Slow.second.is_set()) == (1, True)
    assert (sys.stdout, requests.Session.send, dict(os.environ)) == before
