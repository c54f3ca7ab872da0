"""A Superset of the tests: started by `bi.superset.local_server`, asked through its REST API."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

ROOT = Path(__file__).parent.parent.parent
PYTHON = ROOT / ".venv-bi" / "bin" / "python"
PASSWORD = "only-for-tests"
START_SECONDS = 600


@dataclass(frozen=True)
class Superset:
    """A running Superset, and a token of its administrator."""

    address: str
    token: str = ""

    def get(self, path: str) -> Any:
        return self._call(path, None)

    def post(self, path: str, body: Any) -> Any:
        return self._call(path, body)

    def _call(self, path: str, body: Any) -> Any:
        headers = {"Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        data = None if body is None else json.dumps(body).encode()
        with urlopen(Request(f"{self.address}{path}", data, headers), timeout=120) as answer:
            return json.load(answer)

    def charts(self) -> dict[str, int]:
        """Ids of all charts by UUID."""
        found = self.get("/api/v1/chart/?q=(page_size:100)")["result"]
        return {each["uuid"]: each["id"] for each in found}

    def rows(self, chart: int, customer: str | None = None) -> list[dict[str, Any]]:
        """The data of a chart, of all customers or of one."""
        context = json.loads(self.get(f"/api/v1/chart/{chart}")["result"]["query_context"])
        if customer:
            only = {"col": "customer_id", "op": "IN", "val": [customer]}
            context["queries"][0]["filters"].append(only)
        (result,) = self.post("/api/v1/chart/data", context)["result"]
        rows: list[dict[str, Any]] = result["data"]
        return rows


@contextmanager
def started(home: Path) -> Iterator[Superset]:
    """Start Superset on a home, as `make bi` does, and stop it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environ = {
        **os.environ,
        "HOLDFAST_HOME": str(home),
        "SUPERSET_ADMIN_PASSWORD": PASSWORD,
        "PYTHONPATH": str(ROOT),
    }
    with (home / "superset.log").open("w") as log:
        process = subprocess.Popen(
            [PYTHON, "-m", "bi.superset.local_server", "--port", str(port)],
            cwd=ROOT,
            env=environ,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        yield _logged_in(process, f"http://127.0.0.1:{port}", home / "superset.log")
    finally:
        process.terminate()
        process.wait(60)


def _logged_in(process: subprocess.Popen[bytes], address: str, log: Path) -> Superset:
    login = {"username": "admin", "password": PASSWORD, "provider": "db"}
    limit = time.monotonic() + START_SECONDS
    while time.monotonic() < limit:
        if process.poll() is not None:
            break
        try:
            token = Superset(address).post("/api/v1/security/login", login)["access_token"]
        except (URLError, ConnectionError):
            time.sleep(0.5)
        else:
            return Superset(address, token)
    raise AssertionError(f"Superset does not answer:\n{log.read_text()[-3000:]}")
