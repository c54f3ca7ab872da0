"""What a few words mean in six languages: where to start from before a company has rated texts.

The phrases of `text_lexicon.csv` are taught like rated texts of their own, in full weight, so that
one model reads both: alone it is the phrases' mood carried over to words that share their letters,
and beside thousands of ratings it is hardly heard.
"""

from __future__ import annotations

import csv
from pathlib import Path

MOODS = ("negative", "neutral", "positive")
FILE = Path(__file__).with_name("text_lexicon.csv")


def phrases() -> list[tuple[str, str]]:
    """Each phrase with its mood."""
    with FILE.open(encoding="utf-8", newline="") as file:
        return [(row["phrase"], row["mood"]) for row in csv.DictReader(file)]
