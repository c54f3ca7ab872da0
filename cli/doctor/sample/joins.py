"""Rows of a sample that find no customer, order or ticket by their id."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import duckdb

from cli.doctor.finding import Finding
from cli.doctor.sample.models import SampledModel
from deployment.source_config import Entity
from ingestion.connect.mapping.joins import MIN_MATCHED_SHARE
from ingestion.connect.profiling.entities import SCHEMAS

_TARGETS: Mapping[str, tuple[Entity, str]] = {
    "source_customer_id": ("customers", "a customer"),
    "source_order_id": ("orders", "an order"),
    "source_ticket_id": ("tickets", "a ticket"),
}


def unmatched(
    con: duckdb.DuckDBPyConnection,
    source: str,
    model: SampledModel,
    models: Mapping[Entity, SampledModel],
) -> Iterator[Finding]:
    """Report the references of a model that miss; an error where no row finds another.

    Entities of other sources are not compared, nor entities whose sample is a part of their rows.
    """
    for column, (entity, what) in _TARGETS.items():
        target = models.get(entity)
        is_own = SCHEMAS[model.entity].key == column
        if target is None or is_own or column not in model.columns or not target.is_whole:
            continue
        key = SCHEMAS[entity].key
        row = con.execute(
            f"""
            select count(*), count(keys.id)
            from {model.name} as rows
            left join (select distinct cast({key} as varchar) as id from {target.name}) as keys
                on cast(rows.{column} as varchar) = keys.id
            where rows.{column} is not null
            """
        ).fetchone()
        assert row is not None
        rows, found = int(row[0]), int(row[1])
        if not rows or found >= MIN_MATCHED_SHARE * rows:
            continue
        yield Finding(
            "warning" if found else "error",
            f"{source}.{model.table}",
            f"{model.entity}: {found:,} of {rows:,} rows ({found / rows:.1%}) find {what} by"
            f" {model.source_name(column)} = {target.table}.{target.source_name(key)}",
            "compare both columns: leading zeros, decimals, capitals, or ids of another system",
        )
