from __future__ import annotations

from base64 import b64encode

from ml.cards.html_card import model_card_html
from ml.cards.markdown import table
from tests.unit.ml.cards.test_markdown import HOSTILE


def test_a_table_becomes_a_table_and_a_plot_is_in_the_page() -> None:
    markdown = f"# Card & title\n\n{table(['', 'Model'], [['ROC AUC', '0.8']])}\n"

    page = model_card_html(markdown, {"feature_gains": b"\x89PNG"})

    assert "<title>Card &amp; title</title>" in page
    assert "<td>ROC AUC</td>\n<td>0.8</td>" in page
    data = b64encode(b"\x89PNG").decode()
    assert f'<img alt="feature gains" src="data:image/png;base64,{data}">' in page


def test_data_that_was_not_escaped_becomes_no_link_and_no_image_either() -> None:
    page = model_card_html("# Card\n\n" + "\n\n".join(HOSTILE), {'"><script>': b"\x89PNG"})

    assert "<a " not in page
    assert "<script>" not in page
    assert page.count("<img") == 1


def test_without_plots_there_is_no_place_for_them() -> None:
    assert "Plots" not in model_card_html("# Card\n", {})
