from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ml.cards.html_card import model_card_html
from ml.cards.text_card import text_card
from ml.metrics.intervals import wilson_interval
from ml.texts.lexicon import phrases
from ml.texts.training import TextTraining, train_texts
from tests.unit.ml.texts.test_model import DAY, text_rows, to_learn

Row = dict[str, object]
# The first is the name of some who wrote it; the others one customer wrote twice.
PRIVATE = ("Anna Keller", "jo@mail.example", "+49 30 1234567", "A-10293", "zyxwhispered")
TELLING = ("anna", "keller", "jo@", "mail", "1234567", "10293", "zyxwhispered")


def company() -> list[Row]:
    """Rated texts of two scripts and tickets with a score; some hold what is nobody's business."""
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


def test_the_card_answers_a_manager_s_questions_in_this_order(card: str) -> None:
    assert card.startswith(f"# Model of texts as of {DAY}\n")
    assert [line[3:] for line in card.splitlines() if line.startswith("## ")] == [
        "What it is for",
        "What it was taught by",
        "How good it is on later texts",
        "Which moods it takes for which",
        "How well its probabilities hold",
        "In which scripts and by which ratings",
        "What it reads most",
        "What it must not be used for",
    ]


def test_what_taught_it_is_told_by_kind_mood_script_and_time(
    training: TextTraining, card: str
) -> None:
    learned, told = training.learned, section(card, "What it was taught by")
    rows = training.texts.take(learned.rows).to_pylist()
    rated = [row for row in rows if row["rating"] is not None]
    last = [row for row in rows if row["rating"] is None and row["is_last"]]
    count = [int(np.count_nonzero(learned.moods == place)) for place in range(3)]

    assert f"such as reviews: {len(rated)} texts, with weight 1\n" in told
    assert f"Last messages of tickets, by the score given to the help: {len(last)} texts" in told
    assert f"neutral at best: {len(rows) - len(rated) - len(last)} texts, with weight 0.2" in told
    assert f"negative {count[0]}, neutral {count[1]}, positive {count[2]}" in told
    han = sum("外卖" in text for text in learned.texts)
    assert f"Written from {min(learned.days)} to {max(learned.days)}, in scripts: " in told
    assert f"in scripts: Latin {len(learned) - han}, Han {han}. " in told
    later = training.holdout
    assert f"{len(later)} texts from {min(later.days)} to {max(later.days)}" in told
    assert f"{len(phrases())} phrases in six languages" in told
    assert f"Topics: {training.model.facts.filed_texts} texts" in told


def test_every_figure_is_told_beside_the_lexicon_s_and_the_majority_s(
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
    assert f"**In short:** of {count} later texts it told the mood of {sure.estimate:.0%}" in card


def test_the_confusion_adds_up_to_the_texts_judged(training: TextTraining, card: str) -> None:
    told = section(card, "Which moods it takes for which")
    counts = [
        [int(cell) for cell in row_of(told, mood)[:3]]
        for mood in ("negative", "neutral", "positive")
    ]
    scores = [float(row_of(told, mood)[5]) for mood in ("negative", "neutral", "positive")]

    assert [sum(row) for row in counts] == np.bincount(training.holdout.moods).tolist()
    right = sum(counts[place][place] for place in range(3))
    assert right / len(training.holdout) == training.metrics["accuracy"]
    assert np.mean(scores) == pytest.approx(training.metrics["macro_f1"], abs=0.001)


def test_how_sure_it_was_is_held_against_how_often_it_was_right(
    training: TextTraining, card: str
) -> None:
    told, moods = section(card, "How well its probabilities hold"), training.readings[0].moods

    negative = float(np.mean(training.holdout.moods == 0))
    assert row_of(told, "negative")[:2] == [f"{moods[:, 0].mean():.1%}", f"{negative:.1%}"]
    surest = moods.max(axis=1) > 0.9
    right = (moods.argmax(axis=1) == training.holdout.moods)[surest]
    assert row_of(told, "90% to 100%")[0] == str(surest.sum())
    assert row_of(told, "90% to 100%")[2] == f"{right.mean():.1%}"
    by_group = section(card, "In which scripts and by which ratings")
    assert "| Rated by | a score for the help | " in by_group
    assert "| Script | Latin | " in by_group


def test_the_words_that_tell_a_mood_are_named_and_nobody_s_own_are(card: str) -> None:
    told = section(card, "What it reads most")

    assert "- negative: " in told
    assert "krad (" in told
    assert "belk (" in told
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
def test_the_lexicon_alone_is_said_to_be_and_judged_by_nothing(count: int, said: str) -> None:
    card = text_card(train_texts(to_learn(text_rows(count)), DAY))

    assert f"**No rating has taught it**: {said}" in card
    assert "Nothing that customers wrote." in card
    assert "Not judged" in section(card, "How good it is on later texts")
    assert "Which moods it takes" not in card
    assert "The phrases of the lexicon" in section(card, "What it reads most")
    assert "below 100 rated texts" in section(card, "What it must not be used for")


def test_ratings_that_were_refused_stand_beside_the_lexicon_that_was_kept() -> None:
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
    told = section(card, "How good it is on later texts")
    assert "| Model (lexicon alone) | 95 % interval | By ratings | Commonest mood |" in told
    assert "refused and is in use nowhere" in told
    assert row_of(told, "Accuracy")[0] == f"{training.metrics['lexicon.accuracy']:.3f}"
    assert row_of(told, "Accuracy")[2] == f"{training.metrics['accuracy']:.3f}"
    assert "**No rating has taught it**: on the later texts" in card
    assert "Nothing that customers wrote." in card


def test_a_topic_that_looks_like_markup_is_text() -> None:
    rows = [
        {**row, "topic": ["<script>alert(1)</script>", "a|b"][number % 2]}
        for number, row in enumerate(text_rows(120))
    ]
    card = text_card(train_texts(to_learn(rows), DAY))

    assert "\\<script\\>alert(1)\\</script\\>, a\\|b" in card
    assert "<script" not in model_card_html(card, {})


def test_the_page_holds_all_of_the_card_and_needs_nothing_beside_itself(card: str) -> None:
    page = model_card_html(card, {})

    assert f"<title>Model of texts as of {DAY}</title>" in page
    assert page.count("<h2>") == 8
    assert page.count("<table>") == 5
    assert "http" not in page
