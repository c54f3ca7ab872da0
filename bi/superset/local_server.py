"""`make bi`: a Superset of one's own on the loopback address, with the dashboards of the bundle.

It runs in an environment of its own, in which of this project only `bi.superset.placeholders` is
imported. Everything that it writes is in `$HOLDFAST_HOME/superset`.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import secrets
import sys
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import duckdb

from bi.superset.placeholders import CURRENCY, PUBLISHED_FILE

_HERE = Path(__file__).parent
_ADMIN = "admin"
_PASSWORD_VARIABLE = "SUPERSET_ADMIN_PASSWORD"


def secret_key(folder: Path) -> Path:
    """The file of Superset's key, made at the first call; only its owner may read it."""
    path = folder / "secret_key"
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(secrets.token_urlsafe(48))
    return path


def localised(bundle: Path, published: Path) -> dict[str, str]:
    """The bundle's files by path, with the published file's own path and currency."""
    currency = currency_of(published)
    return {
        path.relative_to(bundle).as_posix(): re.sub(
            rf'(symbol"?: "?){CURRENCY}\b', rf"\g<1>{currency}", path.read_text(encoding="utf-8")
        ).replace(PUBLISHED_FILE, str(published))
        for path in sorted(bundle.rglob("*.yaml"))
    }


def currency_of(published: Path) -> str:
    """The currency of most published orders; the bundle's own without any order."""
    with duckdb.connect(str(published), read_only=True) as con:
        row = con.execute(
            "select currency from marts.fct_orders group by currency order by count(*) desc limit 1"
        ).fetchone()
    return str(row[0]) if row and row[0] else CURRENCY


def prepare(folder: Path, published: Path) -> None:
    """Bring Superset's metadata up to date and import the bundle, if anything has changed."""
    contents = localised(_HERE / "bundle", published)
    migrated = _Stamp(folder / "migrated", version("apache-superset"))
    imported = _Stamp(folder / "imported", hashlib.sha256(repr(contents).encode()).hexdigest())
    if migrated.is_set() and imported.is_set():
        return
    print("Preparing Superset; the first time takes about half a minute ...", flush=True)
    from superset.app import create_app

    with create_app().app_context():
        if not migrated.is_set():
            _upgrade()
            migrated.set()
        _import(contents)
        imported.set()


@dataclass(frozen=True)
class _Stamp:
    """A file that holds the state for which a step was last done."""

    path: Path
    state: str

    def is_set(self) -> bool:
        return self.path.exists() and self.path.read_text(encoding="utf-8") == self.state

    def set(self) -> None:
        self.path.write_text(self.state, encoding="utf-8")


def _upgrade() -> None:
    """Create or migrate Superset's tables, and create its administrator."""
    from flask_migrate import upgrade
    from superset import appbuilder, security_manager

    upgrade()
    appbuilder.add_permissions(update_perms=True)
    security_manager.sync_role_definitions()
    if security_manager.find_user(_ADMIN):
        return
    given = os.environ.get(_PASSWORD_VARIABLE)
    password = given or secrets.token_urlsafe(12)
    role = security_manager.find_role("Admin")
    security_manager.add_user(_ADMIN, "Holdfast", "Admin", "admin@localhost", role, password)
    shown = f"the value of {_PASSWORD_VARIABLE}" if given else password
    print(f"Superset's user is {_ADMIN}; its password, shown this once, is {shown}", flush=True)


def _import(contents: dict[str, str]) -> None:
    """Import the bundle; what an earlier version of it has imported is replaced."""
    from superset import security_manager
    from superset.commands.importers.v1.assets import ImportAssetsCommand
    from superset.utils.core import override_user

    with override_user(security_manager.find_user(_ADMIN)):
        ImportAssetsCommand(contents).run()


def main() -> None:
    """Prepare Superset and replace this process by its web server."""
    arguments = argparse.ArgumentParser(description="Superset with the dashboards of Holdfast")
    arguments.add_argument("--port", type=int, default=8088)
    port = arguments.parse_args().port
    home = Path(os.environ.get("HOLDFAST_HOME", "data")).absolute()
    published = home / "published" / "holdfast.duckdb"
    if not published.exists():
        sys.exit(f"{published}: no published file; `make run` publishes one")
    folder = home / "superset"
    os.umask(0o077)
    folder.mkdir(exist_ok=True)
    folder.chmod(0o700)
    secret_key(folder)
    os.environ["HOLDFAST_HOME"] = str(home)
    os.environ["SUPERSET_CONFIG_PATH"] = str(_HERE / "superset_config.py")
    prepare(folder, published)
    address = f"127.0.0.1:{port}"
    print(f"Superset is on http://{address}/dashboard/list/ until Ctrl-C", flush=True)
    gunicorn = [sys.executable, "-m", "gunicorn", "--bind", address, "--log-level", "warning"]
    # One process: Superset's SQLite has one writer. Eight charts are queried at once.
    workers = ["--workers", "1", "--worker-class", "gthread", "--threads", "8", "--timeout", "120"]
    os.execv(sys.executable, [*gunicorn, *workers, "superset.app:create_app()"])


if __name__ == "__main__":
    main()
