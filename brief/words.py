"""Words of the brief in each of its languages, from `words/<language>.yml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml
from markupsafe import Markup, escape

LANGUAGES = ("en", "zh")
# Language tags of HTML.
TAGS = {"en": "en", "zh": "zh-Hans"}


@dataclass(frozen=True)
class Words:
    """Sentences by dotted key, such as `lead.act`.

    A sentence with a singular is stored under `<key>.one` and `<key>.other`.
    """

    language: str
    sentences: Mapping[str, str]

    def text(self, key: str, *, count: int | None = None, **parts: object) -> Markup:
        """A sentence as HTML, with its parts in the places of their names.

        Args:
            key: the sentence.
            count: number by which singular or plural is chosen, where the sentence has both.
            parts: figures and names; a part that is not markup is escaped.

        Raises:
            KeyError: no such sentence, or a part of it is missing.
        """
        sentence = self.sentences.get(key)
        if sentence is None:
            sentence = self.sentences[f"{key}.{'one' if count == 1 else 'other'}"]
        return Markup(escape(sentence)).format(**parts)

    def name(self, key: str, value: str) -> Markup:
        """The name of a value of a table; the value itself, without underscores, if it has none."""
        return escape(self.sentences.get(f"{key}.{value}", value.replace("_", " ")))


@cache
def words(language: str) -> Words:
    """The words of a language."""
    content = (files("brief") / "words" / f"{language}.yml").read_text(encoding="utf-8")
    return Words(language, dict(_flat(yaml.safe_load(content))))


def _flat(tree: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for key, value in tree.items():
        if isinstance(value, Mapping):
            found += _flat(value, f"{prefix}{key}.")
        else:
            found.append((f"{prefix}{key}", str(value)))
    return found
