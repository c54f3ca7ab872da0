"""The home folder of a deployment, `HOLDFAST_HOME`, which holds all of its state.

Nothing is written outside the folder or at import: `create` makes the folders. Its files are their
owner's alone: a process sets `PRIVATE_UMASK`, and `protect` closes what another umask left open.
Who may read the published tables is a setting (`publish.readable_by`).
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

HOME_VARIABLE = "HOLDFAST_HOME"
DEFAULT_HOME = Path("data")

# Of every process that writes into a home: new files are their owner's alone.
PRIVATE_UMASK = 0o077
# The home itself may be passed through by the readers of published tables, and not be listed.
_ROOT_MODE = 0o711
_OTHERS = 0o077


@dataclass(frozen=True)
class Home:
    """The folders and files of one deployment, all below `root` (an absolute path)."""

    root: Path

    def __post_init__(self) -> None:
        """Make the root absolute, so that it does not depend on the working directory."""
        object.__setattr__(self, "root", Path(self.root).expanduser().resolve())

    @classmethod
    def from_env(cls, environ: Mapping[str, str] = os.environ) -> Home:
        """The home that `HOLDFAST_HOME` names, `./data` if it is unset or empty."""
        return cls(Path(environ.get(HOME_VARIABLE) or DEFAULT_HOME))

    @property
    def landing(self) -> Path:
        """The folder of sources with a relative location."""
        return self.root / "landing"

    @property
    def warehouse(self) -> Path:
        """The working DuckDB file: one writer at a time, never opened by BI."""
        return self.root / "warehouse.duckdb"

    @property
    def lake(self) -> Path:
        """The folder of the tables that Spark builds, unless the configuration names another."""
        return self.root / "lake"

    @property
    def published(self) -> Path:
        """The DuckDB file that BI tools read, replaced by an atomic rename."""
        return self.root / "published" / "holdfast.duckdb"

    @property
    def brief(self) -> Path:
        """The page of the latest published day, replaced in the same rename as the file."""
        return self.published.with_name("brief.html")

    @property
    def briefs(self) -> Path:
        """The folder of the pages of all published days."""
        return self.published.with_name("briefs")

    @property
    def hand_over(self) -> Path:
        """The folder of the actions that are handed over: the only files with personal data."""
        return self.root / "hand_over"

    @property
    def alerts(self) -> Path:
        """The ledger of the faults that receivers of alerts know."""
        return self.root / "alerts" / "ledger.json"

    @property
    def erasure(self) -> Path:
        """The folder of erasures: key, hashes and journal, and the request that is not finished."""
        return self.root / "erasure"

    @property
    def mlflow_database(self) -> Path:
        """MLflow's SQLite file."""
        return self.root / "mlflow" / "mlflow.db"

    @property
    def mlflow_tracking_uri(self) -> str:
        """MLflow's SQLite store, as a URI."""
        return f"sqlite:///{self.mlflow_database}"

    @property
    def mlflow_artifacts(self) -> Path:
        """The folder of MLflow's artefacts."""
        return self.root / "mlflow" / "artifacts"

    @property
    def dagster_home(self) -> Path:
        """Dagster's instance folder, the value of `DAGSTER_HOME`."""
        return self.root / "dagster"

    @property
    def dbt_target(self) -> Path:
        """The target folder of dbt: manifest and compiled SQL."""
        return self.root / "dbt" / "target"

    @property
    def dbt_logs(self) -> Path:
        """The log folder of dbt."""
        return self.root / "dbt" / "logs"

    def file(self, path: Path) -> Path:
        """A file that the configuration names: relative to the home, or absolute."""
        return self.root / path.expanduser()

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """An empty folder for one extraction; files left by a killed run are deleted."""
        folder = self.root / "scratch"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        try:
            yield folder
        finally:
            shutil.rmtree(folder)

    def create(self) -> Home:
        """Make the missing folders; return the home itself."""
        if not self.root.exists():
            self.root.mkdir(parents=True)
            self.root.chmod(_ROOT_MODE)
        for folder in (
            self.landing,
            self.published.parent,
            self.mlflow_artifacts,
            self.dagster_home,
            self.dbt_target,
            self.dbt_logs,
        ):
            folder.mkdir(parents=True, exist_ok=True)
        return self

    def protect(self) -> list[Path]:
        """Close folders and files of the home to other accounts; return those that were open.

        A folder that was closed before is not searched. Links and what belongs to another account
        stay as they are, and so does the published folder.
        """
        folders = (
            self.landing,
            self.hand_over,
            self.mlflow_artifacts.parent,
            self.dagster_home,
            self.dbt_target.parent,
        )
        files = (self.warehouse, write_ahead_log(self.warehouse))
        opened = [path for path in (*folders, *files) if _is_open(path)]
        for path in opened:
            for each in (path, *(path.rglob("*") if path.is_dir() else ())):
                if _is_open(each):
                    each.chmod(each.stat().st_mode & ~_OTHERS)
        return opened


def write_ahead_log(path: Path) -> Path:
    """The file in which DuckDB keeps the changes of a database file until its next checkpoint."""
    return path.with_name(f"{path.name}.wal")


def _is_open(path: Path) -> bool:
    """True for this account's own file or folder that another account may enter, read or change."""
    if path.is_symlink() or not path.exists():
        return False
    status = path.stat()
    return status.st_uid == os.geteuid() and bool(status.st_mode & _OTHERS)
