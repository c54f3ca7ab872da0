"""Hand-over to an HTTP endpoint: one signed POST a decision, with retries.

The header Idempotency-Key has the decision's id. A request is sent again after an answer 429 or
5xx, a time-out or a cut connection, never after another 4xx. No error quotes a body, an address or
a secret.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import duckdb
import pyarrow as pa
import urllib3
from urllib3.exceptions import HTTPError, InvalidHeader, SSLError

from deployment.hand_over import HttpReceiver, check_endpoint
from deployment.http_pool import http_pool
from deployment.secrets import SecretError, reveal
from warehouse.hand_over.action_list import COLUMNS, CONTACT_COLUMNS
from warehouse.hand_over.outcomes import Outcome
from warehouse.hand_over.signature import signed_headers

# Outcomes are written after so many decisions; after a kill, at most so many are sent again.
BATCH = 25
# After so many decisions in a row for which the endpoint does not work, the others wait for the
# next run, so that a dead receiver costs the day minutes and not hours.
_GIVE_UP_AFTER = 3
# Answers that concern the address or the credentials, and not the decision.
_OF_THE_ENDPOINT = frozenset({401, 403, 404, 405, 410})
# Answers of an endpoint that takes POST and no HEAD.
_WITHOUT_HEAD = frozenset({405, 501})
_NOT_SENT = "not sent, because the receiver did not take the decisions before it"


@dataclass(frozen=True)
class _Refusal:
    """Reason for which a request was not taken.

    Attributes:
        error: the reason, for the dead letters.
        is_tried_again: whether the request may succeed at the next attempt.
        is_of_the_endpoint: whether other decisions would be refused too.
        retry_after: seconds that the receiver asks to wait.
    """

    error: str
    is_tried_again: bool
    is_of_the_endpoint: bool
    retry_after: float = 0.0


class HttpEndpoint:
    """The endpoint of the configuration; its secret is looked up when actions are sent."""

    name = "http"

    def __init__(self, receiver: HttpReceiver, sleep: Callable[[float], None] = time.sleep) -> None:
        """Take the settings; no connection is opened yet."""
        self._receiver = receiver
        self._sleep = sleep

    def withdraw(self, decision_ids: Sequence[str]) -> None:
        """Do nothing: a decision that the endpoint took cannot be taken back."""
        del decision_ids

    def probe(self) -> str | None:
        """Ask with a signed HEAD; return the reason if decisions would not be taken.

        Nothing is delivered. An endpoint that does not know HEAD works all the same.
        """
        try:
            url, secret = self._address()
        except (SecretError, ValueError) as error:
            return str(error)
        headers = {"User-Agent": "holdfast", **signed_headers(secret, b"", int(time.time()))}
        with http_pool(url, self._receiver.timeout_seconds, retries=False) as pool:
            try:
                response = pool.request("HEAD", url, headers=headers, redirect=False)
            except HTTPError as error:
                return _unreachable(error).error
        refusal = None if response.status in _WITHOUT_HEAD else _refusal(response)
        return refusal.error if refusal and refusal.is_of_the_endpoint else None

    def _address(self) -> tuple[str, str]:
        """The address and the signing secret.

        Raises:
            SecretError: a reference has no value.
            ValueError: the address is not safe for personal data.
        """
        url, secret = reveal(self._receiver.url), reveal(self._receiver.secret).strip()
        check_endpoint(url)
        return url, secret

    def send(self, actions: pa.Table) -> Iterator[list[Outcome]]:
        """Send each action.

        Yields:
            The outcomes of 25 decisions each, before the next request is sent.
        """
        bodies = request_bodies(actions)
        try:
            url, secret = self._address()
        except (SecretError, ValueError) as error:
            yield [Outcome(decision_id, 0, str(error)) for decision_id, _ in bodies]
            return
        refused_in_a_row = 0
        with http_pool(url, self._receiver.timeout_seconds, retries=False) as pool:
            for start in range(0, len(bodies), BATCH):
                outcomes = []
                for decision_id, body in bodies[start : start + BATCH]:
                    if refused_in_a_row >= _GIVE_UP_AFTER:
                        outcomes.append(Outcome(decision_id, 0, _NOT_SENT))
                        continue
                    attempts, refusal = self._deliver(pool, url, secret, decision_id, body)
                    is_broken = refusal is not None and refusal.is_of_the_endpoint
                    refused_in_a_row = refused_in_a_row + 1 if is_broken else 0
                    reason = None if refusal is None else refusal.error
                    outcomes.append(Outcome(decision_id, attempts, reason))
                yield outcomes

    def _deliver(
        self, pool: urllib3.PoolManager, url: str, secret: str, decision_id: str, body: bytes
    ) -> tuple[int, _Refusal | None]:
        """Send a decision until it is taken; return the attempts, and the last refusal."""
        attempt, refusal = 1, _post(pool, url, secret, decision_id, body)
        while refusal and refusal.is_tried_again and attempt < self._receiver.attempts:
            self._sleep(self._wait(attempt, refusal.retry_after))
            attempt, refusal = attempt + 1, _post(pool, url, secret, decision_id, body)
        return attempt, refusal

    def _wait(self, attempt: int, retry_after: float) -> float:
        """Seconds until the next attempt: doubled each time, with jitter, or what is asked for."""
        longest = self._receiver.longest_wait_seconds
        wait = min(longest, self._receiver.first_wait_seconds * 2 ** min(attempt - 1, 30))
        return float(max(wait * random.uniform(0.5, 1.0), min(retry_after, longest)))


def request_bodies(actions: pa.Table) -> list[tuple[str, bytes]]:
    """Id and JSON body of each action; the contact is an object of its own."""
    own = [name for name in COLUMNS if name not in CONTACT_COLUMNS]
    fields = ", ".join(f"{name} := {name}" for name in own)
    contact = ", ".join(f"{name} := {name}" for name in CONTACT_COLUMNS)
    with duckdb.connect() as con:
        con.register("actions", actions)
        rows = con.execute(
            f"""
            select
                decision_id,
                cast(to_json(struct_pack({fields}, contact := struct_pack({contact}))) as varchar)
            from actions
            """
        ).fetchall()
    return [(decision_id, body.encode()) for decision_id, body in rows]


def _post(
    pool: urllib3.PoolManager, url: str, secret: str, decision_id: str, body: bytes
) -> _Refusal | None:
    """Send a decision once; None if it was taken."""
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "holdfast",
        "Idempotency-Key": decision_id,
        # Signed anew for each attempt, because a receiver refuses an old time.
        **signed_headers(secret, body, int(time.time())),
    }
    try:
        response = pool.request("POST", url, body=body, headers=headers, redirect=False)
    except HTTPError as error:
        return _unreachable(error)
    return _refusal(response)


def _refusal(response: urllib3.BaseHTTPResponse) -> _Refusal | None:
    status = response.status
    if 200 <= status < 300:
        return None
    is_busy = status == 429 or status >= 500
    error = f"the receiver answers {status}"
    if 300 <= status < 400:
        error += ", a redirection, which is not followed with a contact: correct url"
    elif status in (401, 403):
        error += ": check secret, and the permissions at the receiver"
    elif status in _OF_THE_ENDPOINT:
        error += ": correct url"
    return _Refusal(
        error,
        is_tried_again=is_busy,
        is_of_the_endpoint=is_busy or status in _OF_THE_ENDPOINT or 300 <= status < 400,
        retry_after=_seconds(response.headers.get("Retry-After")) if is_busy else 0.0,
    )


def _unreachable(error: HTTPError) -> _Refusal:
    """The refusal of a failed connection; the error's own text has the address."""
    if isinstance(error, SSLError):
        problem = "its certificate is not trusted: check url, or the machine's certificates"
        return _Refusal(problem, is_tried_again=False, is_of_the_endpoint=True)
    kind = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(error).__name__).lower()
    problem = f"the receiver cannot be reached, or its answer ends early ({kind})"
    return _Refusal(problem, is_tried_again=True, is_of_the_endpoint=True)


def _seconds(retry_after: str | None) -> float:
    """Seconds of a Retry-After header, 0 if it is missing or cannot be parsed."""
    if retry_after is None:
        return 0.0
    try:
        return urllib3.Retry().parse_retry_after(retry_after)
    except InvalidHeader:
        return 0.0
