"""Plain words: phrases with a standard term in the field do not come back in another one."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
# The phrase to avoid, as a regular expression, and what to write.
PLAIN_WORDS = {
    r"held against": "compared with",
    r"told apart": "keyed by; distinguished by",
    r"told anew|delivered anew": "redelivered; a new version",
    r"\btold\b": "reported, given, known, named: the verb of the case",
    r"\btells\b": "reports, returns, contains",
    r"drawn towards": "shrunk towards",
    r"what lives|living (?:source|table)": "mutable source",
    r"left aside": "minus, without",
    r"is crowned|are crowned": "is promoted",
    r"goes? back on": "rolls back",
    r"(?:holds?|held) (?:a|the|one) (?:day|date) back|(?:day|date)s? (?:is|are) held back": (
        "blocks publication"
    ),
    r"\bleavers?\b|\bwho left\b": "churned customer",
    r"\bwho (?:can|may) leave\b": "eligible customer",
    r"\bown past\b": "own history; baseline",
    r"\bstrays?\b": "deviates; deviation",
    r"(?:comes?|came) true": "realised outcome; backtest",
    r"\bas told\b": "as reported",
    r"boosting on nothing": "without a base margin",
    r"has not learned from": "out-of-fold",
    r"\bsays of\b|\bspeaks? for\b": "contains; is evidence for",
    r"\bnobody's\b": "name the noun",
}
# A docstring begins with a noun or a verb.
QUESTION = re.compile(r'^\s*(?:"""|\{#-?\s*)(What|How|Whether|Which|Who|Whose)\b', re.MULTILINE)
# The word list itself, and a text that is not ours.
EXEMPT = ("tests/contracts/test_words.py", "LICENSE")
READ = (".py", ".sql", ".md", ".yml", ".yaml", ".toml", ".sh", ".j2", "Makefile", "run")


def texts() -> dict[str, str]:
    """Every text that people read in the repository, by its path."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\0")
    return {
        name: (ROOT / name).read_text(encoding="utf-8")
        for name in listed
        if name.endswith(READ) and name not in EXEMPT and (ROOT / name).exists()
    }


def places(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{name}:{text.count(chr(10), 0, match.start()) + 1}: {match.group().strip()}"
        for name, text in texts().items()
        for match in pattern.finditer(text)
    ]


@pytest.mark.parametrize("phrase", PLAIN_WORDS)
def test_a_phrase_with_a_plain_term_is_not_used(phrase: str) -> None:
    # A phrase may run over the end of a line.
    pattern = re.compile(phrase.replace(" ", r"\s+(?:(?:#|--|\*)\s*)?"), re.IGNORECASE)
    assert places(pattern) == [], f"write: {PLAIN_WORDS[phrase]}"


def test_a_docstring_begins_with_a_noun_or_a_verb() -> None:
    assert places(QUESTION) == []
