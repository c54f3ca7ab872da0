"""Hashed n-gram features of texts of any language, as a sparse matrix without a vocabulary.

The features are character n-grams within a word and its borders, words, and word pairs. Character
n-grams cover inflection, compounds, misspellings and scripts without spaces; word pairs cover
negation. Each feature is hashed into one of 2^18 columns (Weinberger et al.: Feature Hashing for
Large Scale Multitask Learning, ICML 2009), so no vocabulary has to be stored.
"""

from __future__ import annotations

import html
import re
import sys
import unicodedata
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from ml.split_mix import mixed

Codes = NDArray[np.uint64]
Rows = NDArray[np.int32]

BITS = 18
COLUMNS = 1 << BITS
# Cross-validated on four fifths of two labelled collections: n-grams of 1 to 5 characters and words
# had .8975 (Chinese, accuracy) and .753 (English, macro-F1), 1 to 3 without words .8975 and .725.
LONGEST_CHARACTERS = 5
# Longer texts are cut: their beginning shows the sentiment, and one pasted log would take the time
# of a thousand messages.
MAX_CHARACTERS = 2_000
# Characters per batch; one batch takes about 200 MB.
BATCH_CHARACTERS = 1_000_000

_SPACE, _WORD, _SIGN = 0, 1, 2
_END = np.uint64(ord("\n"))
# Private-use characters that replace every address and mention.
_ADDRESS, _MENTION = "\ue001", "\ue002"
_ADDRESSES = re.compile(r"https?://\S+|www\.\S+|\S+@\S+\.\w+")
_MENTIONS = re.compile(r"@\w+")
_DIGITS = re.compile(r"\d")
_REPEATED = re.compile(r"(.)\1{3,}")
# Joiners and variation selectors, which only change how an emoji is drawn.
_INVISIBLE = re.compile("[\u200b-\u200f\u2060\ufe00-\ufe0f\ufeff]")


def normalised(text: str) -> str:
    """The text in lower case and NFKC form, addresses and digits replaced, cut to its maximum."""
    plain = unicodedata.normalize("NFKC", html.unescape(text[: 2 * MAX_CHARACTERS])).lower()
    if any(sign in plain for sign in ("@", "://", "www.")):
        plain = _MENTIONS.sub(f" {_MENTION} ", _ADDRESSES.sub(f" {_ADDRESS} ", plain))
    if not plain.isascii():
        plain = _INVISIBLE.sub("", plain)
    plain = _REPEATED.sub(r"\1\1\1", _DIGITS.sub("0", plain))
    return " ".join(plain.split())[:MAX_CHARACTERS]


def ngram_matrix(texts: Sequence[str]) -> csr_matrix:
    """Hashed features of normalised texts, shape (texts, 2^18), each row of Euclidean length 1."""
    if not texts:
        return csr_matrix((0, COLUMNS), dtype=np.float32)
    # Spaces around a text make the n-grams at its ends equal to those within it.
    codes = np.frombuffer(
        "".join(f" {text} \n" for text in texts).encode("utf-32-le", "surrogatepass"), dtype="<u4"
    ).astype(np.uint64)
    ends = codes == _END
    rows = (np.cumsum(ends) - ends).astype(np.int32)
    kinds = _kinds(codes)
    found = [*_characters(codes, rows, kinds == _SPACE), *_words(codes, rows, kinds == _WORD)]
    columns = np.concatenate([hashes for _, hashes in found]) >> np.uint64(64 - BITS)
    matrix = csr_matrix(
        (
            np.ones(len(columns), dtype=np.float32),
            (np.concatenate([of for of, _ in found]), columns.astype(np.int32)),
        ),
        shape=(len(texts), COLUMNS),
    )
    # Presence and not frequency: a repeated word is no stronger evidence.
    counts = np.diff(matrix.indptr)
    matrix.data = np.repeat(1 / np.sqrt(np.maximum(counts, 1)), counts).astype(np.float32)
    return matrix


def batches(texts: Sequence[str]) -> Iterator[slice]:
    """Slices of the texts of at most `BATCH_CHARACTERS` each; a longer text is a slice alone."""
    start, characters = 0, 0
    for place, text in enumerate(texts):
        if characters + len(text) > BATCH_CHARACTERS and place > start:
            yield slice(start, place)
            start, characters = place, 0
        characters += len(text)
    if start < len(texts):
        yield slice(start, len(texts))


def _characters(
    codes: Codes, rows: Rows, is_space: NDArray[np.bool_]
) -> Iterator[tuple[Rows, Codes]]:
    """Row and hash of each n-gram; it has a space as its first or last character only."""
    single = mixed(codes)
    spaces = np.cumsum(is_space)
    is_end = codes == _END
    hashes = single
    yield rows[~is_space], hashes[~is_space]
    for length in range(2, LONGEST_CHARACTERS + 1):
        count = len(codes) - length + 1
        if count < 1:
            return
        hashes = mixed(hashes[:count] * np.uint64(31) + single[length - 1 :])
        first, last = slice(0, count), slice(length - 1, length - 1 + count)
        within = spaces[length - 2 : length - 2 + count] == spaces[first]
        kept = within & ~(is_space[first] & is_space[last]) & ~is_end[first] & ~is_end[last]
        yield rows[first][kept], hashes[kept]


def _words(codes: Codes, rows: Rows, is_word: NDArray[np.bool_]) -> Iterator[tuple[Rows, Codes]]:
    """Row and hash of each word, and of each two adjacent words of a text."""
    begins = is_word & ~np.concatenate([[False], is_word[:-1]])
    starts = np.flatnonzero(begins)
    if len(starts) == 0:
        return
    places = np.flatnonzero(is_word)
    word = np.cumsum(begins)[places] - 1
    offsets = (places - starts[word]).astype(np.uint64)
    letters = mixed(codes[places] * np.uint64(0x10001) + mixed(offsets))
    words = mixed(np.add.reduceat(letters, np.searchsorted(places, starts)))
    of = rows[starts]
    yield of, words
    together = of[1:] == of[:-1]
    yield of[1:][together], mixed(words[:-1] * np.uint64(3) + words[1:])[together]


def _kinds(codes: Codes) -> NDArray[np.uint8]:
    """Kind of each character: `_SPACE`, `_WORD` or `_SIGN`."""
    # Marked in a table, because sorting the characters took a quarter of the time of scoring.
    occurs = np.zeros(sys.maxunicode + 1, dtype=bool)
    occurs[codes] = True
    kinds = np.zeros(sys.maxunicode + 1, dtype=np.uint8)
    for code in np.flatnonzero(occurs):
        kinds[code] = _kind(chr(code))
    return kinds[codes]


def _kind(character: str) -> int:
    if character in (_ADDRESS, _MENTION, "'"):
        return _WORD
    category = unicodedata.category(character)[0]
    return _WORD if category in "LNM" else _SPACE if category in "ZC" else _SIGN
