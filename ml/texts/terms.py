"""Most influential terms of a text model: the prediction for each term as a text of its own.

The model's features are hashed, so its weights have no names. The terms are taken from the texts
that the model was fitted on, and the model classifies each of them. To protect the writers, a term
is left out if fewer than five customers have written it or if it contains a part of a writer's
name, an address or a number.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from ml.texts.complaints import LEAST_CUSTOMERS, terms_in
from ml.texts.lexicon import SENTIMENT_CLASSES
from ml.texts.masking import masked
from ml.texts.model import TextModel

MAX_TERMS = 12
LIKELY = 0.5
# Only the terms with the most writers are classified; a rarer term would not rank among the first.
MAX_CANDIDATES = 5_000
# Keeps the logarithm of a probability of 0 finite.
_LEAST = 1e-9


@dataclass(frozen=True)
class InfluentialTerm:
    """A term, the probability of the class for the term alone, and its number of customers."""

    term: str
    probability: float
    customers: int


def influential_terms(
    model: TextModel,
    texts: Sequence[str],
    customers: Sequence[int | None],
    names: Sequence[Iterable[str] | None],
) -> dict[str, list[InfluentialTerm]]:
    """At most `MAX_TERMS` terms per sentiment class, the most influential first.

    A term belongs to a class whose probability exceeds one half for it. Its influence is the number
    of its customers times the logarithm of the ratio of that probability to the probability for an
    empty text, so that neither rare terms nor uninformative common ones come first.

    Args:
        model: the model that classifies the terms.
        texts: the texts that the model was fitted on.
        customers: the writer of each text; None where unknown. Such a text contributes no terms,
            because its writers cannot be counted.
        names: full names of each text's writer.
    """
    writers: defaultdict[str, set[int]] = defaultdict(set)
    for text, customer in zip(texts, customers, strict=True):
        if customer is not None:
            for term in terms_in(masked(text)):
                writers[term].add(customer)
    of_names = {part for each in names for name in each or () for part in terms_in(name)}
    common = sorted(
        (term for term, who in writers.items() if len(who) >= LEAST_CUSTOMERS),
        key=lambda term: (-len(writers[term]), term),
    )
    terms = [term for term in common[:MAX_CANDIDATES] if of_names.isdisjoint(terms_in(term))]
    alone, empty = model.probabilities(terms), model.probabilities([""])[0]
    influence = np.log(np.maximum(alone, _LEAST) / np.maximum(empty, _LEAST))
    influence *= np.array([[len(writers[term])] for term in terms]).reshape(-1, 1)
    return {
        name: _distinct(
            InfluentialTerm(terms[row], float(alone[row, place]), len(writers[terms[row]]))
            for row in np.argsort(-influence[:, place], kind="stable")
            if alone[row, place] > LIKELY and influence[row, place] > 0
        )
        for place, name in enumerate(SENTIMENT_CLASSES)
    }


def _distinct(terms: Iterable[InfluentialTerm]) -> list[InfluentialTerm]:
    """The first of them, none of which contains another."""
    kept: list[InfluentialTerm] = []
    for each in terms:
        if len(kept) == MAX_TERMS:
            break
        if not any(each.term in other.term or other.term in each.term for other in kept):
            kept.append(each)
    return kept
