"""Zip archives: one file is unpacked or replaced, and archives of extreme ratio are refused."""

from __future__ import annotations

import hashlib
import io
import re
import shutil
import zipfile
import zlib
from collections.abc import Callable
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from ingestion.errors import SourceError

# Tables compress to a tenth of their size, rarely to a fiftieth.
_MOST_EXPANDED = 250
_HARMLESS_BYTES = 64 << 20
_ENCRYPTED = 0x1
# Files that archive programs add.
_LITTER = re.compile(r"(^|/)(__MACOSX/|\.DS_Store$|Thumbs\.db$|desktop\.ini$)")


def unpacked(name: str, path: Path, member: str | None, scratch: Path) -> Path:
    """A copy in scratch of the file in an archive.

    Args:
        name: what messages call the archive.
        path: the archive.
        member: pattern of the file's name in it; None if it has only one file.
        scratch: folder for the copy.

    Raises:
        SourceError: the archive is incomplete or encrypted, its compression ratio is beyond that of
            a table, or none or several of its files match.
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


def with_file_changed(
    name: str, content: bytes, member: str | None, change: Callable[[bytes], bytes]
) -> bytes:
    """An archive with a new content of one of its files; names and times of all files stay.

    Args:
        name: what messages call the archive.
        content: the archive.
        member: pattern of the file's name in it; None if it has only one file.
        change: returns the new content of the file.

    Raises:
        SourceError: another file in it is encrypted, so that it cannot be copied.
    """
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as archive, zipfile.ZipFile(target, "w") as copy:
        changed = _the_one(name, archive, member)
        for info in archive.infolist():
            if info.flag_bits & _ENCRYPTED:
                raise SourceError.of_file(name, f"{info.filename} in it is encrypted")
            file = archive.read(info)
            copy.writestr(info, change(file) if info is changed else file)
    return target.getvalue()


def refuse_bombs(name: str, archive: zipfile.ZipFile) -> None:
    """Refuse an archive whose declared compression ratio is beyond that of a table.

    No more than the declared size of a file is ever unpacked.

    Raises:
        SourceError: the ratio is too high.
    """
    for info in archive.infolist():
        if info.file_size > max(_HARMLESS_BYTES, _MOST_EXPANDED * info.compress_size):
            raise SourceError.of_file(
                name,
                f"{info.filename} would unpack to {info.file_size >> 20} MB,"
                f" {info.file_size // max(info.compress_size, 1)} times its size, which no table"
                " does: if it is a table, deliver it unpacked",
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
