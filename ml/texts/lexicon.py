"""Sentiment lexicon: phrases in six languages, with which a company without rated texts starts.

The phrases of `text_lexicon.csv` are fitted like rated texts of full weight. Without ratings the
model generalises them to words that share character n-grams with a phrase; among thousands of
ratings they have little influence.
"""

from __future__ import annotations

import csv
from pathlib import Path

# Order of the columns of all class probabilities.
SENTIMENT_CLASSES = ("negative", "neutral", "positive")
FILE = Path(__file__).with_name("text_lexicon.csv")


def phrases() -> list[tuple[str, str]]:
    """Each phrase with its sentiment class, in the order of the file."""
    with FILE.open(encoding="utf-8", newline="") as file:
        return [(row["phrase"], row["sentiment"]) for row in csv.DictReader(file)]
