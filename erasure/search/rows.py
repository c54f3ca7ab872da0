"""Delivered rows of a person in the working warehouse, as (load_id, row_no) of raw tables.

Rows of entities are found by the ids that staging read from them. A row that belongs to no record,
such as a rejected or an unreadable one, is found by an address, a number or a name of the person in
any of its columns.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import duckdb

from erasure.search.person import REFERENCES, Person
from erasure.search.queries import column, rows_of, text_columns
from warehouse.quoting import identifier, literal

# Tables with every delivered row of an entity, and the day's reading of it.
_EVENTS = "int_events_checked"
# Python's re.escape escapes spaces too, which RE2 refuses.
_BATCH = 20
_SPECIAL = re.compile(r"([.^$*+?{}\[\]\\|()\-])")


def create_rows(con: duckdb.DuckDBPyConnection) -> None:
    """Create the empty temporary table `erased_rows`."""
    con.execute("create or replace temp table erased_rows (load_id bigint, row_no bigint)")


def each_once(con: duckdb.DuckDBPyConnection) -> None:
    """Keep each row of `erased_rows` once."""
    con.execute("create or replace temp table erased_rows as select distinct * from erased_rows")


def find_rows(con: duckdb.DuckDBPyConnection, person: Person) -> None:
    """Fill `erased_rows`; reads `erased_entities`."""
    create_rows(con)
    tables = entity_tables(con)
    for table, columns in tables.items():
        con.execute(
            f"""
            insert into temp.erased_rows
            select _load_id, _row from {table} where {condition(columns)}
            """
        )
    attributed = " union all ".join(
        f"select _load_id, _row from {table} where _reject_reason is null"
        + (" and source_customer_id is not null" if "source_customer_id" in columns else "")
        for table, columns in tables.items()
    )
    con.execute(f"create or replace temp view attributed_rows as {attributed}")
    _find_by_content(con, person)
    each_once(con)


def condition(columns: Sequence[str]) -> str:
    """Condition that a row of an entity is the person's, by the references that it has.

    A row of another record is not, even if it names an order of the person.
    """
    own = "(source, source_customer_id) in (select (source, id) from temp.erased_records)"
    others = [
        f"('{entity}', source, {name}) in (from temp.erased_entities)"
        for name, entity in REFERENCES.items()
        if name in columns and entity != "customers"
    ]
    if "source_customer_id" not in columns:
        return " or ".join(others)
    if not others:
        return own
    return f"{own} or (source_customer_id is null and ({' or '.join(others)}))"


def raw_tables(con: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    """Schema and name of every raw table."""
    return rows_of(
        con,
        """
        select schema_name, table_name from duckdb_tables()
        where database_name = current_database() and starts_with(schema_name, 'raw_')
        order by all
        """,
    )


def entity_tables(con: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    """Columns of the tables that hold each delivered row of an entity."""
    names = column(
        con,
        """
        select table_name from duckdb_tables()
        where schema_name = 'intermediate' and database_name = current_database()
            and (table_name like 'int\\_%\\_versions' escape '\\' or table_name = $events)
        order by 1
        """,
        events=_EVENTS,
    )
    return {
        f"intermediate.{name}": column(
            con,
            """
            select column_name from duckdb_columns()
            where schema_name = 'intermediate' and table_name = $name
                and database_name = current_database()
            """,
            name=name,
        )
        for name in names
    }


def contents(con: duckdb.DuckDBPyConnection, loads: str = "true") -> Iterator[str]:
    """Queries of the rows that belong to no record: load_id, row_no and `content`, all their text.

    Reads `attributed_rows` and `erased_rows`.

    Args:
        con: the working warehouse.
        loads: condition on load_id.
    """
    (database,) = con.execute("select current_database()").fetchone() or ("",)
    for schema, name in raw_tables(con):
        columns = text_columns(con, database, schema, name)
        if not columns:
            continue
        content = ", ".join(f"cast({identifier(each)} as varchar)" for each in columns)
        yield f"""
            select
                raw._load_id as load_id,
                raw._row as row_no,
                concat_ws(chr(10), {content}) as content
            from {identifier(schema, name)} as raw
            anti join temp.attributed_rows as attributed
                on raw._load_id = attributed._load_id and raw._row = attributed._row
            anti join temp.erased_rows as erased
                on raw._load_id = erased.load_id and raw._row = erased.row_no
            where {loads.replace("load_id", "raw._load_id")}
        """
    yield f"select load_id, row_no, content from ops.unreadable_rows where {loads}"


def mentions(text: str, needles: Sequence[str]) -> str:
    """SQL condition that a text expression has any of some texts, in any case.

    RE2 limits the size of a pattern, so that each has some needles only.
    """
    patterns = [
        "|".join(
            _SPECIAL.sub(r"\\\1", needle.lower()) for needle in needles[start : start + _BATCH]
        )
        for start in range(0, len(needles), _BATCH)
    ]
    found = [f"regexp_matches(lower({text}), {literal(pattern)})" for pattern in patterns]
    return f"({' or '.join(found)})" if found else "false"


def _find_by_content(con: duckdb.DuckDBPyConnection, person: Person) -> None:
    texts = {*person.texts, *person.phrases, *person.customer_ids}
    needles = [needle for needle in person.needles if needle not in texts]
    if not needles:
        return
    for query in contents(con):
        con.execute(
            f"""
            insert into temp.erased_rows
            select load_id, row_no from ({query})
            where {mentions("content", needles)}
            """
        )
