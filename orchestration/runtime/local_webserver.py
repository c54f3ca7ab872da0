"""Dagster's UI with a check of the Host header: `dagster dev` with a web server of this module.

Dagster's web server has no login and answers to any host name. A page of another site, whose name
is made to resolve to 127.0.0.1 (DNS rebinding), could start runs and read data through the browser
of whoever runs the server. Run as a module, with `dev` and the options of `dagster dev`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

import dagster._cli.dev as dev
from dagster_webserver import app, cli
from dagster_webserver.webserver import DagsterWebserver
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware

HOSTS = ("127.0.0.1", "localhost")
_MODULE = "orchestration.runtime.local_webserver"
_DEV = "dev"
# The function of `dagster dev` that starts its daemon and its web server.
_START = "open_ipc_subprocess"


class LocalWebserver(DagsterWebserver[Any, Any]):
    """Answers 400 to a request whose Host header names another host."""

    def build_middleware(self) -> list[Middleware]:
        """Dagster's own, behind the check of the host."""
        trusted = Middleware(TrustedHostMiddleware, allowed_hosts=list(HOSTS))
        return [trusted, *super().build_middleware()]


def main() -> None:
    """Run `dagster dev` with this web server, or the web server itself as its child process."""
    if sys.argv[1:2] != [_DEV]:
        setattr(app, "DagsterWebserver", LocalWebserver)  # noqa: B010
        serve: Callable[[], None] = cli.main
        serve()
        return
    start: Callable[..., Any] = getattr(dev, _START)

    def start_with_own_webserver(parts: Sequence[str], **options: Any) -> Any:
        return start(
            [_MODULE if part == "dagster_webserver" else part for part in parts], **options
        )

    setattr(dev, _START, start_with_own_webserver)
    dev.dev_command(sys.argv[2:])


if __name__ == "__main__":
    main()
