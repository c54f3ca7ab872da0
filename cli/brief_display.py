"""The daily brief on request: found or written, opened, printed to PDF, sent."""

from __future__ import annotations

import webbrowser
from datetime import date
from pathlib import Path

import duckdb
from rich.console import Console

from brief.archive import BriefPage, find_page
from brief.errors import BriefError
from brief.page import Definitions
from deployment.config import DeploymentConfig
from deployment.home import Home


def show_brief(
    console: Console,
    config: DeploymentConfig,
    home: Home,
    day: date | None,
    *,
    is_opened: bool,
    pdf: Path | None,
    is_sent: bool,
    language: str | None,
) -> None:
    """Print the path of a day's brief, and do with it what is asked for.

    Raises:
        BriefError: the day was not published, or a step failed; the text names the remedy.
    """
    definitions = Definitions.of(config)
    if language not in (None, *definitions.languages):
        raise BriefError(
            f"the brief is written in {' and '.join(definitions.languages)}, not in {language}"
        )
    found = find_page(home.published, home.root / "briefs", day, definitions)
    console.print(f"Brief of {found.day}: {found.path}", soft_wrap=True, highlight=False)
    if pdf is not None:
        from brief.pdf import write_pdf

        write_pdf(found.path, language or config.language, pdf)
        console.print(f"PDF: {pdf}", soft_wrap=True, highlight=False)
    if is_sent:
        _send(console, config, definitions, found)
    if is_opened:
        webbrowser.open(f"{found.path.as_uri()}{f'#{language}' if language else ''}")


def _send(
    console: Console, config: DeploymentConfig, definitions: Definitions, found: BriefPage
) -> None:
    from brief.mail import brief_message
    from deployment.receivers.smtp import send_mail

    mail = config.brief.mail
    if mail is None:
        raise BriefError(
            "no mail server is configured: add brief.mail to the configuration (docs/brief.md)"
        )
    with duckdb.connect(str(found.database), read_only=True) as con:
        message = brief_message(con, found.day, definitions, mail)
    send_mail(message, mail)
    console.print(f"Sent to {', '.join(mail.recipients)}", soft_wrap=True, highlight=False)
