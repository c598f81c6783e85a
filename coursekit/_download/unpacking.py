"""Unpacking of archives that others have made: only what is wanted, nothing outside the folder, no more than stated."""

import re
import shutil
import stat
import zipfile
import zlib
from collections import Counter
from pathlib import PurePosixPath

from coursekit._errors import Trouble

MOST_MEMBERS = 100_000
MOST_RATIO = 100  # of the size unpacked to the size packed: pictures have less than 10
REMEDY = "The archive that is sent is not the one that this course knows: update the course"
DAMAGED = "Check the connection (a network's login page may answer in place of the server)"


def unpack(archive, folder, wanted, counts, size):
    """Unpack the wanted members of a zip archive; all are judged before the first is written.

    Parameters
    ----------
    archive : pathlib.Path
        A zip archive.
    folder : pathlib.Path
        Where they come to lie; it must be empty.
    wanted : str
        Regular expression that the whole name of a wanted member matches; its first group is the path in `folder`.
    counts : dict
        For each folder with wanted files, their number.
    size : int
        The most that they may have together, in bytes.

    Raises
    ------
    Trouble
        If the archive is damaged, holds other members than these, or would do harm.
    OSError
        If they cannot be stored.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            for path, member in _plan(opened.infolist(), wanted, counts, size).items():
                target = folder / path
                target.parent.mkdir(parents=True, exist_ok=True)
                with opened.open(member) as source, open(target, "xb") as sink:
                    shutil.copyfileobj(source, sink, 1 << 20)  # zipfile checks the CRC, and stops at the stated size
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise Trouble(f"the archive is damaged: {error or type(error).__name__}", DAMAGED) from error


def missing(found, counts):
    """Say which folder has the wrong number of files, or nothing."""
    for folder in sorted({*found, *counts}):
        if found.get(folder, 0) != counts.get(folder, 0):
            return f"{folder} has {found.get(folder, 0):,} of {counts.get(folder, 0):,} files"
    return ""


def _plan(members, wanted, counts, size):
    """Which member goes where: path -> ZipInfo."""
    if len(members) > MOST_MEMBERS:
        raise Trouble(f"the archive has {len(members):,} members", REMEDY)
    plan = {}
    for member in members:
        name = member.filename.replace("\\", "/")
        if name.startswith("/") or ".." in name.split("/") or re.match("[A-Za-z]:", name):
            raise Trouble(f"a member of the archive would leave its folder: {name!r}", REMEDY)
        match = re.fullmatch(wanted, member.filename, re.ASCII)
        if match and match[1] in plan:
            raise Trouble(f"the archive holds {match[1]} twice", REMEDY)
        if match:
            _judge(member)
            plan[match[1]] = member
    if words := missing(Counter(str(PurePosixPath(path).parent) for path in plan), counts):
        raise Trouble(f"the archive is not complete: {words}", REMEDY)
    total = sum(member.file_size for member in plan.values())
    if total > size:
        raise Trouble(f"the archive holds {total:,} bytes where {size:,} are the most", REMEDY)
    return plan


def _judge(member):
    """Refuse what is no plain file, is empty, or unpacks to far more than a picture does."""
    link, locked = stat.S_ISLNK(member.external_attr >> 16), member.flag_bits & 1
    if link or locked or member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise Trouble(f"a member of the archive is no ordinary file: {member.filename!r}", REMEDY)
    if not member.file_size:
        raise Trouble(f"a member of the archive is empty: {member.filename!r}", REMEDY)
    if member.header_offset < 0:  # the archive lacks its beginning
        raise zipfile.BadZipFile(f"{member.filename!r} begins before it")
    if member.file_size > MOST_RATIO * max(member.compress_size, 1):
        raise Trouble(f"a member of the archive unpacks to {member.file_size:,} bytes: {member.filename!r}", REMEDY)
