"""Downloading MNIST, from a server in this process that can fail: afterwards there is a complete set or none."""

import resource
import shutil
import signal
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from mnist_server import FAULTS, PACKED, PLAIN, SETS, THIRD, md5, running, send
from torchvision.datasets import MNIST
from training import in_new_process, start

from coursekit import data, download


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSEKIT_DATA", str(tmp_path / "home"))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    return tmp_path / "home"


@pytest.fixture
def server(monkeypatch):
    """The only mirror of an MNIST that is the small one."""
    with running() as server:
        know(server.address, monkeypatch.setattr)
        yield server


def know(address, set_attribute=setattr):
    """Take the small set for MNIST, and one server for its only mirror."""
    set_attribute(MNIST, "mirrors", [address])
    set_attribute(MNIST, "resources", [(name, md5(content)) for name, content in PACKED.items()])
    set_attribute(download, "MNIST_MD5", {name: md5(content) for name, content in PLAIN.items()})


def fetch(address):
    """Download in a new process."""
    know(address)
    assert_right(data.fetch_mnist())


def fetch_without_space(address):
    know(address)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
    with pytest.raises(data.DataError, match=r"File too large.*free space"):
        data.fetch_mnist()


def assert_right(fetched):
    for (images, labels), (expected_images, expected_labels) in zip(fetched, SETS.values(), strict=True):
        assert (images.dtype, labels.dtype) == (np.uint8, np.int64)
        np.testing.assert_array_equal(images, expected_images)
        np.testing.assert_array_equal(labels, expected_labels)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def assert_fails(home, words=""):
    """And says what to do, and leaves nothing."""
    advice = r"Check the connection and the free space, or use load_mnist_10k, which needs no network\.$"
    with pytest.raises(
        data.DataError, match=rf"(?s)^MNIST could not be downloaded to {home} \(.*{words}.*\)\. {advice}"
    ):
        data.fetch_mnist()
    assert names(home) == []


def test_it_is_downloaded_once_and_then_read_without_a_server(server, home, capfd):
    assert_right(data.fetch_mnist())
    assert set(server.asked) == set(PACKED)
    assert names(home) == ["MNIST"]
    asked = len(server.asked)
    assert_right(data.fetch_mnist())
    assert len(server.asked) == asked
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_the_server_leaves_nothing_and_the_next_call_begins_anew(server, home, fault):
    server.faults[THIRD] = FAULTS[fault]
    assert_fails(home)
    assert THIRD in server.asked
    server.faults.clear()
    assert_right(data.fetch_mnist())


def test_a_second_mirror_is_asked_where_the_first_fails(server, home, monkeypatch):
    monkeypatch.setattr(MNIST, "mirrors", [f"{server.address}missing/", server.address])
    assert_right(data.fetch_mnist())


def test_without_a_server_it_says_so(server, home):
    server.shutdown()
    server.server_close()
    assert_fails(home, "refused")


@pytest.mark.parametrize("place", ["file", "file/below"])
def test_a_home_that_cannot_be_a_folder_is_named(server, tmp_path, monkeypatch, place):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("COURSEKIT_DATA", str(tmp_path / place))
    with pytest.raises(data.DataError, match=rf"^MNIST could not be downloaded to {tmp_path / place} \("):
        data.fetch_mnist()


def test_a_disk_without_space_leaves_nothing(server, home):
    assert in_new_process(fetch_without_space, server.address) == 0
    assert names(home) == []


@pytest.mark.parametrize("damage", ["flipped", "cut", "longer", "deleted"])
@pytest.mark.parametrize("name", PLAIN)
def test_a_file_damaged_on_the_disk_is_named_and_the_advice_helps(server, home, name, damage):
    data.fetch_mnist()
    path, content = home / "MNIST" / "raw" / name, PLAIN[name]
    path.write_bytes(
        {"flipped": content[:-1] + bytes([content[-1] ^ 1]), "cut": content[:-1]}.get(damage, content + b"0")
    )
    if damage == "deleted":
        path.unlink()
    expected = f"{path} is missing or damaged. Delete {home / 'MNIST'}, then call fetch_mnist again."
    with pytest.raises(data.DataError) as caught:
        data.fetch_mnist()
    assert str(caught.value) == expected
    shutil.rmtree(home / "MNIST")
    assert_right(data.fetch_mnist())


def test_killed_half_way_leaves_nothing_under_the_final_name(server, home):
    half_sent, killed = threading.Event(), threading.Event()

    def slow(handler, content):
        if server.asked.count(THIRD) > 1:  # the first request only asks for redirections
            handler.wfile.write(b"HTTP/1.0 200 OK\r\n\r\n" + content[: len(content) // 2])
            half_sent.set()
            killed.wait(60)
        else:
            send(handler, content)

    server.faults[THIRD] = slow
    process = start(fetch, server.address)
    assert half_sent.wait(60)
    process.kill()
    process.join()
    killed.set()
    assert "MNIST" not in names(home)
    server.faults.clear()
    assert_right(data.fetch_mnist())


def together(server):
    """Hold the first request until there is a second, so that two downloads overlap."""
    barrier, first = threading.Barrier(2, timeout=60), next(iter(PACKED))

    def wait(handler, content):
        if server.asked.count(first) <= 2:
            barrier.wait()
        send(handler, content)

    server.faults[first] = wait


def test_two_processes_at_once_both_get_it(server, home):
    together(server)
    processes = [start(fetch, server.address) for _ in range(2)]
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0]
    assert names(home) == ["MNIST"]


def test_two_threads_at_once_both_get_it(server, home):
    together(server)
    with ThreadPoolExecutor() as pool:
        for fetched in [pool.submit(data.fetch_mnist) for _ in range(2)]:
            assert_right(fetched.result(60))
    assert names(home) == ["MNIST"]


def test_another_process_may_be_faster_by_a_moment(server, home, monkeypatch):
    real = download.os.rename

    def beaten(source, target):
        shutil.copytree(source, target)
        real(source, target)

    monkeypatch.setattr(download.os, "rename", beaten)
    assert_right(data.fetch_mnist())
    assert names(home) == ["MNIST"]
