"""Text model on the labelled collections in the folder that TEXT_LABELS_DIR names."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from evaluation.texts import TextFigures, text_figures


@pytest.fixture(scope="module")
def figures() -> dict[str, TextFigures]:
    name = os.environ.get("TEXT_LABELS_DIR")
    if not name:
        pytest.skip("set TEXT_LABELS_DIR to the folder of the labelled texts")
    return {found.collection: found for found in text_figures(Path(name))}


@pytest.mark.shared_data
def test_chinese_reviews_are_classified(figures: dict[str, TextFigures]) -> None:
    assert figures["zh_waimai"].held_out > 2_000
    assert figures["zh_waimai"].accuracy >= 0.89


@pytest.mark.shared_data
def test_english_messages_are_classified(figures: dict[str, TextFigures]) -> None:
    assert figures["en_airline"].held_out > 2_000
    assert figures["en_airline"].macro_f1 >= 0.74


@pytest.mark.shared_data
def test_a_hundred_thousand_texts_are_scored_within_a_minute(
    figures: dict[str, TextFigures],
) -> None:
    assert max(found.seconds for found in figures.values()) < 60
