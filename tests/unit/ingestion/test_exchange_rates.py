from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from deployment.project import CONFIG
from ingestion.exchange_rates import ExchangeRatesError, write_exchange_rates

SCHEMA = Path(__file__).parents[3] / "warehouse" / "schema.sql"


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    con.execute(SCHEMA.read_text("utf-8"))
    return con


def rates(con: duckdb.DuckDBPyConnection) -> list[tuple[object, ...]]:
    return con.execute("from ops.exchange_rates order by all").fetchall()


def test_a_file_replaces_the_rates_before(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    path = tmp_path / "rates.csv"
    path.write_text("date,currency,rate\n2026-01-01,SEK,0.09\n")
    assert write_exchange_rates(con, path) == []
    path.write_text("\ufeffCurrency;Date;Rate;Source\n sek ;2026-02-01;0.0879;bank\n")
    assert write_exchange_rates(con, path) == []

    assert rates(con) == [(date(2026, 2, 1), "SEK", Decimal("0.0879"))]


def test_an_unreadable_line_is_reported_and_left_out(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    path = tmp_path / "rates.csv"
    path.write_text(
        "date,currency,rate\n"
        "2026-01-01,SEK,0.09\n"
        "2026-01-01,SEK,0.10\n"
        "01/02/2026,SEK,0.09\n"
        "2026-01-01,kronor,0.09\n"
        "2026-01-01,NOK,0\n"
        "2026-01-01,DKK,nan\n"
        "2026-01-01,USD\n"
    )

    problems = write_exchange_rates(con, path)

    assert [problem.removeprefix(f"{path}: ") for problem in problems] == [
        "line 4: expected a date such as 2026-01-31",
        "line 5: expected a three-letter currency such as SEK",
        "line 6: expected a positive rate such as 0.0873",
        "line 7: expected a positive rate such as 0.0873",
        "line 8: expected a rate such as 0.0873",
    ]
    assert rates(con) == [(date(2026, 1, 1), "SEK", Decimal("0.10"))]


def test_a_file_without_a_column_is_refused(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    path = tmp_path / "rates.csv"
    path.write_text("day,currency,rate\n2026-01-01,SEK,0.09\n")
    with pytest.raises(ExchangeRatesError, match="found no date"):
        write_exchange_rates(con, path)
    with pytest.raises(ExchangeRatesError, match="found none"):
        write_exchange_rates(con, tmp_path / "absent.csv")


def test_the_sample_is_readable(con: duckdb.DuckDBPyConnection) -> None:
    assert write_exchange_rates(con, CONFIG / "examples" / "exchange_rates.csv") == []
    assert len(rates(con)) == 4
