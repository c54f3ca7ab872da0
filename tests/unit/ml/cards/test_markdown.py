from __future__ import annotations

import pytest
from jinja2 import UndefinedError

from ml.cards.html_card import model_card_html
from ml.cards.markdown import TEMPLATES, between, escape, number, render_markdown, table
from ml.metrics.intervals import Interval

HOSTILE = [
    "<img src=http://example.test/a.png>",
    "![x](http://example.test/b.png)",
    "[x](http://example.test/c)",
    "<http://example.test/d>",
    "**bold** `code` a|b",
    "two\nlines",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_escaped_data_is_text_on_one_line(text: str) -> None:
    page = model_card_html(f"# Card\n\n- {escape(text)}\n", {})

    for tag in ("<a ", "<img", "<strong>", "<code>"):
        assert tag not in page
    assert "\n" not in escape(text)


def test_a_pipe_in_a_cell_does_not_end_it() -> None:
    page = model_card_html(f"# Card\n\n{table(['Plan'], [[escape('a|b')]])}\n", {})

    assert "<td>a|b</td>" in page


def test_a_figure_that_is_not_known_is_a_dash() -> None:
    assert [number(None, ".2f"), number(float("nan"), ".2f"), number(0.126, ".2f")] == [
        "–",
        "–",
        "0.13",
    ]
    assert between(None, ".2f") == between(Interval(0.5, float("nan"), 1.0), ".2f") == "–"
    assert between(Interval(0.1, 0.05, 0.15), "+.1f", 100) == "+5.0 to +15.0"


def test_a_template_without_its_values_is_an_error_and_not_an_empty_card() -> None:
    with pytest.raises(UndefinedError, match="result"):
        render_markdown("model_card.md.jinja")


@pytest.mark.parametrize("template", ["model_card.md.jinja", "text_card.md.jinja"])
def test_no_template_marks_data_as_markup(template: str) -> None:
    """Escaping is the rule of `render_markdown`, and a template has no way around it."""
    source = (TEMPLATES / template).read_text(encoding="utf-8")
    assert "safe" not in source
    assert "autoescape" not in source
