"""Removal of old delivered rows and texts, which the warehouse has in a form of its own.

Every delivered row of an entity has a version (or an event) with all of its values, and no later
run reads the raw row of a file again. The accounts count versions, so delivered = accepted +
rejected + superseded + erased stays true. What stays:

- rows of databases and APIs, with which the next extraction is compared,
- rejected rows and order lines without an order, which are listed as they were delivered,
- rows of tables that provide no entity, which have no other form.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

import duckdb

from deployment.source_config import Entity, FilesSource, Source
from warehouse.pruning.account import Removal, RemovedRows, tables
from warehouse.quoting import literal

RAW_DAYS, TEXTS_DAYS = "raw_days", "texts_days"
_FEEDBACK = "intermediate.int_feedback_versions"


def remove_raw_rows(
    con: duckdb.DuckDBPyConnection, sources: Mapping[str, Source], as_of: date, first: date
) -> list[RemovedRows]:
    """Remove the raw rows of files that were delivered before a day.

    Args:
        con: the warehouse, in a transaction.
        sources: of the configuration, by name.
        as_of: the day of the run.
        first: the first day of delivery that is kept.
    """
    removal = Removal(as_of, RAW_DAYS, first)
    if removal.is_done(con):
        return []
    return [
        removal.remove(con, table, _stored_elsewhere(source, name, entity, first))
        for source, name, entity, table in _file_tables(con, sources)
    ]


def remove_texts(
    con: duckdb.DuckDBPyConnection, sources: Mapping[str, Source], as_of: date, first: date
) -> list[RemovedRows]:
    """Remove what customers wrote before a day; scores, topics and ratings stay.

    Args:
        con: the warehouse, in a transaction.
        sources: of the configuration, by name.
        as_of: the day of the run.
        first: the first day whose texts are kept.
    """
    removal = Removal(as_of, TEXTS_DAYS, first)
    tables = [each for each in _file_tables(con, sources) if each[2] == "feedback"]
    if removal.is_done(con) or not tables:
        return []
    names = ", ".join(f"({literal(source)}, {literal(name)})" for source, name, *_ in tables)
    return [
        *(
            removal.remove(con, table, _stored_elsewhere(source, name, entity, first))
            for source, name, entity, table in tables
        ),
        removal.execute(
            con,
            _FEEDBACK,
            f"""
            update {_FEEDBACK} set text = null
            where text is not null and created_at < date '{first}' and _load_id in (
                select load_id from ops.load_ledger
                where (source, table_name) in ({names}) and delivered_on < date '{first}'
            )
            """,
        ),
        removal.remove(con, "ml.complaint_examples", f"month < date '{first}'"),
    ]


def _file_tables(
    con: duckdb.DuckDBPyConnection, sources: Mapping[str, Source]
) -> Iterator[tuple[str, str, Entity, str]]:
    """Source, name, first entity and raw table of the files' tables whose rows were read."""
    known = tables(con)
    for source_name, source in sources.items():
        if not isinstance(source, FilesSource):
            continue
        for name, table in source.tables.items():
            raw = f"raw_{source_name}.{name}"
            if table.provides and {raw, _versions(table.provides[0])} <= known:
                yield source_name, name, table.provides[0], raw


def _stored_elsewhere(source: str, table: str, entity: Entity, first: date) -> str:
    """Condition of raw rows that were delivered before a day and accepted by their entity."""
    orphans = ""
    if entity == "order_lines":
        orphans = """
            and (_load_id, _row) not in (
                select (_load_id, _row) from intermediate.int_orphan_order_lines
            )
        """
    return f"""
        _load_id in (
            select load_id from ops.load_ledger
            where source = {literal(source)} and table_name = {literal(table)}
                and delivered_on < date '{first}'
        )
        and (_load_id, _row) in (
            select (_load_id, _row) from {_versions(entity)} where _reject_reason is null
        )
        {orphans}
    """


def _versions(entity: Entity) -> str:
    """The table with every delivered row of an entity."""
    name = "int_events_checked" if entity == "events" else f"int_{entity}_versions"
    return f"intermediate.{name}"
