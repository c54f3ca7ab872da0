"""An HTTP endpoint on this machine that takes actions, with faults put in by a test."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from deployment.hand_over import HandOver, HttpReceiver
from tests.local_server import served


@dataclass(frozen=True)
class Request:
    """A request as it arrived."""

    headers: dict[str, str]
    body: bytes

    @property
    def key(self) -> str:
        return self.headers["Idempotency-Key"]

    @property
    def action(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found


# A fault by the action's customer and the number of the request for it, from 1: a status, "hang"
# for no answer in time, "cut" for a connection that ends early, None for an answer.
Fault = Callable[[str, int], str | None]


@dataclass
class Receiver:
    """The endpoint: it counts each Idempotency-Key that it has taken.

    Attributes:
        fault: what happens to a request.
        retry_after: seconds that a 429 asks to wait.
        hang_seconds: how long an answer of the fault "hang" takes.
        after: called with the number of requests so far, after each of them is taken.
        asked: every request, also those with a fault.
        taken: requests that were answered with 200, by Idempotency-Key.
    """

    fault: Fault | None = None
    retry_after: str | None = None
    hang_seconds: float = 1.0
    after: Callable[[int], None] | None = None
    url: str = ""
    asked: list[Request] = field(default_factory=list)
    taken: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)
    counts: Counter[str] = field(default_factory=Counter)

    @contextmanager
    def serving(self) -> Iterator[Receiver]:
        with served(type("Handler", (_Handler,), {"receiver": self})) as address:
            self.url = f"{address}/actions"
            yield self

    def settings(self, **fields: Any) -> HandOver:
        """A hand-over to this endpoint alone, which waits for milliseconds only."""
        http = {
            "url": self.url,
            "secret": "${SIGNING_SECRET}",
            "timeout_seconds": 0.2,
            "attempts": 3,
            "first_wait_seconds": 0.001,
            "longest_wait_seconds": 0.01,
            **fields,
        }
        return HandOver(files=False, http=HttpReceiver.model_validate(http))

    def customers(self) -> list[str]:
        """Customers of all requests, in their order."""
        return [request.action["customer_id"] for request in self.asked]


class _Handler(BaseHTTPRequestHandler):
    receiver: Receiver
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        request = Request(dict(self.headers.items()), body)
        with self.receiver.lock:
            self.receiver.asked.append(request)
            self.receiver.counts[request.key] += 1
            number = self.receiver.counts[request.key]
            customer = request.action["customer_id"]
            fault = self.receiver.fault(customer, number) if self.receiver.fault else None
            if fault is None:
                self.receiver.taken[request.key] += 1
        if self.receiver.after is not None:
            self.receiver.after(len(self.receiver.asked))
        if fault == "hang":
            time.sleep(self.receiver.hang_seconds)
        if fault in ("cut", "hang"):
            self.close_connection = True
            return
        self.send_response(int(fault or 200))
        if fault == "429" and self.receiver.retry_after is not None:
            self.send_header("Retry-After", self.receiver.retry_after)
        if fault is not None and fault.startswith("3"):
            self.send_header("Location", "http://127.0.0.1:9/elsewhere")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing: a test's output is its own."""
