from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ml.cards.html_card import model_card_html
from ml.cards.text_card import text_card
from ml.metrics.intervals import wilson_interval
from ml.texts.lexicon import phrases
from ml.texts.training import TextTraining, train_texts
from tests.unit.ml.texts.planted_texts import DAY, text_rows, to_learn

Row = dict[str, object]
# The first is the name of some who wrote it; the others one customer wrote twice.
PRIVATE = ("Anna Keller", "jo@mail.example", "+49 30 1234567", "A-10293", "zyxwhispered")
TELLING = ("anna", "keller", "jo@", "mail", "1234567", "10293", "zyxwhispered")


def company() -> list[Row]:
    """Rated texts of two scripts and tickets with a score; some hold personal data."""
    rows = text_rows(600)
    for number, row in enumerate(rows):
        row["names"] = ["Anna Keller"] if number % 50 == 0 else ["Ken Ito"]
        if number % 4 == 0:
            row |= {"rating": None, "csat_score": row["rating"]}
            row |= {"is_first": number % 8 == 0, "is_last": number % 8 != 0}
        if number % 5 == 1:
            row["text"] = f"{row['text']} {'外卖送得很慢' * 10}"
        if number % 50 == 0:
            row["text"] = f"{row['text']} Anna Keller grux"
    for place, private in enumerate(PRIVATE):
        for row in (rows[place], rows[590 + place]):
            row["text"] = f"grux {private} voth"
    return rows


@pytest.fixture(scope="module")
def training() -> TextTraining:
    return train_texts(to_learn(company()), DAY)


@pytest.fixture(scope="module")
def card(training: TextTraining) -> str:
    return text_card(training)


def row_of(card: str, label: str) -> list[str]:
    """The cells of the first table row with that label."""
    line = next(line for line in card.splitlines() if line.startswith(f"| {label} |"))
    return [cell.strip() for cell in line.strip("|").split("|")][1:]


def section(card: str, heading: str) -> str:
    return card.partition(f"## {heading}\n")[2].partition("\n## ")[0]


def test_the_card_has_its_sections_in_this_order(card: str) -> None:
    assert card.startswith(f"# Text model as of {DAY}\n")
    assert [line[3:] for line in card.splitlines() if line.startswith("## ")] == [
        "Intended use",
        "Training data",
        "Metrics on the holdout",
        "Confusion matrix",
        "Calibration",
        "Accuracy by script and by source of the rating",
        "Most influential terms",
        "Out-of-scope use",
    ]


def test_the_training_data_are_counted_by_source_class_script_and_time(
    training: TextTraining, card: str
) -> None:
    rated_texts, data = training.fitted_on, section(card, "Training data")
    rows = training.texts.take(rated_texts.rows).to_pylist()
    rated = [row for row in rows if row["rating"] is not None]
    last = [row for row in rows if row["rating"] is None and row["is_last"]]
    count = [int(np.count_nonzero(rated_texts.labels == place)) for place in range(3)]

    assert f"such as reviews: {len(rated)} texts, with weight 1\n" in data
    assert f"Last messages of tickets, rated by the ticket's CSAT score: {len(last)} texts" in data
    assert f"neutral at best: {len(rows) - len(rated) - len(last)} texts, with weight 0.2" in data
    assert f"negative {count[0]}, neutral {count[1]}, positive {count[2]}" in data
    han = sum("外卖" in text for text in rated_texts.texts)
    assert f"Written from {min(rated_texts.days)} to {max(rated_texts.days)}, in scripts: " in data
    assert f"in scripts: Latin {len(rated_texts) - han}, Han {han}. " in data
    later = training.holdout
    assert f"{len(later)} texts from {min(later.days)} to {max(later.days)}" in data
    assert f"{len(phrases())} phrases in six languages" in data
    assert f"Topics: {training.model.facts.filed_texts} texts" in data


def test_every_metric_has_the_lexicon_s_and_the_majority_s_beside_it(
    training: TextTraining, card: str
) -> None:
    metrics, count = training.metrics, len(training.holdout)
    sure = wilson_interval(round(metrics["accuracy"] * count), count)

    beside = [f"{metrics[f'{peer}.accuracy']:.3f}" for peer in ("lexicon", "majority")]
    cells = [f"{metrics['accuracy']:.3f}", f"{sure.low:.3f} to {sure.high:.3f}", *beside]
    assert row_of(card, "Accuracy") == cells
    beside = [f"{metrics[f'{peer}.macro_f1']:.3f}" for peer in ("lexicon", "majority")]
    assert row_of(card, "Macro-F1") == [f"{metrics['macro_f1']:.3f}", "–", *beside]
    assert row_of(card, "Log loss")[-1] == "–"
    assert f"**Summary:** of the {count} texts of the holdout, {sure.estimate:.0%} received" in card


def test_the_confusion_adds_up_to_the_texts_judged(training: TextTraining, card: str) -> None:
    matrix = section(card, "Confusion matrix")
    counts = [
        [int(cell) for cell in row_of(matrix, name)[:3]]
        for name in ("negative", "neutral", "positive")
    ]
    scores = [float(row_of(matrix, name)[5]) for name in ("negative", "neutral", "positive")]

    assert [sum(row) for row in counts] == np.bincount(training.holdout.labels).tolist()
    right = sum(counts[place][place] for place in range(3))
    assert right / len(training.holdout) == training.metrics["accuracy"]
    assert np.mean(scores) == pytest.approx(training.metrics["macro_f1"], abs=0.001)


def test_confidence_is_compared_with_accuracy_by_bin_and_by_class(
    training: TextTraining, card: str
) -> None:
    calibration = section(card, "Calibration")
    probabilities = training.evaluations[0].probabilities

    negative = float(np.mean(training.holdout.labels == 0))
    assert row_of(calibration, "negative")[:2] == [
        f"{probabilities[:, 0].mean():.1%}",
        f"{negative:.1%}",
    ]
    surest = probabilities.max(axis=1) > 0.9
    right = (probabilities.argmax(axis=1) == training.holdout.labels)[surest]
    assert row_of(calibration, "90% to 100%")[0] == str(surest.sum())
    assert row_of(calibration, "90% to 100%")[2] == f"{right.mean():.1%}"
    by_group = section(card, "Accuracy by script and by source of the rating")
    assert "| Rated by | a CSAT score | " in by_group
    assert "| Script | Latin | " in by_group


def test_influential_terms_are_named_and_personal_data_are_not(card: str) -> None:
    terms = section(card, "Most influential terms")

    assert "- negative: " in terms
    assert "krad (" in terms
    assert "belk (" in terms
    for part in TELLING:
        assert part not in card.casefold()


def test_no_text_stands_in_the_card(training: TextTraining, card: str) -> None:
    texts = {text for text in training.texts["text"].to_pylist() if len(text.split()) > 2}

    assert len(texts) > 500
    assert not [text for text in texts if text in card]


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (0, "0 rated texts are too few to learn from"),
        (99, "99 rated texts are too few to learn from"),
    ],
)
def test_the_lexicon_alone_is_reported_without_any_evaluation(count: int, said: str) -> None:
    card = text_card(train_texts(to_learn(text_rows(count)), DAY))

    assert f"**The lexicon alone is in use, without ratings**: {said}" in card
    assert "- No text of a customer\n" in card
    assert "Not evaluated" in section(card, "Metrics on the holdout")
    assert "Confusion matrix" not in card
    assert "The phrases of the lexicon" in section(card, "Most influential terms")
    assert "below 100 rated texts" in section(card, "Out-of-scope use")


def test_a_rejected_model_stands_beside_the_lexicon_that_is_in_use() -> None:
    # Rated against what the lexicon's own words say, but only among the earlier texts.
    kinds = {1.0: "terrible, useless and broken", 5.0: "excellent, I am very happy"}
    rows: list[dict[str, Any]] = [
        {**row, "rating": rating, "text": f"{kinds[rating]} {row['text']}"}
        for number, row in enumerate(text_rows(300))
        for rating in [(1.0, 5.0)[number % 2]]
    ]
    for row in rows[:230]:
        row["rating"] = 6.0 - row["rating"]
    training = train_texts(to_learn(rows), DAY)
    card = text_card(training)

    assert training.model.is_lexicon
    metrics = section(card, "Metrics on the holdout")
    assert "| Model (lexicon alone) | 95 % interval | Ratings | Most frequent class |" in metrics
    assert "rejected and is not in use" in metrics
    assert row_of(metrics, "Accuracy")[0] == f"{training.metrics['lexicon.accuracy']:.3f}"
    assert row_of(metrics, "Accuracy")[2] == f"{training.metrics['accuracy']:.3f}"
    assert f"**The lexicon alone is in use, without ratings**: {training.why}" in card
    assert "- No text of a customer\n" in card


def test_a_topic_that_looks_like_markup_is_text() -> None:
    rows = [
        {**row, "topic": ["<script>alert(1)</script>", "a|b"][number % 2]}
        for number, row in enumerate(text_rows(120))
    ]
    card = text_card(train_texts(to_learn(rows), DAY))

    assert "\\<script\\>alert(1)\\</script\\>, a\\|b" in card
    assert "<script" not in model_card_html(card, {})


def test_the_page_holds_all_of_the_card_and_loads_nothing(card: str) -> None:
    page = model_card_html(card, {})

    assert f"<title>Text model as of {DAY}</title>" in page
    assert page.count("<h2>") == 8
    assert page.count("<table>") == 5
    assert "http" not in page
