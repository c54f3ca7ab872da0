from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from spark.engine.inputs import (
    Inputs,
    Relation,
    columns_of,
    empty_relations,
    newest_load,
    with_plain_names,
)
from warehouse.lake import Lake

EVENTS = Relation("intermediate", "int_events")


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as con:
        con.execute("create schema intermediate")
        con.execute("create table intermediate.int_events (_load_id bigint, total hugeint)")
        con.execute("insert into intermediate.int_events values (3, 1::hugeint << 100), (2, null)")
        yield con


def test_each_relation_of_a_statement_gets_one_name_and_keeps_its_alias() -> None:
    statement = 'select e.id, load_ledger.id from "w"."intermediate"."int_events" as e'
    statement += '\n    inner join "w"."ops"."load_ledger" using (id)'
    translated, relations = with_plain_names(statement)
    assert relations == {EVENTS, Relation("ops", "load_ledger")}
    assert '"intermediate__int_events" as e' in translated
    assert '"ops__load_ledger" as "load_ledger" using' in translated


def test_loads_are_left_out_only_where_the_statement_leaves_them_out(
    con: duckdb.DuckDBPyConnection,
) -> None:
    assert newest_load(con, EVENTS, "select * from delivered where _load_id > 3") == 3
    assert newest_load(con, EVENTS, "select * from delivered where _load_id > 30") is None
    assert newest_load(con, EVENTS, "select * from delivered") is None


def test_the_translator_gets_the_types_and_no_rows(con: duckdb.DuckDBPyConnection) -> None:
    with empty_relations(con, {EVENTS}) as empty:
        query = "from intermediate__int_events"
        assert columns_of(empty, query) == {"_load_id": "BIGINT", "total": "HUGEINT"}
        assert empty.execute(query).fetchall() == []


def test_a_relation_is_written_with_all_digits_and_only_the_rows_of_a_condition(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    inputs = Inputs(con, Lake(tmp_path), tmp_path / "_inputs")
    path = inputs.write(EVENTS, EVENTS.columns(con), "_load_id > 2")
    assert con.execute(f"select * from '{path}'").fetchall() == [(3, 1 << 100)]
