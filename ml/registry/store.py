"""MLflow's SQLite store: created whole, by one process, before anything else opens it.

MLflow creates its tables in some hundred steps without a lock. Two processes that open a new store
at once run the same steps, and one of them fails; a process that is killed leaves half of them.
"""

from __future__ import annotations

import fcntl
from pathlib import Path


def ensure_store(database: Path) -> None:
    """Create MLflow's store if there is none, by one rename of a complete file.

    Imports MLflow, which takes seconds, only if the file is missing. The caller sets
    MLFLOW_DISABLE_TELEMETRY=true before.

    Args:
        database: MLflow's SQLite file; its folder must exist.
    """
    if database.exists():
        return
    with database.with_name(f"{database.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if database.exists():
            return
        fresh = database.with_name(f"{database.name}.new")
        for left in (fresh, fresh.with_name(f"{fresh.name}-journal")):
            left.unlink(missing_ok=True)
        _create(fresh)
        fresh.replace(database)


def _create(database: Path) -> None:
    from mlflow import MlflowClient

    uri = f"sqlite:///{database}"
    client = MlflowClient(uri, registry_uri=uri)
    client.search_experiments()
    client.search_registered_models()
