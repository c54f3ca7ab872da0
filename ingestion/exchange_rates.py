"""Table of exchange rates: read from the deployment's CSV file, written for dbt."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path

import duckdb

from deployment.errors import HoldfastError
from warehouse.transaction import transaction

COLUMNS = ("date", "currency", "rate")
# Limits of the column ops.exchange_rates.rate, decimal(18, 10).
_LARGEST_RATE = Decimal(99999999)
_SMALLEST_STEP = Decimal("0.0000000001")

Rate = tuple[date, str, Decimal]


class ExchangeRatesError(HoldfastError):
    """The file of exchange rates cannot be read; the text has the file and what it lacks."""


def write_exchange_rates(con: duckdb.DuckDBPyConnection, path: Path) -> list[str]:
    """Replace `ops.exchange_rates` by the rows of a file.

    Args:
        con: the warehouse.
        path: CSV with the columns date (ISO 8601), currency (ISO 4217) and rate, separated by
            commas or semicolons. An amount times the rate is in the deployment's currency. Of two
            rows of a date and currency the later one is valid.

    Returns:
        One message for each row that cannot be read, with its line. Such a row has no rate.

    Raises:
        ExchangeRatesError: the file is absent, is not UTF-8 text, or lacks a column.
    """
    rates: dict[tuple[date, str], Decimal] = {}
    problems = []
    for line, row in _rows(path):
        try:
            rated_on, currency, rate = _parsed(row)
        except ValueError as error:
            problems.append(f"{path}: line {line}: {error}")
        else:
            rates[rated_on, currency] = rate
    with transaction(con):
        con.execute("delete from ops.exchange_rates")
        if rates:
            con.execute(
                "insert into ops.exchange_rates select unnest(?::date[]), unnest(?::varchar[]),"
                " unnest(?::decimal(18, 10)[])",
                [
                    [rated_on for rated_on, _ in rates],
                    [currency for _, currency in rates],
                    list(rates.values()),
                ],
            )
    return problems


def _rows(path: Path) -> Iterator[tuple[int, Mapping[str, str | None]]]:
    """Rows of the file by name of the column, each with its line."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ExchangeRatesError(
            f"{path}: expected a CSV file of exchange rates, found none ({error.strerror})"
        ) from None
    except UnicodeDecodeError:
        raise ExchangeRatesError(f"{path}: expected UTF-8 text, found other bytes") from None
    lines = text.splitlines()
    header = lines[0] if lines else ""
    reader = csv.DictReader(lines, delimiter=";" if ";" in header else ",")
    found = [(name or "").strip().lower() for name in reader.fieldnames or ()]
    lacking = [name for name in COLUMNS if name not in found]
    if lacking:
        raise ExchangeRatesError(
            f"{path}: expected the columns {', '.join(COLUMNS)},"
            f" found no {' and no '.join(lacking)}"
        )
    reader.fieldnames = found
    for row in reader:
        yield reader.line_num, row


def _parsed(row: Mapping[str, str | None]) -> Rate:
    """Date, currency and rate of a row.

    Raises:
        ValueError: a value is unreadable, or the rate is not a positive number that fits.
    """
    texts = {name: (row.get(name) or "").strip() for name in COLUMNS}
    try:
        rated_on = date.fromisoformat(texts["date"])
    except ValueError:
        raise ValueError("expected a date such as 2026-01-31") from None
    currency = texts["currency"].upper()
    if len(currency) != len("EUR") or not currency.isalpha():
        raise ValueError("expected a three-letter currency such as SEK")
    try:
        rate = Decimal(texts["rate"])
    except InvalidOperation:
        raise ValueError("expected a rate such as 0.0873") from None
    if not rate.is_finite() or not _SMALLEST_STEP <= rate <= _LARGEST_RATE:
        raise ValueError("expected a positive rate such as 0.0873")
    return rated_on, currency, rate.quantize(_SMALLEST_STEP)
