from __future__ import annotations

import re

import pytest

from brief.page import environment
from brief.words import LANGUAGES, words
from deployment.config import catalogue_languages
from deployment.project import ROOT


def parts(sentence: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", sentence))


def meanings(language: str) -> dict[str, set[str]]:
    """Parts of each sentence, singular and plural together."""
    found: dict[str, set[str]] = {}
    for key, sentence in words(language).sentences.items():
        found.setdefault(re.sub(r"\.(one|other)$", "", key), set()).update(parts(sentence))
    return found


def test_all_languages_of_the_catalogues_have_the_same_sentences_with_the_same_parts() -> None:
    assert sorted(LANGUAGES) == sorted(catalogue_languages())
    assert meanings("en") == meanings("zh")


def test_singular_and_plural_have_the_same_parts() -> None:
    sentences = words("en").sentences
    for key, sentence in sentences.items():
        if key.endswith(".one"):
            assert parts(sentence) == parts(sentences[key.replace(".one", ".other")]), key


def test_every_sentence_that_a_template_names_exists() -> None:
    loader = environment().loader
    assert loader is not None
    known = meanings("en")
    named = {
        key
        for name in environment().list_templates()
        if name.endswith("jinja")
        for key in re.findall(r"\bt\('([\w.]+)'[,)]", loader.get_source(environment(), name)[0])
    }
    assert len(named) > 100
    assert named - set(known) == set()


def test_every_sentence_is_used() -> None:
    """By its key, or by the beginning of a key that a template completes."""
    loader = environment().loader
    assert loader is not None
    sources = [
        loader.get_source(environment(), name)[0]
        for name in environment().list_templates()
        if name.endswith("jinja")
    ]
    code = [path.read_text(encoding="utf-8") for path in (ROOT / "brief").glob("*.py")]
    text = " ".join([*sources, *code])
    named = set(re.findall(r"[a-z]\w*\.[\w.]*|[a-z]\w+", text))
    # Names of the values of a table are asked for by the group in which they stand.
    groups = {*re.findall(r"name[d]?\(['\"]([\w.]+)", text), "stages.contractual"}
    groups |= {"stages.non_contractual"}
    unused = [
        key
        for key in meanings("en")
        if key not in named
        and not any(key.startswith(name) and name.endswith(("_", ".")) for name in named)
        and key.rpartition(".")[0] not in groups
    ]
    assert unused == []


def test_a_number_chooses_singular_or_plural_and_names_are_escaped() -> None:
    english = words("en")
    assert english.text("lead.act", count=1, n="<1>") == "Act on &lt;1&gt; customer today."
    assert english.text("lead.act", count=2, n=2) == "Act on 2 customers today."
    assert words("zh").text("lead.act", count=1, n=1) == "今天需要对 1 位客户采取挽留措施。"


def test_an_unknown_value_is_its_own_name() -> None:
    assert words("en").name("complaints.topics", "gift_wrap <x>") == "gift wrap &lt;x&gt;"
    assert words("zh").name("complaints.topics", "delivery") == "配送"


def test_a_sentence_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(KeyError):
        words("en").text("no.such.sentence")
