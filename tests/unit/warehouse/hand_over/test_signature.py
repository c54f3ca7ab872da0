"""The signature, and the verification that docs/hand_over.md gives to receivers."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from warehouse.hand_over.signature import SIGNATURE_HEADER, TIMESTAMP_HEADER, signed_headers

PAGE = Path(__file__).parents[4] / "docs" / "hand_over.md"
SECRET, BODY, SENT_AT = "kelp-signing-key-4711", '{"why":"王"}'.encode(), 1_783_000_000

Verify = Callable[[Mapping[str, str], bytes, float], bool]


@pytest.fixture
def verify() -> Verify:
    """The function of the page's Python example."""
    (example,) = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    namespace: dict[str, Any] = {}
    exec(example, namespace)
    return lambda headers, body, now: namespace["is_genuine"](headers, body, SECRET, now)


def test_the_signature_is_the_hmac_of_time_and_body() -> None:
    headers = signed_headers(SECRET, BODY, SENT_AT)
    text = b"1783000000." + BODY
    expected = hmac.new(SECRET.encode(), text, hashlib.sha256).hexdigest()
    assert headers == {TIMESTAMP_HEADER: "1783000000", SIGNATURE_HEADER: f"v1={expected}"}


def test_the_example_of_the_page_accepts_a_request_and_refuses_a_forged_one(
    verify: Verify,
) -> None:
    headers = signed_headers(SECRET, BODY, SENT_AT)
    assert verify(headers, BODY, SENT_AT + 299)
    assert not verify(headers, BODY + b" ", SENT_AT)
    assert not verify({**headers, TIMESTAMP_HEADER: str(SENT_AT + 1)}, BODY, SENT_AT)
    assert not verify(signed_headers("another-secret", BODY, SENT_AT), BODY, SENT_AT)


def test_the_example_of_the_page_refuses_an_old_request(verify: Verify) -> None:
    assert not verify(signed_headers(SECRET, BODY, SENT_AT), BODY, SENT_AT + 301)
