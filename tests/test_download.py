"""Downloading one file from mirrors that fail: it is taken up where it was cut, or there is none."""

import logging
import re
import threading
from unittest.mock import Mock

import pytest
from loopback import FAULTS, begin, cut, once, running, send, status
from small_sets import FILES, NPZ, XRAYS, assert_arrays, data_home, know, names

from coursekit import data, download
from coursekit._download import transfer

REAL = dict(download.REGISTRY)
SIZE = len(FILES[NPZ])
PIECE = 1 << 14  # what may be lost of it where it is cut
ADVICE = (
    r"Check the connection, then call fetch_pneumoniamnist again; or use simulate_chest_xrays, which needs no network"
)


@pytest.fixture
def home(tmp_path, monkeypatch):
    return data_home(tmp_path, monkeypatch)


@pytest.fixture
def part(home):
    """Where the beginning of the file is kept."""
    (home / ".downloading" / "pneumoniamnist").mkdir(parents=True)
    return home / ".downloading" / "pneumoniamnist" / f"{NPZ}.part"


@pytest.fixture
def server(monkeypatch):
    """The only mirror of a PneumoniaMNIST that is the small one."""
    with running(FILES) as server:
        know(server.address, monkeypatch.setitem, monkeypatch.setattr)
        yield server


def assert_right():
    assert_arrays(data.fetch_pneumoniamnist(), XRAYS)


def assert_fails(home, words):
    with pytest.raises(
        data.DataError, match=rf"^PneumoniaMNIST could not be downloaded to {home} \(127.*{words}.*\)\. {ADVICE}\.$"
    ):
        data.fetch_pneumoniamnist()
    assert names(home) == []


def mirrors(monkeypatch, *urls):
    file = download.REGISTRY["pneumoniamnist"].files[0]
    monkeypatch.setitem(file.__dict__, "urls", urls)


def test_every_real_file_has_https_mirrors_a_checksum_and_a_size():
    files = [file for remote in REAL.values() for file in getattr(remote, "files", ())]
    assert len(files) == 5
    for file in files:
        assert len(file.urls) >= 2
        assert all(url.startswith("https://") for url in file.urls)
        for checksum in filter(None, (file.checksum, file.unpacked)):
            algorithm, _, digits = checksum.partition(":")
            assert re.fullmatch(r"[0-9a-f]+", digits)
            assert len(digits) == {"md5": 32, "sha256": 64}[algorithm]
        assert 0 < file.size < 1e7
    assert transfer.PREFIX == "https://"
    assert REAL["pneumoniamnist"].files[0].checksum == "md5:28209eda62fecd6e6a2d98b1501bb15f"


def test_it_is_downloaded_once_and_then_read_without_a_server(server, home, capfd):
    assert_right()
    assert_right()
    assert server.asked == [NPZ]
    assert server.encodings == ["identity"], "packed on the way, its pieces would not fit together"
    assert names(home) == ["PneumoniaMNIST"]
    assert capfd.readouterr() == ("", "")


def test_other_downloads_with_pooch_say_what_they_said_before(server, home):
    import pooch

    logger = pooch.get_logger()
    before = logger.level
    server.faults[NPZ] = once(cut)
    assert_right()
    assert logger.level == before != logging.WARNING


REASONS = {
    "wrong bytes": "wrong checksum",
    "an error page": "wrong checksum",
    "missing": "status 404",
    "overloaded": "status 503",
    "cut": "the connection was cut",
    "closed": "no connection",
    "no http": "no connection",
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_the_server_is_named_and_leaves_nothing(server, home, fault):
    server.faults[NPZ] = FAULTS[fault]
    assert_fails(home, REASONS[fault])
    server.faults.clear()
    assert_right()


def test_a_silent_server_is_given_up(server, home, monkeypatch):
    counted, over = threading.Semaphore(0), threading.Event()

    def silence(handler, content):
        counted.release()
        over.wait(60)

    assert all(transfer.SECONDS)
    monkeypatch.setattr(transfer, "SECONDS", (5, 0.2))
    server.faults[NPZ] = silence
    try:
        assert_fails(home, "no answer in time")
        for _ in range(2):  # the client may have given up before the server has read what it asked
            assert counted.acquire(timeout=10)
    finally:
        over.set()
    assert server.asked == [NPZ] * 2


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_that_passes_does_no_harm(server, home, fault):
    server.faults[NPZ] = once(FAULTS[fault])
    assert_right()
    assert len(server.asked) == 2


def test_a_cut_file_is_taken_up_where_it_ended_in_this_call_and_in_the_next(server, home, part):
    server.faults[NPZ] = cut
    assert_fails(home, "the connection was cut")
    begins = server.begins.copy()
    assert begins[0] == 0
    assert SIZE // 2 - PIECE <= begins[1] <= SIZE // 2 + 1
    arrived = part.read_bytes()
    assert arrived == FILES[NPZ][: len(arrived)]
    assert len(arrived) > begins[1]
    server.faults.clear()
    assert_right()
    assert server.begins == [*begins, len(arrived)]


def test_another_mirror_goes_on_with_what_the_first_has_sent(server, home, monkeypatch):
    server.files = FILES | {"first": FILES[NPZ]}
    server.faults["first"] = cut
    mirrors(monkeypatch, f"{server.address}first", server.address + NPZ)
    assert_right()
    assert server.asked == ["first", NPZ]
    assert server.begins[0] == 0
    assert SIZE // 2 - PIECE <= server.begins[1] <= SIZE // 2 + 1


def test_mirrors_are_asked_in_order_and_each_is_named_where_all_fail(server, home, monkeypatch):
    mirrors(monkeypatch, f"{server.address}a", f"{server.address}b")
    server.faults |= {"a": status(404), "b": status(500)}
    assert_fails(home, r"status 404; 127\.0\.0\.1: status 500")
    assert server.asked == ["a", "b", "a", "b"]


@pytest.mark.parametrize("kept", [b"<html>", FILES[NPZ], FILES[NPZ] + b"more", b"x" * SIZE])
def test_whatever_an_earlier_call_has_left_the_file_is_right(server, home, part, kept):
    part.write_bytes(kept)
    assert_right()


def test_a_server_that_cannot_begin_in_the_middle_sends_all_again(server, home, part):
    def whole(handler, content):
        del handler.headers["Range"]
        send(handler, content)

    part.write_bytes(FILES[NPZ][:100])
    server.faults[NPZ] = whole
    assert_right()
    assert len(server.asked) == 1


def test_no_more_is_stored_than_the_registry_states(server, home, part):
    def endless(handler, content):
        handler.wfile.write(b"HTTP/1.0 200 OK\r\n\r\n")
        for _ in range(100):
            handler.wfile.write(bytes(SIZE))

    for fault in (endless, lambda handler, content: send(handler, content * 2)):
        server.faults[NPZ] = fault
        assert_fails(home, f"it sends more than {SIZE:,} bytes")
        assert not part.exists()


@pytest.mark.parametrize("kept", [0, 100])
def test_a_size_that_is_announced_too_large_is_refused_before_it_arrives(server, home, part, kept):
    part.write_bytes(FILES[NPZ][:kept])
    server.faults[NPZ] = lambda handler, content: send(handler, content[: begin(handler) + 1], length=SIZE + 1)
    assert_fails(home, f"it sends more than {SIZE:,} bytes")
    assert not part.exists()
    assert server.begins == [kept, 0], "of no use, so it is not kept"


def test_only_https_is_asked(server, home, monkeypatch):
    monkeypatch.setattr(transfer, "PREFIX", "https://")
    assert_fails(home, "not an address that begins with https://")
    assert server.asked == []


def test_a_redirection_to_another_kind_of_address_is_not_followed(server, home):
    def redirect(handler, content):
        handler.send_response(302)
        handler.send_header("Location", f"{server.address}elsewhere".replace("127.0.0.1", "localhost"))
        handler.end_headers()

    server.faults[NPZ] = redirect
    server.files = FILES | {"elsewhere": FILES[NPZ]}
    assert_fails(home, "not an address that begins with http://127.0.0.1:")
    assert set(server.asked) == {NPZ}


def test_a_disk_that_knows_no_locks_is_named(server, home, monkeypatch):
    """Older versions of filelock refuse it with this error; newer ones find another way."""
    monkeypatch.setattr("filelock.FileLock.acquire", Mock(side_effect=NotImplementedError("no flock here")))
    with pytest.raises(data.DataError, match=r"\(no flock here\)\. .* set COURSEKIT_DATA to another folder, then call"):
        data.fetch_pneumoniamnist()
    assert names(home) == []


def test_a_damaged_file_on_the_disk_is_named(server, home):
    assert_right()
    path = home / "PneumoniaMNIST" / NPZ
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(
        data.DataError, match=rf"^{path} is missing or damaged\. Delete {path.parent}, then call fetch_pn"
    ):
        data.fetch_pneumoniamnist()
