"""A brief as an e-mail: the main figures as its body, the whole page attached.

Mail programs show neither scripts nor SVG, so the body has tables only. Figures of body and page
are read from one version of the published file.
"""

from __future__ import annotations

import html
import re
import smtplib
import ssl
from dataclasses import replace
from datetime import date
from email.message import EmailMessage
from email.utils import localtime, make_msgid

import duckdb
from markupsafe import Markup

from brief.errors import BriefError
from brief.page import Definitions, brief_html, edition, environment
from deployment.brief import Mail
from deployment.secrets import hide, reveal

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
    message = EmailMessage()
    message["Subject"] = html.unescape(str(subject))
    message["From"] = mail.sender
    message["To"] = ", ".join(mail.recipients)
    message["Date"] = localtime()
    message["Message-ID"] = make_msgid(domain=mail.sender.rpartition("@")[2])
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(_plain(environment().get_template("mail.txt.jinja").render(names)))
    message.add_alternative(str(body), subtype="html")
    page = brief_html(con, day, replace(definitions, language=language))
    message.add_attachment(
        page.encode("utf-8"), maintype="text", subtype="html", filename=f"brief-{day}.html"
    )
    return message


def send(message: EmailMessage, mail: Mail) -> None:
    """Send a message by the deployment's server.

    Raises:
        SecretError: the password is not set.
        BriefError: the server cannot be reached, or refuses the message.
    """
    password = reveal(mail.password) if mail.password else None
    place = f"{mail.host}:{mail.port}"
    try:
        with _connected(mail) as server:
            if mail.user and password:
                server.login(mail.user, password)
            refused = server.send_message(message)
    except (OSError, smtplib.SMTPException) as error:
        said = hide(str(error), *([password] if password else []))
        raise BriefError(f"the brief was not sent by {place}: {said}") from error
    if refused:
        raise BriefError(f"{place} refused the brief for {', '.join(sorted(refused))}")


def _connected(mail: Mail) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if mail.tls == "tls":
        return smtplib.SMTP_SSL(mail.host, mail.port, timeout=mail.timeout_seconds, context=context)
    server = smtplib.SMTP(mail.host, mail.port, timeout=mail.timeout_seconds)
    if mail.tls == "starttls":
        try:
            server.starttls(context=context)
        except BaseException:
            server.close()
            raise
    return server


def _plain(text: str) -> str:
    """A text without the elements of its figures; unknown figures keep their dash only."""
    hidden = re.compile(r'<span class="hidden">.*?</span>')
    return html.unescape(_TAG.sub("", hidden.sub("", text))).strip() + "\n"
