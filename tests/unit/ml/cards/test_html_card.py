from __future__ import annotations

from base64 import b64encode

from ml.cards.html_card import model_card_html
from ml.cards.markdown import bullets, escape, table


def test_a_table_becomes_a_table_and_a_picture_is_in_the_page() -> None:
    markdown = f"# Card & title\n\n{table(['', 'Model'], [['ROC AUC', '0.8']])}\n"

    page = model_card_html(markdown, {"feature_gains": b"\x89PNG"})

    assert "<title>Card &amp; title</title>" in page
    assert "<td>ROC AUC</td>\n<td>0.8</td>" in page
    data = b64encode(b"\x89PNG").decode()
    assert f'<img alt="feature gains" src="data:image/png;base64,{data}">' in page


def test_markup_in_data_is_text() -> None:
    hostile = [
        "<img src=http://example.test/a.png>",
        "![x](http://example.test/b.png)",
        "[x](http://example.test/c)",
        "<http://example.test/d>",
        "**bold** `code` a|b",
        "two\nlines",
    ]
    raw = "# Card\n\n" + "\n\n".join(hostile)
    escaped = "# Card\n\n" + bullets(map(escape, hostile))

    for page in (model_card_html(raw, {}), model_card_html(escaped, {})):
        assert "<a " not in page
        assert "<img" not in page
    assert "<strong>" not in model_card_html(escaped, {})
    assert "a|b" in model_card_html(f"# Card\n\n{table(['Plan'], [[escape('a|b')]])}", {})
    assert escape("two\nlines") == "two lines"


def test_without_pictures_there_is_no_place_for_them() -> None:
    assert "Pictures" not in model_card_html("# Card\n", {})
