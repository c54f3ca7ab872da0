"""Signature of a request: HMAC-SHA256 over its time and its body."""

from __future__ import annotations

import hashlib
import hmac

TIMESTAMP_HEADER = "Holdfast-Timestamp"
SIGNATURE_HEADER = "Holdfast-Signature"


def signed_headers(secret: str, body: bytes, sent_at: int) -> dict[str, str]:
    """The headers with the time and the signature of a request.

    Args:
        secret: the secret that sender and receiver share.
        body: the body as it is sent.
        sent_at: seconds since 1970, by which a receiver refuses a request that is sent again later.
    """
    text = str(sent_at).encode() + b"." + body
    digest = hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()
    return {TIMESTAMP_HEADER: str(sent_at), SIGNATURE_HEADER: f"v1={digest}"}
