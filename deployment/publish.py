"""Settings of the copies of the published tables, which are made on request only."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from deployment.postgres_url import PostgresUrl
from deployment.source_config.base import Section, matching

SchemaName = Annotated[
    str, matching(r"[a-z_][a-z0-9_]{0,39}", "a schema's name in lower case, such as holdfast")
]


class PostgresCopy(Section):
    """A schema of a PostgreSQL database with every published table, replaced as a whole."""

    url: PostgresUrl
    schema_name: SchemaName = "holdfast"


class ParquetCopy(Section):
    """A folder with every published table as a Parquet file, relative to the home or absolute."""

    folder: Path = Path("published/parquet")


class Publish(Section):
    """Copies of the published tables beside the DuckDB file; there are none by default."""

    postgres: PostgresCopy | None = None
    parquet: ParquetCopy | None = None
