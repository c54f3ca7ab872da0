"""A webhook's server: the bodies that it took, and the status that it answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.local_server import served


@dataclass
class Chat:
    """A chat that takes messages by POST; `status` is what it answers."""

    url: str = ""
    status: int = 200
    taken: list[dict[str, Any]] = field(default_factory=list)


@contextmanager
def chat_server() -> Iterator[Chat]:
    """Serve a chat until the block ends."""
    chat = Chat()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if chat.status == 200:
                chat.taken.append(json.loads(body))
            self.send_response(chat.status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Write no log."""

    with served(Handler) as address:
        chat.url = f"{address}/hooks/s3cret-path"
        yield chat
