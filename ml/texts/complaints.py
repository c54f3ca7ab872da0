"""Complaints by month and topic: distinctive terms, and masked examples.

A topic is the ticket's topic or the one that the text model predicted. Its terms are the words and
short n-grams by which its complaints differ most from all texts of the month. A term's weight is
its share of the complaining customers times the logarithm of the ratio to its share of all
customers, which is the term's summand of the Kullback-Leibler divergence. The weight resembles
class-based TF-IDF (Grootendorst: BERTopic, 2022, equation 2) and needs no list of stop words: a
word that all customers use has the weight zero.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from ml.schemas import COMPLAINT_EXAMPLES, COMPLAINT_TERMS, require_columns
from ml.texts.masking import masked

COLUMNS = ("month", "topic", "customer_no", "text", "names", "sentiment", "is_negative")
# Terms of fewer customers are not published, so that no term identifies its writer.
LEAST_CUSTOMERS = 5
MAX_TERMS = 8
MAX_EXAMPLES = 3
EXAMPLE_CHARACTERS = 200
# In a script without spaces, n-grams of two to four characters stand for words.
_WORDS = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]+")
_UNSPACED_LENGTHS = (2, 3, 4)
_MASK = re.compile(r"\[(?:address|link|number|name)\]")


def complaint_terms(texts: pa.Table) -> pa.Table:
    """The terms of each month and topic as a table of `COMPLAINT_TERMS`, by descending weight.

    Args:
        texts: all scored texts of some months, with `COLUMNS`; a null topic is a topic of its own.

    Raises:
        SchemaError: a column is missing.
    """
    require_columns(texts, COLUMNS, "the texts of complaints")
    found = [
        {"month": month, "topic": topic, "rank": rank, "term": term, "customers": customers}
        for month, rows in _by_month(texts)
        for topic, ranked in _terms_of_month(rows)
        for rank, (term, customers) in enumerate(ranked, start=1)
    ]
    return pa.Table.from_pylist(found, schema=COMPLAINT_TERMS)


def complaint_examples(texts: pa.Table) -> pa.Table:
    """The most negative texts of each month and topic as a table of `COMPLAINT_EXAMPLES`.

    A text is masked and cut to `EXAMPLE_CHARACTERS`.

    Args:
        texts: as in `complaint_terms`.

    Raises:
        SchemaError: a column is missing.
    """
    require_columns(texts, COLUMNS, "the texts of complaints")
    found = []
    for month, rows in _by_month(texts):
        chosen: defaultdict[str | None, dict[str, float]] = defaultdict(dict)
        complaints = [row for row in rows if row.is_negative]
        for row in sorted(complaints, key=lambda row: (row.sentiment, row.text)):
            phrases = chosen[row.topic]
            if len(phrases) < MAX_EXAMPLES:
                phrases.setdefault(example_phrase(row.text, row.names or ()), row.sentiment)
        found += [
            {"month": month, "topic": topic, "phrase": phrase, "sentiment": sentiment}
            for topic, phrases in chosen.items()
            for phrase, sentiment in phrases.items()
        ]
    return pa.Table.from_pylist(found, schema=COMPLAINT_EXAMPLES)


def example_phrase(text: str, names: Iterable[str]) -> str:
    """A text as an example: masked, in one line, cut to `EXAMPLE_CHARACTERS`."""
    return " ".join(masked(text, names).split())[:EXAMPLE_CHARACTERS]


@lru_cache(maxsize=10_000)
def terms_in(text: str) -> frozenset[str]:
    """Words, word pairs and, in scripts without spaces, n-grams; placeholders are left out."""
    plain = _MASK.sub("\n", text.lower())
    terms: set[str] = set()
    for line in _UNSPACED.sub("\n", plain).splitlines():
        for clause in re.split(r"[^\w\s']+", line):
            words = _WORDS.findall(clause)
            terms.update(word for word in words if len(word) > 1)
            terms.update(f"{one} {other}" for one, other in pairwise(words))
    for run in _UNSPACED.findall(plain):
        for length in _UNSPACED_LENGTHS:
            terms.update(run[start : start + length] for start in range(len(run) - length + 1))
    return frozenset(terms)


class _Text(NamedTuple):
    """One row with `COLUMNS`."""

    month: date
    topic: str | None
    customer_no: int
    text: str
    names: list[str] | None
    sentiment: float
    is_negative: bool


def _by_month(texts: pa.Table) -> Iterator[tuple[date, list[_Text]]]:
    rows: defaultdict[date, list[_Text]] = defaultdict(list)
    for row in map(_Text._make, zip(*(texts[name].to_pylist() for name in COLUMNS), strict=True)):
        rows[row.month].append(row)
    yield from sorted(rows.items())


def _terms_of_month(rows: list[_Text]) -> Iterator[tuple[str | None, list[tuple[str, int]]]]:
    """Topics with complaints; of each its terms with the number of customers who wrote them."""
    writers_of: defaultdict[str, set[int]] = defaultdict(set)
    complaining: dict[str | None, defaultdict[str, set[int]]] = {}
    complainants: defaultdict[str | None, set[int]] = defaultdict(set)
    for row in rows:
        terms = terms_in(masked(row.text, row.names or ()))
        for term in terms:
            writers_of[term].add(row.customer_no)
        if row.is_negative:
            complainants[row.topic].add(row.customer_no)
            of_topic = complaining.setdefault(row.topic, defaultdict(set))
            for term in terms:
                of_topic[term].add(row.customer_no)
    all_writers = len({row.customer_no for row in rows})
    for topic in sorted(complaining, key=lambda name: (name is None, name or "")):
        weighed = []
        for term, customers in complaining[topic].items():
            if len(customers) >= LEAST_CUSTOMERS:
                share = len(customers) / len(complainants[topic])
                usual = len(writers_of[term]) / all_writers
                weighed.append((share * float(np.log(share / usual)), term, len(customers)))
        weighed.sort(key=lambda found: (-found[0], -len(found[1]), found[1]))
        yield topic, _distinct(weighed)


def _distinct(weighed: list[tuple[float, str, int]]) -> list[tuple[str, int]]:
    """The first terms of positive weight, none of which contains another."""
    kept: list[tuple[str, int]] = []
    for weight, term, customers in weighed:
        if weight <= 0 or len(kept) == MAX_TERMS:
            break
        if not any(term in other or other in term for other, _ in kept):
            kept.append((term, customers))
    return kept
