from __future__ import annotations

from datetime import date

from brief.facts import Row
from brief.figures import Figures
from brief.formats import Formats
from brief.words import words

ENGLISH = Figures(Formats("en", "EUR"), words("en"))
CHINESE = Figures(Formats("zh", "EUR"), words("zh"))
ROW = Row(
    "urgent",
    'c"1',
    {
        "risk": 0.25,
        "until": date(2026, 7, 1),
        "from": date(2026, 4, 1),
        "why": "A <b>",
        "gain": None,
    },
)


def test_a_figure_has_its_exact_value_and_the_place_it_comes_from() -> None:
    assert ENGLISH.figure(ROW, "risk", "share") == (
        '<data value="0.25" data-query="urgent" data-column="risk" title="urgent.risk"'
        ' data-row="c&#34;1">25\N{NARROW NO-BREAK SPACE}%</data>'
    )


def test_a_date_is_a_time_and_a_text_is_escaped() -> None:
    assert '<time datetime="2026-07-01"' in ENGLISH.figure(ROW, "until", "day")
    assert ENGLISH.figure(ROW, "why", "text").endswith(">A &lt;b&gt;</span>")


def test_an_unknown_figure_is_a_dash_for_the_eye_and_a_word_for_the_ear() -> None:
    shown = ENGLISH.figure(ROW, "gain", "money")
    assert shown.startswith('<data value=""')
    assert '<span aria-hidden="true">–</span><span class="hidden">unknown</span>' in shown


def test_months_of_one_year_have_the_year_once() -> None:
    assert ENGLISH.months(ROW, "from", "until").striptags() == "April to July 2026"
    assert CHINESE.months(ROW, "from", "until").striptags() == "2026年4月至7月"


def test_a_sentence_ends_with_the_stop_of_its_language_and_an_unknown_one_with_none() -> None:
    assert ENGLISH.sentence(ROW, "why").endswith("</span>.")
    assert CHINESE.sentence(ROW, "why").endswith("</span>。")
    assert not ENGLISH.sentence(ROW, "gain").endswith(".")


def test_a_setting_names_its_place_in_the_configuration() -> None:
    assert 'value="90" data-setting="churn.horizon_days"' in ENGLISH.setting(
        "churn.horizon_days", 90
    )
