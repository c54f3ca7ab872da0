"""Whether a file is whole, and what it holds, told by reading its bytes once."""

from __future__ import annotations

import hashlib
import zlib
from pathlib import Path

from orchestration.extract.errors import ExtractError

_CHUNK = 1 << 20


def sha256_of(path: Path, *, is_gzip: bool) -> str:
    """Hex digest of the bytes as they lie there.

    A gzip stream is followed to its end on the way: DuckDB reads one that is cut off without a
    word, and the rows behind the cut would be missing.

    Raises:
        ExtractError: the file is empty, is cut off, or is no gzip although its name says so.
    """
    if path.stat().st_size == 0:
        raise ExtractError.of_file(path, "the file is empty (0 bytes): deliver it again")
    with path.open("rb") as binary:
        if not is_gzip:
            return hashlib.file_digest(binary, "sha256").hexdigest()
        digest = hashlib.sha256()
        stream = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        while chunk := binary.read(_CHUNK):
            digest.update(chunk)
            while chunk:
                try:
                    stream.decompress(chunk)
                except zlib.error:
                    raise ExtractError.of_file(
                        path, "not a whole gzip file: compress it again and deliver it again"
                    ) from None
                chunk = stream.unused_data.lstrip(b"\0")
                if chunk:  # files may be concatenated, each a stream of its own
                    stream = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        if not stream.eof:
            raise ExtractError.of_file(path, "the gzip file is cut off: deliver it again")
        return digest.hexdigest()
