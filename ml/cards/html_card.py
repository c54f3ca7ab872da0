"""HTML page of a model card: one file with the plots in it, which loads nothing."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup

from ml.cards.markdown import TEMPLATES


def model_card_html(markdown: str, plots: Mapping[str, bytes]) -> str:
    """A page with the card and below it the plots.

    The card holds names from customers' data. Of its text nothing becomes HTML, a link or an image
    of another address.

    Args:
        markdown: the card, as `model_card` or `text_card` returns it, its title first.
        plots: PNG bytes by name.
    """
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template("page.html.jinja").render(
        title=markdown.partition("\n")[0].lstrip("# "),
        card=Markup(_html(markdown)),
        plots={name: b64encode(png).decode("ascii") for name, png in plots.items()},
    )


def _html(markdown: str) -> str:
    unwanted = ["html_block", "html_inline", "link", "image", "autolink", "reference"]
    renderer = MarkdownIt("commonmark", {"html": False}).enable("table").disable(unwanted)
    return str(renderer.render(markdown))
