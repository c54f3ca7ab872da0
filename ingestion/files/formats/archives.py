"""The one file that is meant in a zip archive, unpacked."""

from __future__ import annotations

import hashlib
import re
import shutil
import zipfile
import zlib
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from ingestion.errors import SourceError

# Rows of a table shrink to a tenth, seldom to a fiftieth.
_MOST_EXPANDED = 250
_HARMLESS_BYTES = 64 << 20
_ENCRYPTED = 0x1
# What packing programs put in beside the files.
_LITTER = re.compile(r"(^|/)(__MACOSX/|\.DS_Store$|Thumbs\.db$|desktop\.ini$)")


def unpacked(name: str, path: Path, member: str | None, scratch: Path) -> Path:
    """A copy in scratch of the file in an archive.

    Args:
        name: what messages call the archive.
        path: where it is.
        member: pattern of the file's name in it; None if it holds only one.
        scratch: folder for the copy.

    Raises:
        SourceError: the archive is not whole, is encrypted, would unpack to far more than tables
            do, or holds none or several such files.
    """
    copy = scratch / f"{hashlib.sha256(name.encode()).hexdigest()}.unpacked"
    try:
        with zipfile.ZipFile(path) as archive:
            refuse_bombs(name, archive)
            info = _the_one(name, archive, member)
            with archive.open(info) as packed, copy.open("wb") as target:
                shutil.copyfileobj(packed, target, 1 << 20)
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError) as error:
        raise SourceError.of_file(
            name, f"not a whole zip archive ({error}): pack it again and deliver it again"
        ) from None
    except NotImplementedError as error:
        raise SourceError.of_file(
            name, f"it is packed in a way that is not known ({error}): pack it as ordinary zip"
        ) from None
    if not copy.stat().st_size:
        raise SourceError.of_file(name, "the file in it is empty (0 bytes): deliver it again")
    return copy


def refuse_bombs(name: str, archive: zipfile.ZipFile) -> None:
    """Raise if an archive says that it would unpack to more than is likely of a table.

    What it says can be relied on: no more than that is ever unpacked of a file.

    Raises:
        SourceError: it does.
    """
    for info in archive.infolist():
        if info.file_size > max(_HARMLESS_BYTES, _MOST_EXPANDED * info.compress_size):
            raise SourceError.of_file(
                name,
                f"{info.filename} would unpack to {info.file_size >> 20} MB,"
                f" {info.file_size // max(info.compress_size, 1)} times its size: no table does;"
                " deliver it unpacked if it is one",
            )


def _the_one(name: str, archive: zipfile.ZipFile, member: str | None) -> zipfile.ZipInfo:
    files = [
        info
        for info in archive.infolist()
        if not info.is_dir() and not _LITTER.search(info.filename)
    ]
    wanted = [
        info
        for info in files
        if member is None
        or fnmatchcase(info.filename, member)
        or fnmatchcase(PurePosixPath(info.filename).name, member)
    ]
    listed = ", ".join(sorted(info.filename for info in (wanted or files))[:5])
    if not wanted:
        asked = f" that matches {member}" if member else ""
        raise SourceError.of_file(
            name, f"there is no file{asked} in it{f', but {listed}' if listed else ''}: set member"
        )
    if len(wanted) > 1:
        raise SourceError.of_file(
            name, f"there are {len(wanted)} files in it ({listed}): set member to the one meant"
        )
    if wanted[0].flag_bits & _ENCRYPTED:
        raise SourceError.of_file(name, "it is encrypted: deliver it without a password")
    return wanted[0]
