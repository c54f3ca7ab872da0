"""A brief as an e-mail: the main figures as its body, the whole page attached.

Mail programs show neither scripts nor SVG, so the body has tables only. Figures of body and page
are read from one version of the published file.
"""

from __future__ import annotations

import html
import re
from dataclasses import replace
from datetime import date
from email.message import EmailMessage

import duckdb
from markupsafe import Markup

from brief.page import Definitions, brief_html, edition, environment
from deployment.brief import Mail
from deployment.receivers.smtp import new_message

_TAG = re.compile(r"<[^>]*>")


def brief_message(
    con: duckdb.DuckDBPyConnection, day: date, definitions: Definitions, mail: Mail
) -> EmailMessage:
    """The brief of a day as a message.

    Args:
        con: the published file.
        day: a day of the file.
        definitions: what its figures mean.
        mail: sender, recipients and language.
    """
    language = mail.language or definitions.language
    names = edition(con, day, language, definitions, with_charts=False)
    today = names["facts"].one("today")
    parts = {
        "company": names["publication"]["company"],
        "day": names["formats"].shown(day, "day"),
        "treated": names["formats"].shown(today["treated"], "count"),
    }
    key = "mail.subject" if today["treated"] else "mail.subject_none"
    subject = names["t"](key, count=today["treated"], **parts)
    body = Markup(environment().get_template("mail.html.jinja").render(names))
    message = new_message(html.unescape(str(subject)), mail)
    message.set_content(_plain(environment().get_template("mail.txt.jinja").render(names)))
    message.add_alternative(str(body), subtype="html")
    page = brief_html(con, day, replace(definitions, language=language))
    message.add_attachment(
        page.encode("utf-8"), maintype="text", subtype="html", filename=f"brief-{day}.html"
    )
    return message


def _plain(text: str) -> str:
    """A text without the elements of its figures; unknown figures keep their dash only."""
    hidden = re.compile(r'<span class="hidden">.*?</span>')
    return html.unescape(_TAG.sub("", hidden.sub("", text))).strip() + "\n"
