"""Databases that the tests start for themselves, each with its socket in a folder of its own."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from adbc_driver_postgresql import dbapi

USER = "holdfast"
PASSWORD = "kelp-forest-7"


@dataclass(frozen=True)
class Server:
    """A database server that runs.

    Attributes:
        kind: postgres, mariadb or sqlite.
        folder: where its socket or its files are.
        process: the server, None for SQLite.
    """

    kind: str
    folder: Path
    process: subprocess.Popen[bytes] | None = None

    def database(self, name: str) -> Database:
        """A new, empty database."""
        if self.kind == "sqlite":
            path = self.folder / f"{name}.db"
            path.unlink(missing_ok=True)
            path.touch()
            return Database(self.kind, f"sqlite:///{path}")
        self.home.execute(f"drop database if exists {name}", f"create database {name}")
        return Database(self.kind, self.url(name))

    @property
    def home(self) -> Database:
        """The database that every server of its kind has."""
        return Database(self.kind, self.url("mysql" if self.kind == "mariadb" else "postgres"))

    def stop(self) -> None:
        """Stop it, in the way in which nothing is waited for; once stopped, it stays so."""
        if self.process is None:
            return
        self.process.send_signal(signal.SIGINT if self.kind == "postgres" else signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def url(self, name: str) -> str:
        """The address of one of its databases."""
        if self.kind == "postgres":
            return f"postgresql://{USER}:{PASSWORD}@/{name}?host={self.folder}"
        socket = self.folder / "socket"
        return f"mysql+pymysql://{USER}:{PASSWORD}@localhost/{name}?unix_socket={socket}"


@dataclass(frozen=True)
class Database:
    """A database that tests write into."""

    kind: str
    url: str

    def execute(self, *statements: str) -> None:
        """Execute statements, each committed by itself."""
        if self.kind == "postgres":
            with dbapi.connect(self.url, autocommit=True) as connection:
                for statement in statements:
                    with connection.cursor() as cursor:
                        cursor.execute(statement)
            return
        engine = sa.create_engine(self.url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement.replace("%", "%%"))
        engine.dispose()

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Rows of a query."""
        if self.kind == "postgres":
            with dbapi.connect(self.url) as connection, connection.cursor() as cursor:
                cursor.execute(query)
                return [tuple(row) for row in cursor.fetchall()]
        engine = sa.create_engine(self.url)
        with engine.connect() as connection:
            found = [tuple(row) for row in connection.exec_driver_sql(query)]
        engine.dispose()
        return found


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A PostgreSQL for all tests."""
    with running_postgres() as server:
        yield server


@contextmanager
def running_postgres() -> Iterator[Server]:
    """A PostgreSQL of Debian's packages, with a password."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not programs:
        pytest.skip("PostgreSQL is not installed (apt-get install postgresql)")
    binaries = programs[-1].parent
    with _folder("postgres") as (folder, user):
        secret = folder / "password"
        secret.write_text(PASSWORD, encoding="utf-8")
        shutil.chown(secret, user)
        data = folder / "data"
        _call(
            user,
            [binaries / "initdb", "-D", data, "-U", USER, "--pwfile", secret, "--no-sync"],
            ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8"],
        )
        command = [binaries / "postgres", "-D", data, "-k", folder]
        settings = ["-c", "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=50"]
        with _running("postgres", user, folder, [*command, *settings]) as server:
            yield server


@pytest.fixture(scope="session")
def mariadb() -> Iterator[Server]:
    """A MariaDB of Debian's packages, with a password."""
    daemon = shutil.which("mariadbd", path=f"{os.environ['PATH']}:/usr/sbin")
    if daemon is None:
        pytest.skip("MariaDB is not installed (apt-get install mariadb-server)")
    with _folder("mysql") as (folder, user):
        data = folder / "data"
        _call(
            user,
            ["mariadb-install-db", "--no-defaults", f"--datadir={data}"],
            ["--skip-test-db", "--auth-root-authentication-method=normal"],
        )
        start = folder / "start.sql"
        start.write_text(
            f"grant all on *.* to {USER}@localhost identified by '{PASSWORD}';\n", encoding="utf-8"
        )
        shutil.chown(start, user)
        command = [daemon, "--no-defaults", f"--datadir={data}", f"--socket={folder / 'socket'}"]
        settings = ["--skip-networking", f"--init-file={start}"]
        settings += ["--innodb-flush-log-at-trx-commit=0"]
        with _running("mariadb", user, folder, [*command, *settings]) as server:
            yield server


@pytest.fixture(scope="session")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> Server:
    """A folder of SQLite files."""
    return Server("sqlite", tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(params=["postgres", "mariadb", "sqlite"])
def database(request: pytest.FixtureRequest) -> Database:
    """An empty database of each kind in turn."""
    server: Server = request.getfixturevalue(request.param)
    return server.database("crm")


@contextmanager
def _folder(user: str) -> Iterator[tuple[Path, str | None]]:
    """A folder whose path is short enough for a socket, and the user to whom it belongs.

    The servers refuse to run as root, and run as their own user then.
    """
    folder = Path(tempfile.mkdtemp(prefix="holdfast-", dir="/tmp"))
    try:
        if os.geteuid() != 0:
            yield folder, None
            return
        known = {entry.pw_name for entry in pwd.getpwall()}
        user = user if user in known else "nobody"
        shutil.chown(folder, user)
        yield folder, user
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _as_user(user: str | None) -> dict[str, Any]:
    if user is None:
        return {}
    return {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []}


def _call(user: str | None, *parts: Sequence[object]) -> None:
    command = [str(word) for part in parts for word in part]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd="/", **_as_user(user)
    )
    assert done.returncode == 0, done.stderr


@contextmanager
def _running(
    kind: str, user: str | None, folder: Path, command: Sequence[object]
) -> Iterator[Server]:
    """A server that answers, stopped on leaving."""
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [str(word) for word in command], stdout=log, stderr=log, cwd="/", **_as_user(user)
        )
    server = Server(kind, folder, process)
    try:
        _wait(server)
        yield server
    finally:
        server.stop()


def _wait(server: Server) -> None:
    probe = server.home
    until = time.monotonic() + 60
    while True:
        try:
            probe.rows("select 1")
        except Exception:
            log = (server.folder / "log").read_text(encoding="utf-8", errors="replace")
            assert time.monotonic() < until, log[-2000:]
            time.sleep(0.1)
        else:
            return
