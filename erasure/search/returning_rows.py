"""Delivered rows of people who were erased before: a redelivery, a backfill, a waiting file.

The rows of given loads are read through the staging views, which know what each column means, and
compared with the tombstones. A row whose address or number is an erased person's makes its record
one of the person's, unless the record was created after the erasure: then somebody who was erased
has come back on their own account.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import duckdb
import pyarrow as pa

from deployment.config import DeploymentConfig
from deployment.source_config.base import ENTITIES
from erasure.keys import addresses
from erasure.search.person import REFERENCES
from erasure.search.queries import column, count, rows_of
from erasure.search.rows import contents, each_once
from erasure.tombstones import Tombstones
from warehouse.quoting import literal

_CUSTOMER = ("email", "phone", "full_name", "country", "created_at")
_SEARCHED = "_load_id in (from temp.searched_loads)"
# What an address in a text looks like, coarsely: `addresses` reads what is found.
_WORD_WITH_AT = r"[^\s<>()\[\],;:|]+[@＠][^\s<>()\[\],;:|]+"


def find_returning_rows(
    con: duckdb.DuckDBPyConnection,
    config: DeploymentConfig,
    tombstones: Tombstones,
    load_ids: Sequence[int],
) -> None:
    """Add the rows of erased people in some loads to the temporary table `erased_rows`.

    New records of these people are added to the tombstones.

    Args:
        con: the working warehouse, with the staging views of the sources that are configured.
        config: the deployment.
        tombstones: hashes of erased people.
        load_ids: the loads.
    """
    con.execute("create or replace temp table searched_loads (load_id bigint)")
    con.execute(
        "insert into temp.searched_loads select unnest($ids::bigint[])", {"ids": list(load_ids)}
    )
    views = dict(_staging_views(con, config))
    for view, (entity, source) in views.items():
        if entity == "customers":
            _find_contacts(con, view, source, config.default_country, tombstones)
    attributed = []
    for view, (_, source) in views.items():
        columns = _columns(con, view)
        for name, referenced in REFERENCES.items():
            if name in columns:
                _find_ids(con, view, name, (referenced, source), tombstones)
        if "source_customer_id" in columns:
            attributed.append(
                f"select _load_id, _row from {view} where source_customer_id is not null"
                f" and {_SEARCHED}"
            )
    nothing = "select null::bigint as _load_id, null::bigint as _row where false"
    con.execute(
        "create or replace temp view attributed_rows as "
        + " union all ".join([*attributed, nothing])
    )
    for query in contents(con, "load_id in (from temp.searched_loads)"):
        _find_addresses(con, query, tombstones)
    each_once(con)


def unread_loads(con: duckdb.DuckDBPyConnection) -> list[int]:
    """Loads that no model has read: they are in the ledger and in no account."""
    has_accounts = count(
        con,
        "select count(*) from duckdb_tables()"
        " where schema_name = 'intermediate' and table_name = 'int_load_accounts'",
    )
    accounted = "select load_id from intermediate.int_load_accounts" if has_accounts else "select 0"
    return column(
        con, f"select load_id from ops.load_ledger where load_id not in ({accounted}) order by 1"
    )


def _staging_views(
    con: duckdb.DuckDBPyConnection, config: DeploymentConfig
) -> Iterator[tuple[str, tuple[str, str]]]:
    """The staging views that exist, with their entity and source."""
    existing = set(
        column(con, "select view_name from duckdb_views() where schema_name = 'staging'")
    )
    for entity in ENTITIES:
        for source in config.sources_by_entity()[entity]:
            name = f"stg_{source}__{entity}"
            if name in existing:
                yield f"staging.{name}", (entity, source)


def _columns(con: duckdb.DuckDBPyConnection, view: str) -> list[str]:
    return [name for name, *_ in rows_of(con, f"describe {view}")]


def _find_contacts(
    con: duckdb.DuckDBPyConnection,
    view: str,
    source: str,
    default_country: str,
    tombstones: Tombstones,
) -> None:
    """Find customer rows by address and number, and learn the ids of their records."""
    there = _columns(con, view)
    selected = ", ".join(
        f"cast({name} as {'timestamp' if name == 'created_at' else 'varchar'}) as {name}"
        if name in there
        else f"null as {name}"
        for name in _CUSTOMER
    )
    rows = rows_of(
        con,
        f"select _load_id, _row, cast(source_customer_id as varchar), {selected} from {view}"
        f" where {_SEARCHED}",
    )
    found = []
    for load_id, row_no, record, email, phone, name, country, created_at in rows:
        # Identity reads the first address of several, too.
        hashed = [tombstones.hashes.of_address(each) for each in addresses(email or "")[:1]]
        if phone:
            hashed.append(tombstones.hashes.of_phone(phone, country or default_country, name) or "")
        days = [day for each in hashed if (day := tombstones.day_of(each)) is not None]
        if not days or (created_at is not None and created_at.date() > max(days)):
            continue
        found.append((load_id, row_no))
        if record is not None:
            tombstones.add([tombstones.hashes.of_id("customers", source, record)], max(days))
    if found:
        con.executemany("insert into temp.erased_rows values (?, ?)", found)


def _find_ids(
    con: duckdb.DuckDBPyConnection,
    view: str,
    name: str,
    of: tuple[str, str],
    tombstones: Tombstones,
) -> None:
    """Find rows by the id of an erased person's record, order or other row."""
    entity, source = of
    values = column(
        con,
        f"select distinct cast({name} as varchar) from {view}"
        f" where {_SEARCHED} and {name} is not null",
    )
    erased = [value for value in values if tombstones.has_id(entity, source, value)]
    if not erased:
        return
    con.register("erased_values", pa.table({"id": pa.array(erased, pa.string())}))
    con.execute(
        f"insert into temp.erased_rows select _load_id, _row from {view}"
        f" where {_SEARCHED} and cast({name} as varchar) in (select id from erased_values)"
    )
    con.unregister("erased_values")


def _find_addresses(con: duckdb.DuckDBPyConnection, query: str, tombstones: Tombstones) -> None:
    """Find rows of no record by an address anywhere in them."""
    words = rows_of(
        con,
        f"""
        select
            load_id,
            row_no,
            unnest(regexp_extract_all(content, {literal(_WORD_WITH_AT)})) as word
        from ({query})
        where content like '%@%' or content like '%＠%'
        """,
    )
    found = {
        (load_id, row_no)
        for load_id, row_no, word in words
        if any(tombstones.has_address(each) for each in addresses(word))
    }
    if found:
        con.executemany("insert into temp.erased_rows values (?, ?)", sorted(found))
