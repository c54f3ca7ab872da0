from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from deployment.receivers.mail_server import MailServer

LEAST = {"host": "smtp.example.com", "sender": "a@example.com", "recipients": ["b@example.com"]}


def test_a_mail_server_needs_a_host_a_sender_and_recipients() -> None:
    mail = MailServer.model_validate(LEAST)
    assert (mail.port, mail.tls, mail.password) == (587, "starttls", None)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"tls": "none"}, "expected tls: starttls or tls"),
        ({"user": "a"}, "expected user and password, or neither"),
        ({"user": "a", "password": "word"}, "expected the name of a secret"),
        ({"recipients": []}, "at least 1 item"),
        ({"recipients": ["Bo <b@example.com>"]}, "expected an address"),
    ],
)
def test_unsafe_and_incomplete_settings_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        MailServer.model_validate({**LEAST, **changes})


def test_a_server_on_this_machine_may_have_no_tls() -> None:
    assert MailServer.model_validate({**LEAST, "host": "localhost", "tls": "none"}).tls == "none"
