"""Detection of a text file's encoding, for files with `encoding: auto` in the configuration.

charset-normalizer 3.5, limited to the same encodings, finds none for three cases of the tests:
German words in Windows-1252, Latin-1 with a control character, and UTF-8 with one invalid byte.
"""

from __future__ import annotations

import codecs
from typing import BinaryIO

_CHUNK = 1 << 20
_SAMPLE_BYTES = 1 << 18
# The longer marks first: the mark of UTF-32 begins with the mark of UTF-16.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (b"\x84\x31\x95\x33", "gb18030"),
)
# A UTF-8 file may have a few invalid bytes.
_LEAST_GOOD_TO_BAD = 4
_LEAST_CHINESE = 0.8
_LEAST_ZEROS = 0.3
# Bytes without a character in Windows-1252.
_HOLES = b"\x81\x8d\x8f\x90\x9d"


def detect(binary: BinaryIO) -> str:
    """The encoding of a stream: UTF-8, UTF-16, UTF-32, GB18030, Windows-1252 or Latin-1.

    The order of evidence: a byte order mark; zero bytes of UTF-16; text that is valid UTF-8
    throughout. Otherwise Chinese and Western European are distinguished by pairs of bytes above 160
    (the rows of GB 2312): accented letters mostly stand between ASCII letters.
    """
    head = binary.read(_CHUNK)
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    wide = _utf_16_without_mark(head[:_SAMPLE_BYTES])
    if wide:
        return wide
    decoder = codecs.getincrementaldecoder("utf-8")(errors="strict")
    sample = bytearray()
    is_utf_8 = True
    chunk = head
    while chunk:
        if is_utf_8:
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError:
                is_utf_8 = False
        if len(sample) < _SAMPLE_BYTES:
            lines = (line for line in chunk.splitlines(keepends=True) if not line.isascii())
            sample += b"".join(lines)[: _SAMPLE_BYTES - len(sample)]
        if not is_utf_8 and len(sample) >= _SAMPLE_BYTES:
            break
        chunk = binary.read(_CHUNK)
    if is_utf_8:
        return "utf-8"
    return _told_by(bytes(sample))


def _told_by(sample: bytes) -> str:
    as_utf_8 = sample.decode("utf-8", errors="replace")
    bad = as_utf_8.count("\ufffd")
    good = sum(character > "\x7f" for character in as_utf_8) - bad
    if good >= _LEAST_GOOD_TO_BAD * bad:
        return "utf-8"
    pairs, others = _chinese_pairs(sample)
    if pairs >= _LEAST_CHINESE * (pairs + others):
        return "gb18030"
    return "latin-1" if any(byte in _HOLES for byte in sample) else "windows-1252"


def _chinese_pairs(sample: bytes) -> tuple[int, int]:
    """Number of byte pairs in GB 2312, and number of other bytes beyond ASCII."""
    pairs = others = position = 0
    while position < len(sample):
        lead = sample[position]
        if lead < 0x80:
            position += 1
            continue
        trail = sample[position + 1] if position + 1 < len(sample) else 0
        is_pair = (0xB0 <= lead <= 0xF7 or 0xA1 <= lead <= 0xA3) and trail >= 0xA1
        pairs += is_pair
        others += not is_pair
        position += 2 if is_pair else 1
    return pairs, others


def _utf_16_without_mark(sample: bytes) -> str | None:
    """UTF-16 if every second byte is often zero, as in text with Latin letters or digits."""
    half = max(len(sample) // 2, 1)
    high, low = sample[1::2].count(0) / half, sample[0::2].count(0) / half
    if high > _LEAST_ZEROS and low < high / 10:
        return "utf-16-le"
    if low > _LEAST_ZEROS and high < low / 10:
        return "utf-16-be"
    return None
