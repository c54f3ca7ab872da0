"""The home folder of a deployment, `HOLDFAST_HOME`, which holds all of its state.

Nothing is written outside the folder or at import: `create` makes the folders.
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
