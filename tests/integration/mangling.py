"""Mangling of rows and files as transfers, spreadsheets and careless exports do it."""

from __future__ import annotations

import csv
import gzip
import io
import random
import re
import zipfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

# Each row carries one, so that it can be found again wherever it ends.
MARK = re.compile(r"m\d{6}z")


VALUES = [
    "", "1", "-1", "1.5", "nan", "31.12.2025", "31.31.2025", "2026-01-01T10:00:00Z", "ja", "true",
    "99999999999999999999", "1767225600000", '{"score": 4}', '{"score": "x"}', "{", "null", "[]",
    "\u2028", "等", "a'b", "\x1f", "control", "treatment",
]  # fmt: skip


@dataclass
class Mangler:
    """Rows of text, and what becomes of them on their way."""

    dice: random.Random
    numbers: int = 0

    def row(self, columns: Sequence[str], mark: str) -> dict[str, Any]:
        """A row of which some values are of the wrong kind, missing, or a key given before."""
        self.numbers += 1
        key = self.dice.choice([self.numbers, self.numbers, self.dice.randint(1, 300)])
        row = {column: self.dice.choice(VALUES) for column in columns}
        sensible = {
            "created": "31.12.2025", "updated": "31.12.2025", "birth_year": "1980",
            "created_at": "2026-01-01T10:00:00Z", "newsletter": "true", "rating": "4",
            "marketing_consent": "ja", "sent_at": "31.12.2025 14:05", "redeemed_at": "",
            "cost": "1.5", "opened": "1767225600000", "first_response": "", "resolved": "",
            "satisfaction": '{"score": 4}', "reopened_count": "0", "arm": "control",
            "status": "open",
        }  # fmt: skip
        if self.dice.random() < 0.8:
            row |= {column: value for column, value in sensible.items() if column in row}
        row[columns[0]] = "" if self.dice.random() < 0.03 else f"k{key}"
        carrier = next(name for name in ("city", "channel", "text", "full_name") if name in row)
        row[carrier] = f"{self.dice.choice(['', 'Ä', 'x '])}{mark}"
        return row


def csv_line(values: Sequence[str]) -> bytes:
    target = io.StringIO()
    csv.writer(target, delimiter=";", lineterminator="\n").writerow(values)
    return target.getvalue().encode()


def swapped(line: bytes, dice: random.Random, what: bytes) -> bytes:
    """The line with something put in somewhere."""
    at = dice.randrange(len(line))
    return line[:at] + what + line[at:]


FILE_FAULTS = (
    "none", "none", "none", "byte order mark", "reordered", "renamed", "added", "utf-16",
    "no last line end", "cut", "packed and cut", "changed later",
)  # fmt: skip


def in_bytes(content: bytes, fault: str, dice: random.Random) -> bytes:
    """A text file as it is written, with what may happen to it as a whole."""
    if fault == "byte order mark":
        return b"\xef\xbb\xbf" + content
    if fault == "utf-16":
        return content.decode(errors="replace").encode("utf-16")
    if fault == "no last line end":
        return content.rstrip(b"\r\n")
    if fault == "cut":
        return content[: dice.randrange(len(content))]
    return content


def zipped(content: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("export.csv", content)
    return target.getvalue()


def marks(content: bytes, name: str) -> Counter[str]:
    """The marks in a file, found without the project's own readers."""
    if name.endswith(".parquet"):
        path = f"/dev/shm/{name}"
        Path(path).write_bytes(content)
        with duckdb.connect() as con:
            rows = con.execute(f"select sales_channel from '{path}'").fetchall()
        Path(path).unlink()
        return Counter(mark for (mark,) in rows)
    if name.endswith(".gz"):
        content = gzip.decompress(content)
    elif name.endswith((".zip", ".xlsx")):
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            content = b"".join(packed.read(member) for member in packed.namelist())
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        content = content.decode("utf-16").encode()
    return Counter(MARK.findall(content.decode(errors="replace")))
