"""The words that customers' reasons are made of say the same in every language."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from deployment.config import catalogue_languages, deployment_vars
from deployment.config_file import ConfigError, load_config

ROOT = Path(__file__).parents[3]
SEEDS = ROOT / "dbt_project" / "seeds"
FEATURES = (ROOT / "dbt_project/macros/customers/features.sql").read_text(encoding="utf-8")
LANGUAGES = catalogue_languages()
FORMATS = {"", "1", "days", "%", "money", "text", "yes_no"}


def rows(seed: str) -> list[dict[str, str]]:
    with (SEEDS / f"{seed}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


CATALOGUE = rows("feature_catalogue")


def placeholders(text: str) -> list[str]:
    return sorted(re.findall(r"\{(.*?)\}", text))


def test_english_and_chinese_have_words_for_everything() -> None:
    assert {"en", "zh"} <= set(LANGUAGES)
    assert set(rows("reason_words")[0]) == {"word", *(f"text_{name}" for name in LANGUAGES)}
    for row in CATALOGUE:
        assert all(row[f"{kind}_{name}"] for name in LANGUAGES for kind in ("label", "reason"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_reason_has_the_same_numbers_and_sentences_in_each_language(language: str) -> None:
    for row in CATALOGUE:
        parts, own = (row[name].split("; ") for name in ("reason_en", f"reason_{language}"))
        assert [placeholders(part) for part in own] == [placeholders(part) for part in parts], row
        assert len(own) <= 2, row


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_label_names_one_feature(language: str) -> None:
    labels = [row[f"label_{language}"] for row in CATALOGUE]

    assert len(labels) == len(set(labels))


def test_reasons_use_columns_of_the_features_in_formats_that_can_be_written() -> None:
    for row in CATALOGUE:
        for placeholder in placeholders(row["reason_en"]):
            column, _, form = placeholder.partition(":")
            assert f"'{column}'" in FEATURES, row
            assert form in FORMATS, row


def test_chinese_reasons_are_chinese() -> None:
    for row in CATALOGUE:
        words = re.sub(r"\{.*?\}", "", row["reason_zh"])
        assert re.search(r"[\u4e00-\u9fff]", words), row
        assert not re.search(r"[A-Za-z]", words), row


def test_bounds_of_reasons_are_numbers_on_one_side() -> None:
    for row in CATALOGUE:
        bounds = [row[name] for name in ("told_above", "told_below") if row[name]]
        assert len(bounds) <= 1, row
        assert all(float(bound) >= 0 for bound in bounds), row


def test_recency_frequency_and_money_are_symptoms_and_no_cause() -> None:
    causes = {row["topic"]: row["cause"] for row in CATALOGUE}

    for topic in ("silence", "order_frequency", "spending", "visits", "activity"):
        assert causes[topic] == ""


def test_time_as_a_customer_alone_is_no_reason() -> None:
    tenure = [row for row in CATALOGUE if row["topic"] == "tenure"]

    # Durations are never below 0.
    assert len(tenure) == 4
    assert {row["told_below"] for row in tenure} == {"0"}


def deployment(folder: Path, language: str) -> Path:
    text = (ROOT / "config" / "demo.yml").read_text(encoding="utf-8")
    assert "language: en" in text
    path = folder / "demo.yml"
    path.write_text(text.replace("language: en", f"language: {language}"), encoding="utf-8")
    return path


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_of_the_catalogue_can_be_deployed(tmp_path: Path, language: str) -> None:
    assert deployment_vars(load_config(deployment(tmp_path, language)))["language"] == language


@pytest.mark.parametrize("language", ["tlh", "EN"])
def test_another_language_is_refused_with_those_that_there_are(
    tmp_path: Path, language: str
) -> None:
    expected = (
        f"language: expected a language that feature_catalogue.csv has ({', '.join(LANGUAGES)})"
    )

    with pytest.raises(ConfigError, match=re.escape(f"{expected}, found '{language}'")):
        load_config(deployment(tmp_path, language))


def test_a_language_is_a_pair_of_columns(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.csv"
    path.write_text("feature,label_en,reason_en,label_fr,reason_it\n", encoding="utf-8")

    assert catalogue_languages(path) == ["en"]
