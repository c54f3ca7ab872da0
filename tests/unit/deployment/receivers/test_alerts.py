from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from deployment.receivers.alerts import Alerts, Webhook

MAIL = {"host": "smtp.example.com", "sender": "a@example.com", "recipients": ["b@example.com"]}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"url": "https://chat.example.com/hooks/secret"}, "expected the name of a secret"),
        ({"url": "${CHAT_URL}", "format": "discord"}, "'json', 'slack' or 'teams'"),
        ({"url": "${CHAT_URL}", "timeout_seconds": 0}, "greater than 0"),
    ],
)
def test_a_webhook_with_its_address_in_the_open_or_another_shape_is_refused(
    settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValidationError, match=message):
        Webhook.model_validate(settings)


@pytest.mark.parametrize(
    ("settings", "has_receivers"),
    [
        ({}, False),
        ({"late_after_hours": 30}, False),
        ({"webhooks": {"chat": {"url": "${CHAT_URL}"}}}, True),
        ({"mail": MAIL}, True),
    ],
)
def test_alerts_have_receivers_if_a_webhook_or_a_mail_server_is_given(
    settings: dict[str, Any], *, has_receivers: bool
) -> None:
    assert Alerts.model_validate(settings).has_receivers is has_receivers
