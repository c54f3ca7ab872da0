from __future__ import annotations

import gzip
import hashlib
import io
from pathlib import Path

import pytest

from ingestion.errors import SourceError
from ingestion.files.fingerprint import sha256_of, sha256_of_stream

CONTENT = b"order_no,amount\n" + b"".join(b"%d,5\n" % number for number in range(100_000))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("orders.csv", CONTENT),
        ("orders.csv.gz", gzip.compress(CONTENT)),
        ("two_streams.csv.GZ", gzip.compress(CONTENT) + gzip.compress(b"1,5\n")),
        ("padded.csv.gz", gzip.compress(CONTENT) + b"\0" * 512),
    ],
)
def test_the_digest_is_that_of_the_bytes_as_delivered(
    tmp_path: Path, name: str, content: bytes
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    copy = io.BytesIO()
    expected = hashlib.sha256(content).hexdigest()
    assert sha256_of(path) == sha256_of_stream(io.BytesIO(content), name, copy) == expected
    assert copy.getvalue() == content


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("orders.csv", b"", "orders.csv: the file is empty"),
        ("orders.csv.gz", gzip.compress(CONTENT)[:-9], "the gzip file is cut off"),
        ("orders.csv.gz", gzip.compress(CONTENT) + b"more", "not a whole gzip file"),
        ("orders.csv.gz", CONTENT, "not a whole gzip file"),
    ],
)
def test_an_incomplete_file_is_refused(name: str, content: bytes, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        sha256_of_stream(io.BytesIO(content), name)
