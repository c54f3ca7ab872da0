"""Execution of the generator's SQL files, whose parameters are DuckDB variables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

import duckdb

TIME_ZONE = "Europe/Berlin"
# Days after a touch in which its effect shows: the horizon of the demo's churn definition.
HORIZON_DAYS = 90
PEOPLE_A_BATCH = 25_000
# Orders of a person are numbered below 256: up to 198 by occasion, 200 to 235 where a touch keeps
# the person, and from 236 four numbers for each Christmas season.
CHRISTMAS_SEASONS = 5

SQL = Path(__file__).parent / "sql"
WORDS = Path(__file__).parent / "words"


def set_variables(
    connection: duckdb.DuckDBPyConnection, variables: Mapping[str, float | str | date]
) -> None:
    """Set the variables that the files read with `getvariable`."""
    for name, value in variables.items():
        connection.execute(f"set variable {name} = {_literal(value)}")


def set_company(
    connection: duckdb.DuckDBPyConnection,
    seed: int,
    first_date: date,
    last_date: date,
    christmas: bool = False,
) -> None:
    """Set the variables that the people and their orders depend on.

    Raises:
        ValueError: more Christmas seasons than orders have numbers for.
    """
    if christmas and last_date.year - first_date.year >= CHRISTMAS_SEASONS:
        raise ValueError(
            f"christmas: {CHRISTMAS_SEASONS} calendar years at most were expected, "
            f"found {first_date} to {last_date}"
        )
    set_variables(
        connection,
        {
            "seed": seed,
            "first_date": first_date,
            "days": (last_date - first_date).days + 1,
            "horizon_days": HORIZON_DAYS,
            "christmas": christmas,
            "time_zone": TIME_ZONE,
            "words": str(WORDS),
        },
    )


def run_files(connection: duckdb.DuckDBPyConnection, names: tuple[str, ...]) -> None:
    """Execute files of `demo/sql` in the given order."""
    for name in names:
        connection.execute((SQL / f"{name}.sql").read_text(encoding="utf-8"))


def batches(connection: duckdb.DuckDBPyConnection, people: int) -> Iterator[int]:
    """Number each batch from 0, and set the variables of its first and last person."""
    for number, first in enumerate(range(1, people + 1, PEOPLE_A_BATCH)):
        last = min(first + PEOPLE_A_BATCH - 1, people)
        set_variables(connection, {"first_person": first, "last_person": last})
        yield number


def _literal(value: float | str | date) -> str:
    """A value as an SQL literal. A bound parameter makes DuckDB import pandas (0.5 s)."""
    if isinstance(value, date):
        return f"date '{value.isoformat()}'"
    if isinstance(value, (int, float)):
        return str(value).lower()
    return "'" + value.replace("'", "''") + "'"
