"""Messages of begun and ended faults: text, JSON, and the shapes of Slack and Teams."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from alerts.ledger import KnownFault

_ADAPTIVE_CARD = "application/vnd.microsoft.card.adaptive"


@dataclass(frozen=True)
class Message:
    """The faults that began and those that are over since a receiver's latest message.

    Attributes:
        company: the company's name.
        slug: the deployment's short name.
        begun: faults that the receiver does not know yet.
        over: faults that it knows and that are no longer there.
    """

    company: str
    slug: str
    begun: Sequence[KnownFault]
    over: Sequence[KnownFault]

    @property
    def subject(self) -> str:
        """One line: the first fault, and the number of others."""
        first = (self.begun or self.over)[0].fault
        others = len(self.begun) + len(self.over) - 1
        state = "" if self.begun else "over: "
        more = f" (and {others} more)" if others else ""
        return f"Holdfast {self.company}: {state}{first.text}{more}"

    @property
    def lines(self) -> list[str]:
        """One line a fault, with what to do; ended faults with the time since when they were."""
        return [
            *(
                f"[{known.fault.severity}] {known.fault.text} To do: {known.fault.remedy}."
                for known in self.begun
            ),
            *(f"[over] {known.fault.text} It began at {known.since}." for known in self.over),
        ]


def payload(message: Message, shape: Literal["json", "slack", "teams"]) -> dict[str, Any]:
    """The JSON body of a webhook.

    Shapes: Slack's incoming webhooks (`text`, where &, < and > are escaped), and the adaptive card
    that a Teams workflow takes. The shape json has the faults as data.
    """
    if shape == "slack":
        text = "\n".join([f"*Holdfast {message.company}*", *message.lines])
        return {"text": text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")}
    if shape == "teams":
        return {"type": "message", "attachments": [_card(message)]}
    return {
        "format": 1,
        "deployment": message.slug,
        "company": message.company,
        "begun": [_data(known) for known in message.begun],
        "over": [_data(known) for known in message.over],
    }


def _card(message: Message) -> dict[str, Any]:
    title = {"type": "TextBlock", "text": f"Holdfast {message.company}", "weight": "Bolder"}
    lines = [{"type": "TextBlock", "text": line, "wrap": True} for line in message.lines]
    return {
        "contentType": _ADAPTIVE_CARD,
        "contentUrl": None,
        "content": {
            "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
            "type": "AdaptiveCard",
            "version": "1.4",
            "body": [title, *lines],
        },
    }


def _data(known: KnownFault) -> dict[str, str]:
    fault = known.fault
    return {
        "key": fault.key,
        "kind": fault.kind,
        "severity": fault.severity,
        "text": fault.text,
        "remedy": fault.remedy,
        "since": known.since,
    }
