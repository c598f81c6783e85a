"""Folders and files that somebody may not enter or write."""

import os
import stat
from contextlib import contextmanager


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
