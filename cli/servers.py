"""Servers: the web interfaces of Dagster and MLflow on the loopback address, until stopped."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NoReturn

from deployment.errors import HoldfastError
from deployment.home import Home
from deployment.project import ROOT
from ml.registry.store import ensure_store

ADDRESS = "127.0.0.1"
WORKSPACE = ROOT / "workspace.yaml"

_SECONDS_TO_START = 300
_SECONDS_TO_STOP = 20
_LOG_LINES_SHOWN = 15


class ServerError(HoldfastError):
    """A server did not start or ended by itself; the text has the last lines of its log."""


def become_daemon() -> NoReturn:
    """Replace this process by Dagster's daemon: schedules, sensors, the queue of runs, monitoring.

    The daemon handles signals itself and ends with its code server and its runs.
    """
    command = [sys.executable, "-m", "dagster._daemon", "run", "--workspace", str(WORKSPACE)]
    os.execv(sys.executable, command)


@contextmanager
def interfaces(
    home: Home, dagster_port: int, mlflow_port: int, *, with_daemon: bool = True
) -> Iterator[list[Server]]:
    """Both servers, once they answer; stopped with all their child processes on leaving.

    From here on SIGINT and SIGTERM raise KeyboardInterrupt in this process.

    Args:
        home: the home that they show.
        dagster_port: port of Dagster.
        mlflow_port: port of MLflow.
        with_daemon: whether Dagster's daemon runs too; an instance has one.

    Raises:
        ServerError: a port is taken, or a server stopped before it answered.
    """
    # A shell starts background processes with SIGINT ignored. The servers would inherit that, and
    # they stop cleanly on SIGINT only. A handled signal is not inherited as ignored.
    for stop in (signal.SIGINT, signal.SIGTERM):
        signal.signal(stop, signal.default_int_handler)
    ensure_store(home.mlflow_database)
    # Neither server has a login, so both answer to the loopback address and its name alone.
    dagster = ["orchestration.runtime.local_webserver", *(["dev"] if with_daemon else [])]
    dagster += ["--workspace", str(WORKSPACE), "--host", ADDRESS]
    mlflow = ["mlflow", "ui", "--backend-store-uri", home.mlflow_tracking_uri, "--host", ADDRESS]
    mlflow += ["--default-artifact-root", home.mlflow_artifacts.as_uri(), "--workers", "1"]
    mlflow += ["--allowed-hosts", f"{ADDRESS}:{mlflow_port},localhost:{mlflow_port}"]
    with ExitStack() as stack:
        servers = [
            stack.enter_context(Server.running("Dagster", dagster, dagster_port, home)),
            stack.enter_context(Server.running("MLflow", mlflow, mlflow_port, home)),
        ]
        for server in servers:
            server.wait_until_it_answers()
        yield servers


class Server:
    """A server in its own process group."""

    def __init__(self, name: str, port: int, process: subprocess.Popen[bytes], log: Path) -> None:
        """Wrap a started process."""
        self.name = name
        self.url = f"http://{ADDRESS}:{port}"
        self._port = port
        self._process = process
        self._log = log

    @classmethod
    @contextmanager
    def running(cls, name: str, command: Sequence[str], port: int, home: Home) -> Iterator[Server]:
        """Start `python -m command`, and stop it on leaving."""
        if _answers(port):
            raise ServerError(f"port {port} for {name} is in use: choose another port")
        log = home.dagster_home / f"{name.lower()}-ui.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", *command, "--port", str(port)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            yield cls(name, port, process, log)
        finally:
            _stop(process)

    def wait_until_it_answers(self) -> None:
        """Wait for the port.

        Raises:
            ServerError: the process ended, or took too long.
        """
        deadline = time.monotonic() + _SECONDS_TO_START
        while not _answers(self._port):
            self.check()
            if time.monotonic() > deadline:
                raise ServerError(
                    f"{self.name} did not answer within {_SECONDS_TO_START} s: see {self._log}"
                )
            time.sleep(0.3)

    def check(self) -> None:
        """Raise ServerError if the process has ended."""
        if self._process.poll() is not None:
            lines = self._log.read_text(errors="replace").splitlines()[-_LOG_LINES_SHOWN:]
            raise ServerError("\n".join([f"{self.name} stopped:", *lines]))


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((ADDRESS, port)) == 0


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Interrupt a server, then terminate and kill the remaining processes of its group."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(_SECONDS_TO_STOP)
        except subprocess.TimeoutExpired:
            process.terminate()
    for last in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, last)
        except ProcessLookupError:
            return
        time.sleep(1)
