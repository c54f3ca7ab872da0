"""A CRM, a shop and a help desk that answer on the loopback address as the real ones do.

The shapes are those of HubSpot's CRM objects, Shopify's Admin REST resources and Zendesk's cursor
exports: paging, authentication and what they leave out. Faults are put between a request and its
answer, so that a test sees what a network and a busy API do.
"""

from __future__ import annotations

import base64
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from tests.local_server import served

Record = dict[str, Any]
# What to do to a request: its path and the number of requests of that path so far, from 1.
Fault = Callable[[str, int], str | None]

HUBSPOT_TOKEN = "pat-eu1-hubspot-0c8f4d"
SHOPIFY_TOKEN = "shpat_5d2e77c01b"
ZENDESK_USER = "export@example.com/token"
ZENDESK_TOKEN = "zendesk-9f31aa60"
SECRETS = {
    "HUBSPOT_TOKEN": HUBSPOT_TOKEN,
    "SHOPIFY_TOKEN": SHOPIFY_TOKEN,
    "ZENDESK_TOKEN": ZENDESK_TOKEN,
}


@dataclass
class Stored:
    """Records by id, each with the number of the change that made it what it is."""

    records: dict[str, Record] = field(default_factory=dict)
    changes: dict[str, int] = field(default_factory=dict)
    latest: int = 0

    def put(self, record: Record) -> None:
        key = str(record["id"])
        self.latest += 1
        self.records[key] = record
        self.changes[key] = self.latest

    def remove(self, key: str) -> None:
        del self.records[key], self.changes[key]

    def by_id(self) -> list[Record]:
        return [self.records[key] for key in sorted(self.records, key=int)]

    def changed_after(self, change: int) -> list[tuple[int, Record]]:
        changed = [(number, key) for key, number in self.changes.items() if number > change]
        return [(number, self.records[key]) for number, key in sorted(changed)]


@dataclass
class LocalApis:
    """Contents and behaviour of the three APIs.

    Attributes:
        overlap: how many records of a page come again on the next.
        page_size: records a page, at most what is asked for.
        fault: what to do to a request, None for an answer.
        retry_after: what a 429 and a 503 ask for, in seconds.
    """

    contacts: Stored = field(default_factory=Stored)
    orders: Stored = field(default_factory=Stored)
    customers: Stored = field(default_factory=Stored)
    tickets: Stored = field(default_factory=Stored)
    users: Stored = field(default_factory=Stored)
    metrics: dict[str, Record] = field(default_factory=dict)
    overlap: int = 0
    page_size: int = 100
    fault: Fault | None = None
    retry_after: str | None = None
    url: str = ""
    asked: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    counts: Counter[str] = field(default_factory=Counter)

    @contextmanager
    def serving(self) -> Iterator[LocalApis]:
        with served(type("Handler", (_Handler,), {"apis": self})) as self.url:
            yield self

    def answer(self, path: str, parameters: dict[str, str]) -> tuple[Any, dict[str, str]] | None:
        """Body and headers; None where there is no such resource."""
        if path == "/crm/v3/objects/contacts":
            return self._contacts(parameters), {}
        for name, stored in (("orders", self.orders), ("customers", self.customers)):
            if path.endswith(f"/{name}.json"):
                return self._shop_page(path, name, stored, parameters)
        for name, stored in (("tickets", self.tickets), ("users", self.users)):
            if path == f"/api/v2/incremental/{name}/cursor.json":
                return self._export(name, stored, parameters), {}
        return None

    def _contacts(self, parameters: dict[str, str]) -> Record:
        wanted = parameters.get("properties", "").split(",")
        after = int(parameters.get("after", 0))
        size = min(int(parameters.get("limit", 10)), self.page_size)
        rows = [row for row in self.contacts.by_id() if int(row["id"]) >= after]
        page = [
            {**row, "properties": {k: v for k, v in row["properties"].items() if k in wanted}}
            for row in rows[:size]
        ]
        body: Record = {"results": page}
        if len(rows) > size:
            next_row = rows[max(1, size - self.overlap)]
            body["paging"] = {"next": {"after": next_row["id"], "link": f"{self.url}/next"}}
        return body

    def _shop_page(
        self, path: str, name: str, stored: Stored, parameters: dict[str, str]
    ) -> tuple[Record, dict[str, str]]:
        size = min(int(parameters.get("limit", 50)), self.page_size)
        if "page_info" in parameters:
            if set(parameters) - {"limit", "page_info"}:
                raise ValueError("only limit may stand beside page_info")
            position = json.loads(base64.urlsafe_b64decode(parameters["page_info"]))
        else:
            position = {"since": parameters.get("updated_at_min", ""), "from": 0}
        rows = [
            row
            for row in stored.by_id()
            if int(row["id"]) >= position["from"]
            and (not position["since"] or _moment(row["updated_at"]) >= _moment(position["since"]))
        ]
        if len(rows) <= size:
            return {name: rows}, {}
        following = rows[max(1, size - self.overlap)]
        text = json.dumps({"since": position["since"], "from": int(following["id"])})
        page_info = base64.urlsafe_b64encode(text.encode()).decode()
        query = urlencode({"limit": size, "page_info": page_info})
        return {name: rows[:size]}, {"Link": f'<{self.url}{path}?{query}>; rel="next"'}

    def _export(self, name: str, stored: Stored, parameters: dict[str, str]) -> Record:
        if ("cursor" in parameters) == ("start_time" in parameters):
            raise ValueError("expected start_time or cursor")
        after = int(parameters["cursor"].removeprefix("c")) if "cursor" in parameters else 0
        rows = stored.changed_after(after)
        page = rows[: self.page_size]
        is_last = len(rows) <= self.page_size
        last = page[-1][0] if page else after
        if not is_last and len(page) > self.overlap:
            last = page[-1 - self.overlap][0]
        body: Record = {
            name: [row for _, row in page],
            "after_cursor": f"c{last}" if page or after else None,
            "after_url": f"{self.url}/unused",
            "end_of_stream": is_last,
        }
        if name == "tickets" and "metric_sets" in parameters.get("include", ""):
            body["metric_sets"] = [
                self.metrics[str(row["id"])] for _, row in page if str(row["id"]) in self.metrics
            ]
        return body

    def is_allowed(self, path: str, headers: Any) -> bool:
        if path.startswith("/crm/"):
            return bool(headers.get("Authorization") == f"Bearer {HUBSPOT_TOKEN}")
        if path.startswith("/admin/"):
            return bool(headers.get("X-Shopify-Access-Token") == SHOPIFY_TOKEN)
        pair = base64.b64encode(f"{ZENDESK_USER}:{ZENDESK_TOKEN}".encode()).decode()
        return bool(headers.get("Authorization") == f"Basic {pair}")


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


class _Handler(BaseHTTPRequestHandler):
    apis: LocalApis
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        with self.apis.lock:
            self.apis.asked.append(self.path)
            self.apis.counts[path] += 1
            fault = self.apis.fault(path, self.apis.counts[path]) if self.apis.fault else None
            status, body, headers = self._answer(path, fault)
        if fault == "hang up":
            self.close_connection = True
            return
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        if fault == "truncated":
            content = content[: len(content) // 2]
        self._send(status, content, headers, cut=fault == "cut")

    def _answer(self, path: str, fault: str | None) -> tuple[int, Any, dict[str, str]]:
        """Status, body and headers."""
        if fault is not None and fault.isdigit():
            return int(fault), {"error": "injected"}, {}
        if not self.apis.is_allowed(path, self.headers):
            return 401, {"error": "who are you?"}, {}
        if fault == "html":
            return 200, b"<!doctype html><h1>Down for maintenance</h1>", {}
        try:
            found = self.apis.answer(path, dict(parse_qsl(urlsplit(self.path).query)))
        except ValueError:
            return 400, {"error": "bad request"}, {}
        return (404, {"error": "not found"}, {}) if found is None else (200, *found)

    def _send(
        self, status: int, content: bytes, headers: dict[str, str], *, cut: bool = False
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        if status in (429, 503) and self.apis.retry_after is not None:
            self.send_header("Retry-After", self.apis.retry_after)
        if 300 <= status < 400:
            self.send_header("Location", "http://127.0.0.1:9/elsewhere")
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content[: len(content) // 2] if cut else content)
        self.close_connection = cut

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing: a test's output is its own."""
