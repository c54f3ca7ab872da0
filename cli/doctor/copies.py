"""Checks of the copies of the published tables that the configuration asks for."""

from __future__ import annotations

import os
from collections.abc import Iterator

from cli.doctor.finding import Finding
from deployment.config import DeploymentConfig
from deployment.home import Home
from warehouse.published.copies.copy_report import CopyError

_REMEDY = "correct it: a run publishes the file, and not this copy"


def diagnose_copies(config: DeploymentConfig, home: Home) -> Iterator[Finding]:
    """Connect to the PostgreSQL of the copy, and check the folder of the Parquet files.

    Nothing is written. A copy that cannot be written is a warning, because a run succeeds.
    """
    postgres, parquet = config.publish.postgres, config.publish.parquet
    if postgres is not None:
        # The driver takes a third of a second to import.
        from warehouse.published.copies.postgres import probe_postgres

        try:
            probe_postgres(postgres, config.slug)
        except CopyError as error:
            yield Finding("warning", "publish.postgres", str(error), _REMEDY)
        else:
            message = f"the schema {postgres.schema_name} can be replaced"
            yield Finding("ok", "publish.postgres", message)
    if parquet is not None:
        folder = home.file(parquet.folder)
        existing = next(path for path in (folder, *folder.parents) if path.exists())
        if existing.is_dir() and os.access(existing, os.W_OK | os.X_OK):
            yield Finding("ok", "publish.parquet", str(folder))
        else:
            message = f"{folder} cannot be written: see the permissions of {existing}"
            yield Finding("warning", "publish.parquet", message, _REMEDY)
