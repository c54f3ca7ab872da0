"""Fingerprint of a file: digest and completeness, in one pass over its bytes."""

from __future__ import annotations

import hashlib
import zlib
from pathlib import Path
from typing import BinaryIO

from ingestion.errors import SourceError

_CHUNK = 1 << 20


def is_gzip(name: Path | str) -> bool:
    """True if the name has the suffix of gzip."""
    return str(name).casefold().endswith(".gz")


def sha256_of(path: Path) -> str:
    """Hex digest of a file's bytes.

    Raises:
        SourceError: as `sha256_of_stream` does.
    """
    with path.open("rb") as binary:
        if path.stat().st_size and not is_gzip(path):
            return hashlib.file_digest(binary, "sha256").hexdigest()
        return sha256_of_stream(binary, str(path))


def sha256_of_stream(binary: BinaryIO, name: str, copy: BinaryIO | None = None) -> str:
    """Hex digest of all bytes of a stream, which are also written to `copy`.

    A gzip stream is decompressed to its end, because DuckDB reads a truncated one without an error.

    Raises:
        SourceError: the stream is empty, truncated, or no gzip although its name ends in .gz.
    """
    digest = hashlib.sha256()
    packed = _Gzip(name) if is_gzip(name) else None
    size = 0
    while chunk := binary.read(_CHUNK):
        size += len(chunk)
        digest.update(chunk)
        if copy is not None:
            copy.write(chunk)
        if packed is not None:
            packed.follow(chunk)
    if not size:
        raise SourceError.of_file(name, "the file is empty (0 bytes): deliver it again")
    if packed is not None:
        packed.end()
    return digest.hexdigest()


class _Gzip:
    """A check of a gzip stream: its content is decompressed and discarded."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._stream = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)

    def follow(self, chunk: bytes) -> None:
        while chunk:
            try:
                # In pieces: a chunk may decompress to a thousand times its size.
                self._stream.decompress(chunk, _CHUNK)
                while self._stream.unconsumed_tail:
                    self._stream.decompress(self._stream.unconsumed_tail, _CHUNK)
            except zlib.error:
                raise SourceError.of_file(
                    self._name, "not a whole gzip file: compress it again and deliver it again"
                ) from None
            chunk = self._stream.unused_data.lstrip(b"\0")
            if chunk:  # a gzip file may consist of several streams
                self._stream = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)

    def end(self) -> None:
        if not self._stream.eof:
            raise SourceError.of_file(self._name, "the gzip file is cut off: deliver it again")
