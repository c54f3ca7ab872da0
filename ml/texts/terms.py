"""The words by which a model tells moods: what it says of each where it reads nothing else.

The pieces that the model weighs are hashed, so a weight cannot be read as a word. But a word can be
read by the model, and the words are taken from the texts that taught it. None of them tells whose
it was: a term that fewer than five customers have written is left out, and so is what holds a part
of any writer's name, an address or a number.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from ml.texts.complaints import LEAST_CUSTOMERS, terms_in
from ml.texts.lexicon import MOODS
from ml.texts.masking import masked
from ml.texts.model import TextModel

MAX_TERMS = 12
LIKELY = 0.5
# The terms that most have written are read: a rarer one would not come among the first.
MAX_READ = 5_000
# A probability is a ratio's part, and 0 has none.
_LEAST = 1e-9


@dataclass(frozen=True)
class MoodTerm:
    """A term, the probability of the mood where it is all that is read, and its writers."""

    term: str
    probability: float
    customers: int


def strongest_terms(
    model: TextModel,
    texts: Sequence[str],
    customers: Sequence[int | None],
    names: Sequence[Iterable[str] | None],
) -> dict[str, list[MoodTerm]]:
    """The terms by which the model most often tells each mood, by mood.

    Told are those that make the mood likelier than not, in the order of their writers times the
    logarithm of the ratio of the mood's probability to what it is where nothing is read: neither a
    rare word nor a common one that tells nothing is what the model goes by.

    Args:
        model: what reads them.
        texts: those that taught it.
        customers: who wrote each, None where nobody knows; such a text gives no terms, for its
            writers cannot be counted.
        names: full names of each writer.
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
    told = [term for term in common[:MAX_READ] if of_names.isdisjoint(terms_in(term))]
    moods, unread = model.moods(told), model.moods([""])[0]
    weights = np.log(np.maximum(moods, _LEAST) / np.maximum(unread, _LEAST))
    weights *= np.array([[len(writers[term])] for term in told]).reshape(-1, 1)
    return {
        mood: _distinct(
            MoodTerm(told[number], float(moods[number, place]), len(writers[told[number]]))
            for number in np.argsort(-weights[:, place], kind="stable")
            if moods[number, place] > LIKELY and weights[number, place] > 0
        )
        for place, mood in enumerate(MOODS)
    }


def _distinct(terms: Iterable[MoodTerm]) -> list[MoodTerm]:
    """The first of them, without those that another one holds or is held by."""
    kept: list[MoodTerm] = []
    for each in terms:
        if len(kept) == MAX_TERMS:
            break
        if not any(each.term in other.term or other.term in each.term for other in kept):
            kept.append(each)
    return kept
