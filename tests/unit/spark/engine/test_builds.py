"""Builds of models by Spark on two threads of this machine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import duckdb
import pytest

from deployment.engine.spark import Spark
from spark.engine.builds import FUNCTION, Builds, Request
from spark.engine.errors import SparkError
from spark.engine.session import Session
from tests.spark_options import QUICK
from warehouse.lake import Lake

# One partition, so that a build writes one file.
OPTIONS = {**QUICK, "spark.driver.memory": "600m", "spark.sql.shuffle.partitions": "1"}


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    session = Session(Spark(master="local[2]", options=OPTIONS))
    yield session
    session.stop()


class Company:
    """A working file with delivered rows, and builds of the model `intermediate.totals`."""

    def __init__(self, folder: Path, session: Session) -> None:
        self.lake = Lake(folder / "lake")
        self._con = duckdb.connect(str(folder / "warehouse.duckdb"))
        self._con.execute("create schema staging; create schema intermediate")
        self._builds = Builds(self._con, self.lake, session)

    def deliver(self, *rows: str) -> None:
        """Replace the staging rows: _load_id, day, amount."""
        self._con.execute(
            "create or replace table staging.sales (_load_id bigint, day date, amount hugeint)"
        )
        for row in rows:
            self._con.execute(f"insert into staging.sales values {row}")

    def build(self, condition: str = "true", *, is_incremental: bool, key: str = "") -> None:
        statement = f"""
            select _load_id, day, sum(amount) as amount from "warehouse"."staging"."sales"
            where {condition} group by all
        """
        request = Request("intermediate", "totals", statement, is_incremental, key.split())
        query = self._builds.build(request)
        self._con.execute("drop table if exists intermediate.totals") if self.is_table() else None
        self._con.execute(f"create or replace view intermediate.totals as {query}")

    def is_table(self) -> bool:
        found = self._con.execute("select 1 from duckdb_tables() where table_name = 'totals'")
        return bool(found.fetchall())

    def offered(self, request: Request) -> str:
        """The query of a model that is built by the function, on another connection."""
        with self._builds.offered(), self._con.cursor() as other:
            ((query,),) = other.execute(
                f"select {FUNCTION}($request${json.dumps(asdict(request))}$request$)"
            ).fetchall()
        return str(query)

    def execute(self, statement: str) -> list[tuple[object, ...]]:
        return self._con.execute(statement).fetchall()

    def rows(self) -> list[tuple[object, ...]]:
        return self.execute(
            "select _load_id, day::varchar, amount from intermediate.totals order by 1"
        )

    def files(self) -> list[Path]:
        return self.lake.files(self._con, "intermediate", "totals") or []


@pytest.fixture
def company(tmp_path: Path, session: Session) -> Company:
    return Company(tmp_path, session)


JULY = "(1, '2026-07-01', 10), (1, '2026-07-01', 5)"


def test_the_rows_and_types_are_those_of_duckdb(company: Company) -> None:
    company.deliver(f"{JULY}, (2, '0001-01-01', 1::hugeint << 100)")
    company.build(is_incremental=False)
    assert company.rows() == [(1, "2026-07-01", 15), (2, "0001-01-01", 1 << 100)]
    described = company.execute("describe intermediate.totals")
    assert [row[1] for row in described] == ["BIGINT", "DATE", "HUGEINT"]


def test_new_loads_are_appended_and_only_they_are_read(company: Company) -> None:
    company.deliver(JULY)
    company.build(is_incremental=False)
    # The first load has other rows; a build that read it again would show them.
    company.deliver("(1, '2026-07-01', 99), (2, '2026-07-02', 7)")
    company.build("_load_id > 1", is_incremental=True)
    assert company.rows() == [(1, "2026-07-01", 15), (2, "2026-07-02", 7)]


def test_rows_of_a_new_key_are_replaced_and_other_files_stay(company: Company) -> None:
    company.deliver("(1, '2026-07-01', 10), (2, '2026-07-02', 7)")
    company.build("_load_id = 1", is_incremental=False)
    company.build("_load_id = 2", is_incremental=True, key="day")
    (first, second) = company.files()
    company.deliver("(3, '2026-07-02', 8), (4, '2026-07-03', 9)")
    company.build(is_incremental=True, key="day")
    assert company.rows() == [(1, "2026-07-01", 10), (3, "2026-07-02", 8), (4, "2026-07-03", 9)]
    assert first in company.files()
    assert second not in company.files()


def test_a_table_of_the_working_file_becomes_the_first_file(company: Company) -> None:
    company.execute(
        "create table intermediate.totals as"
        " select 1::bigint as _load_id, date '2026-07-01' as day, 15::hugeint as amount"
    )
    company.deliver("(2, '2026-07-02', 7)")
    company.build(is_incremental=True)
    assert company.rows() == [(1, "2026-07-01", 15), (2, "2026-07-02", 7)]


def test_a_failed_build_keeps_the_rows_and_the_next_one_deletes_what_it_left(
    company: Company,
) -> None:
    company.deliver(JULY)
    company.build(is_incremental=False)
    company.deliver("(2, '2026-07-02', 0)")
    with pytest.raises(SparkError, match="could not build totals"):
        company.build("cast('no number ' || amount as integer) = 1", is_incremental=True)
    assert company.rows() == [(1, "2026-07-01", 15)]
    company.build(is_incremental=True)
    folders = {path.parent for path in company.files()}
    assert set((company.lake.root / "intermediate" / "totals").iterdir()) == folders


# The last test: the session ends with the offer.
def test_a_build_is_a_function_of_duckdb_as_long_as_it_is_offered(company: Company) -> None:
    company.deliver(JULY)
    statement = 'select day, amount from "warehouse"."staging"."sales" as sales'
    query = company.offered(Request("intermediate", "totals", statement, is_incremental=False))
    assert company.execute(f"select sum(amount) from ({query})") == [(15,)]
    with pytest.raises(duckdb.CatalogException, match=FUNCTION):
        company.execute(f"select {FUNCTION}('')")
