"""Published tables: which models of the dbt manifest leave through the published file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from deployment.errors import HoldfastError
from warehouse.quoting import identifier

_DAY = "snapshot_date"


class PublicationError(HoldfastError):
    """The new file could not be written; the published file is as it was."""


@dataclass(frozen=True)
class PublishedTable:
    """A warehouse table that leaves through the published file.

    Attributes:
        schema: its schema in both files.
        name: its name in both files.
        order_by: the columns of its key, by which the rows are ordered.
        partition_by: its date column if each row belongs to a date of `ops.snapshot_dates` and
            changes only when that date is run; None if the table is always rewritten.
    """

    schema: str
    name: str
    order_by: tuple[str, ...]
    partition_by: str | None = None

    @property
    def label(self) -> str:
        """`schema.name`."""
        return f"{self.schema}.{self.name}"

    def within(self, database: str) -> str:
        """Qualified, quoted name in an attached database."""
        return identifier(database, self.schema, self.name)


def tables_from_manifest(manifest: Mapping[str, Any]) -> list[PublishedTable]:
    """The published tables of a dbt manifest, by name.

    These are the models with meta `published: true` and `grain`, the columns of the key, which give
    the order of the rows. A table is daily if dbt replaces it by `snapshot_date`.

    Raises:
        PublicationError: a published model has no grain.
    """
    tables = []
    for node in manifest["nodes"].values():
        config = node["config"]
        meta = config.get("meta", {})
        if node["resource_type"] != "model" or not meta.get("published"):
            continue
        if not meta.get("grain"):
            raise PublicationError(f"{node['name']}: expected meta.grain, the columns of its key")
        tables.append(
            PublishedTable(
                schema=node["schema"],
                name=node.get("alias") or node["name"],
                order_by=tuple(meta["grain"]),
                partition_by=_DAY if _is_replaced_by_day(config) else None,
            )
        )
    return sorted(tables, key=lambda table: table.label)


def _is_replaced_by_day(config: Mapping[str, Any]) -> bool:
    return config.get("materialized") == "incremental" and config.get("unique_key") == _DAY
