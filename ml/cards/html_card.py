"""The model card as one page of HTML that needs nothing beside itself."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from html import escape

from markdown_it import MarkdownIt

STYLE = """
body { font: 16px/1.55 system-ui, sans-serif; color: #22313f; background: #fff; margin: 0 auto;
  max-width: 60rem; padding: 2rem 1.25rem 4rem; }
h1, h2 { line-height: 1.2; }
h2 { margin-top: 2.5rem; border-bottom: 1px solid #d8dee4; padding-bottom: .3rem; }
table { border-collapse: collapse; display: block; overflow-x: auto; margin: 1rem 0;
  font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .8rem .3rem 0; border-bottom: 1px solid #e6eaee; text-align: left;
  vertical-align: top; }
th { color: #52606d; font-weight: 600; }
.pictures { display: grid; grid-template-columns: repeat(auto-fit, minmax(24rem, 1fr));
  gap: 1.5rem; align-items: start; }
img { max-width: 100%; height: auto; }
""".strip()


def model_card_html(markdown: str, plots: Mapping[str, bytes]) -> str:
    """A page with the card and below it the plots, all in the page itself.

    Nothing in the text becomes HTML, a link or a picture of another address.

    Args:
        markdown: the card, as `ml.model_card` or `ml.text_card` writes it, its title first.
        plots: PNG bytes by name.
    """
    title = escape(markdown.partition("\n")[0].lstrip("# "))
    images = "\n".join(_image(name, png) for name, png in plots.items())
    pictures = f'<h2>Pictures</h2>\n<div class="pictures">\n{images}\n</div>\n' if plots else ""
    return (
        "<!doctype html>\n"
        f'<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{title}</title>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<style>\n{STYLE}\n</style>\n</head>\n<body>\n"
        f"{_renderer().render(markdown)}{pictures}</body>\n</html>\n"
    )


def _renderer() -> MarkdownIt:
    # The card holds names from customers' data: they are text and nothing else.
    markup = ["html_block", "html_inline", "link", "image", "autolink", "reference"]
    return MarkdownIt("commonmark", {"html": False}).enable("table").disable(markup)


def _image(name: str, png: bytes) -> str:
    data = b64encode(png).decode("ascii")
    return f'<img alt="{escape(name.replace("_", " "))}" src="data:image/png;base64,{data}">'
