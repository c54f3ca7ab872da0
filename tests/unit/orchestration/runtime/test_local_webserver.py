"""The check of the Host header; tests/browser starts the server with it."""

from __future__ import annotations

import asyncio
from typing import Any

import dagster._cli.dev as dev
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.types import Message

from orchestration.runtime import local_webserver
from orchestration.runtime.local_webserver import LocalWebserver


async def answered(app: Starlette, host: str) -> int:
    """Status of the answer to a request for the page of a host."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "GET",
        "path": "/",
        "headers": [(b"host", host.encode())],
        "query_string": b"",
        "scheme": "http",
        "server": ("127.0.0.1", 3000),
    }
    await app(scope, receive, send)
    return int(sent[0]["status"])


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:3000", 200),
        ("localhost:3000", 200),
        ("localhost", 200),
        ("attacker.example", 400),
        ("attacker.example:3000", 400),
        ("127.0.0.1.attacker.example", 400),
        ("", 400),
    ],
)
def test_only_requests_to_this_machine_are_answered(host: str, status: int) -> None:
    server = LocalWebserver.__new__(LocalWebserver)
    home = Route("/", lambda request: PlainTextResponse("the UI"))
    app = Starlette(routes=[home], middleware=server.build_middleware()[:1])
    assert asyncio.run(answered(app, host)) == status


def test_dagster_dev_starts_this_web_server_in_place_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    started: list[list[str]] = []

    def record(parts: list[str], **options: Any) -> None:
        started.append(parts)

    def dev_command(arguments: list[str]) -> None:
        for module in ("dagster_webserver", "dagster._daemon"):
            start: Any = getattr(dev, "open_ipc_subprocess")  # noqa: B009
            start(["python", "-m", module, *arguments])

    monkeypatch.setattr(dev, "open_ipc_subprocess", record)
    monkeypatch.setattr(dev, "dev_command", dev_command)
    monkeypatch.setattr("sys.argv", ["local_webserver", "dev", "--port", "3000"])
    local_webserver.main()
    assert started == [
        ["python", "-m", "orchestration.runtime.local_webserver", "--port", "3000"],
        ["python", "-m", "dagster._daemon", "--port", "3000"],
    ]
