"""Settings of the daily brief: where its links lead, and the server by which it is sent."""

from __future__ import annotations

from typing import Annotated

from deployment.receivers.mail_server import MailServer
from deployment.source_config.base import Section, matching


class Mail(MailServer):
    """The SMTP server and the people of the brief.

    `language` is the first language of the mail; by default the deployment's.
    """

    language: str | None = None


Superset = Annotated[
    str,
    matching(
        r"https?://[^\s/?#@\"'<>]+(/[^\s?#\"'<>]*)?", "an address such as http://127.0.0.1:8088"
    ),
]


class Brief(Section):
    """The daily brief; it is sent only if `mail` is given.

    `dashboards` is the address of the Superset with the dashboards of `bi/superset`, as the readers
    of the brief reach it; each customer's code is then a link to the customer's page.
    """

    dashboards: Superset | None = None
    mail: Mail | None = None
