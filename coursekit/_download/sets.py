"""The two kinds of remote sets: files that are known byte for byte, and archives whose members are known."""

import errno
import gzip
import os
import shutil
from dataclasses import dataclass

from coursekit._download import kaggle_bridge, transfer, unpacking
from coursekit._errors import Trouble


@dataclass(frozen=True)
class File:
    """A remote file that is known byte for byte.

    Attributes
    ----------
    name : str
        Its path in the folder of the set.
    urls : tuple of str
        Mirrors, in the order in which they are asked.
    size : int
        The most that a mirror may send, in bytes.
    checksum : str
        Of what is sent: algorithm, colon, digits.
    unpacked : str
        Checksum of the content, where what is sent is packed with gzip; else nothing.
    """

    name: str
    urls: tuple
    size: int
    checksum: str
    unpacked: str = ""


@dataclass(frozen=True)
class Files:
    """A set of such files: title, name of its folder, what serves instead, the files."""

    title: str
    folder: str
    instead: str
    files: tuple

    def make(self, folder, work):
        """Download into `work` what is not there yet, then fill `folder`."""
        paths = [work / file.name.rpartition("/")[2] for file in self.files]
        for file, path in zip(self.files, paths, strict=True):
            transfer.fetch(file.urls, path, file.checksum, file.size)
        for file, path in zip(self.files, paths, strict=True):
            target = folder / file.name
            target.parent.mkdir(parents=True, exist_ok=True)
            if file.unpacked:
                with gzip.open(path) as packed, open(target, "wb") as plain:
                    shutil.copyfileobj(packed, plain)
            else:
                os.replace(path, target)

    def fault(self, folder):
        """Say which file is not the published one, or nothing."""
        import pooch

        for file in self.files:
            algorithm, _, digits = (file.unpacked or file.checksum).partition(":")
            path = folder / file.name
            if not path.is_file() or pooch.file_hash(path, alg=algorithm) != digits:
                return f"{path} is missing or damaged"
        return ""


@dataclass(frozen=True)
class Archive:
    """A set on Kaggle, which packs its archives anew from time to time: not the bytes are known, but the members.

    Attributes
    ----------
    title, folder, instead : str
        As for `Files`.
    slug : str
        Owner and name on Kaggle.
    size, unpacked : int
        The most that the archive, and the wanted members, may have, in bytes.
    wanted : str
        Regular expression for the names of wanted members; its first group is the path in the folder of the set.
    counts : dict
        For each folder, its number of files.
    endings : tuple of str
        Of the names of wanted members: what a file manager leaves in a folder does not count.
    """

    title: str
    folder: str
    instead: str
    slug: str
    size: int
    unpacked: int
    wanted: str
    counts: dict
    endings: tuple

    def make(self, folder, work):
        """Download the archive into `work`, or the rest of it, then fill `folder`."""
        needed = self.size + self.unpacked - sum(path.stat().st_size for path in work.glob("*.zip"))
        if shutil.disk_usage(work).free < needed:
            raise OSError(errno.ENOSPC, f"{needed / 1e9:.1f} GB must be free")
        archive = kaggle_bridge.download(self.slug, work)
        try:
            if archive.stat().st_size > self.size:
                raise Trouble(f"the archive has more than {self.size:,} bytes", unpacking.REMEDY)
            unpacking.unpack(archive, folder, self.wanted, self.counts, self.unpacked)
        except Trouble:
            archive.unlink()  # the next attempt must not begin with it
            raise

    def fault(self, folder):
        """Say which folder lacks files, or nothing."""
        found = {}
        for name, count in self.counts.items():
            paths = [path for path in (folder / name).glob("[!.]*") if path.suffix in self.endings]
            files = sum(path.is_file() and path.stat().st_size > 0 for path in paths)
            found[name] = min(files, count)  # others may have been added since
        words = unpacking.missing(found, self.counts)
        return f"{folder} is not complete: {words}" if words else ""
