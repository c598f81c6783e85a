"""Disks that are small or cannot be written, for the process that asks for one and for its children; closed folders."""

import ctypes
import os
import resource
import signal
import stat
import subprocess
from contextlib import contextmanager

NEW_MOUNTS, NEW_USERS = 0x20000, 0x10000000  # of unshare(2), which Python has from 3.12 on
REMOUNT = 32  # of mount(2); the command of this name tells a user who is not root that it has worked, and does nothing


def may_mount():
    """Whether there can be other disks than there are: not in every container."""
    own = ["unshare", "--mount", *(["--map-root-user"] if os.getuid() else [])]
    return not subprocess.run([*own, "mount", "-t", "tmpfs", "tmpfs", "/tmp"], capture_output=True).returncode


def small_disk(folder, size):
    """Mount an empty disk of `size` bytes; where that is not allowed, allow no file to become as large."""
    if not _mounted("-t", "tmpfs", "-o", f"size={size},mode=777", "tmpfs", str(folder)):
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def grow_disk(folder, size):
    """Give more space to the disk."""
    if ctypes.CDLL(None).mount(None, os.fsencode(folder), None, REMOUNT, f"size={size}".encode()):
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def read_only_disk(folder):
    """Make a folder read-only as a disk is."""
    assert _mounted("--bind", str(folder), str(folder))
    assert _run("-o", "remount,bind,ro", str(folder))


def _mounted(*arguments):
    """Mount in a name space of this process alone."""
    user, group = os.getuid(), os.getgid()
    if ctypes.CDLL(None, use_errno=True).unshare(NEW_MOUNTS | (NEW_USERS if user else 0)):
        return False
    if user:
        for name, line in (("setgroups", "deny"), ("uid_map", f"0 {user} 1"), ("gid_map", f"0 {group} 1")):
            with open(f"/proc/self/{name}", "w") as file:
                file.write(line)
    return _run("--make-rprivate", "/") and _run(*arguments)


def _run(*arguments):
    return subprocess.run(["mount", *arguments], capture_output=True).returncode == 0


@contextmanager
def closed(folder, mode=0):
    """A folder or file with these rights, for somebody who is bound by them: root becomes another user meanwhile."""
    user, before = os.geteuid(), stat.S_IMODE(folder.stat().st_mode)
    folder.chmod(mode)
    if not user:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(user)
        folder.chmod(before)
