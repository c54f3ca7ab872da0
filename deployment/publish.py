"""Settings of the copies of the published tables, which are made on request only."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

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


Readers = Literal["owner", "group", "everyone"]


class Publish(Section):
    """Readers of the published files, and copies of the tables; there are none by default.

    `readable_by` names the accounts of the machine that may read the folder `published` and the
    folder of Parquet files: the owner of the home, the owner's group, or everyone.
    """

    readable_by: Readers = "owner"
    postgres: PostgresCopy | None = None
    parquet: ParquetCopy | None = None

    @property
    def copies(self) -> list[str]:
        """Names of the copies that are made."""
        return [name for name in ("postgres", "parquet") if getattr(self, name) is not None]
