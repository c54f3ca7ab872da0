"""Settings of the alerts: their receivers, and the limits of age and disk space."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt

from deployment.receivers.mail_server import MailServer
from deployment.source_config.base import Name, Section
from deployment.source_config.rest import Reference


class Webhook(Section):
    """An HTTP address that takes one POST of JSON a message.

    `format` is json (the faults as data), slack or teams (the message of the chat's incoming
    webhook). The address is a reference such as `${CHAT_URL}`, because whoever knows it may post.
    """

    url: Reference
    format: Literal["json", "slack", "teams"] = "json"
    timeout_seconds: PositiveFloat = 10


class Alerts(Section):
    """Receivers of alerts, and the limits from which age and disk space are faults.

    The day before is late if it is not published `late_after_hours` after midnight. The disk of
    the home is nearly full with less than `min_free_disk_gb` free.
    """

    webhooks: dict[Name, Webhook] = Field(default_factory=dict)
    mail: MailServer | None = None
    late_after_hours: PositiveInt = 12
    min_free_disk_gb: NonNegativeFloat = 2

    @property
    def has_receivers(self) -> bool:
        """True if anybody gets alerts."""
        return bool(self.webhooks) or self.mail is not None
