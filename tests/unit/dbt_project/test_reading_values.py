"""Amounts, minor units and ids as staging reads them, and the names of lost fields."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import duckdb
import pytest

from deployment.project import SEEDS
from tests.unit.dbt_project.conftest import ParsedProject

READINGS = {
    "point": "read_amount('given')",
    "comma": "read_amount('given', decimals=',')",
    "euro": "read_amount('given', decimals=',', currency=\"'EUR'\")",
    "dinar": "read_amount('given', currency=\"'kwd'\")",
    "yen": "read_amount('given', currency=\"'JPY'\")",
    "price": "read_amount('given', scale=4)",
    "id": "read_id('given')",
    "currency": "currency_of('given')",
    **{
        code: f"from_minor_units('given', \"'{code}'\")"
        for code in ("jpy", "KWD", "eur", "UYW", "nothing")
    },
}
Read = Callable[..., str | None]


@pytest.fixture(scope="module")
def con(project: ParsedProject) -> Iterator[duckdb.DuckDBPyConnection]:
    columns = ",\n".join(f'{{{{ {macro} }}}} as "{name}"' for name, macro in READINGS.items())
    query = project.query(f"select {columns}, given from given").replace('"warehouse".', "")
    with duckdb.connect() as con:
        con.execute("create schema seeds")
        con.execute(f"create table seeds.currencies as from '{SEEDS / 'currencies.csv'}'")
        con.execute("create table given (given varchar)")
        con.execute(f"create view readings as {query}")
        reasons = project.query(
            """
            select
                {{ first_failed([('given', 'comma', 'price')]) }} as reason,
                {{ lost_fields([('given', 'comma', 'net_amount'), ('given', 'yen', 'cost')]) }}
                    as lost
            from readings
            """
        )
        con.execute(f"create view reasons as {reasons}")
        yield con


@pytest.fixture(scope="module")
def read(con: duckdb.DuckDBPyConnection) -> Read:
    def read(reading: str, given: str | float | None, view: str = "readings") -> str | None:
        con.execute("create or replace table given as select $1 as given", [given])
        if isinstance(given, str) or given is None:
            con.execute("alter table given alter given type varchar")
        row = con.execute(f'select cast("{reading}" as varchar) from {view}').fetchone()
        assert row is not None
        return row[0]

    return read


@pytest.mark.parametrize(
    ("given", "amount"),
    [
        # A file of a European bank; the fourth and fifth row are of another format.
        ("1.234,56", "1234.560"),
        ("12,50", "12.500"),
        ("1.000", "1000.000"),
        ("12.125", None),
        ("1,234.56", None),
        ("(12,00)", "-12.000"),
        ("9,999", "9.999"),
        ("-1.000", "-1000.000"),
        ("1.234.567", "1234567.000"),
        ("-12,00", "-12.000"),
        ("1 234,5", "1234.500"),
        ("1\u202f234\u202f567,89", "1234567.890"),
        ("1\u00a0234,50 €", "1234.500"),
        ("€ 9,90", "9.900"),
        ("-€9,90", "-9.900"),
        ("EUR 9,90", "9.900"),
        ("12,00-", "-12.000"),
        ("−7,5", "-7.500"),
        ("1'234,50", "1234.500"),
        ("1234", "1234.000"),
        ("0,5", "0.500"),
        ("+3,00", "3.000"),
        ("12,3400", "12.340"),
        ("", None),
        (None, None),
    ],
)
def test_an_amount_with_a_decimal_comma_is_read(
    read: Read, given: str | None, amount: str | None
) -> None:
    assert read("comma", given) == amount


@pytest.mark.parametrize(
    "given",
    ["12.50", "1,234.56", "1.23,4", "12,3,4", "1 2 3", "1.2345", "twelve", "€", "-", "1,2x", "--1",
     "(-5)", "(5", "1,2345", "9.999", "1E+5", "NaN", "99999999999999999999"],
)  # fmt: skip
def test_what_is_no_such_amount_is_refused_with_its_reason(read: Read, given: str) -> None:
    assert read("comma", given) is None
    assert read("reason", given, "reasons") == f"unreadable price: {given}"


@pytest.mark.parametrize(
    ("given", "amount"),
    [
        ("1234.56", "1234.560"),
        ("12.5", "12.500"),
        ("1.000", "1.000"),
        ("12.125", "12.125"),
        ("9.999", "9.999"),
        ("$1,234.56", "1234.560"),
        ("1,000", "1000.000"),
        ("1,234,567.89", "1234567.890"),
        (".50", "0.500"),
        ("19.990000000000002", "19.990"),
        ("0.30000000000000004", "0.300"),
        ("1,234", None),
        ("12,50", None),
        ("1.2345", None),
    ],
)
def test_an_amount_with_a_decimal_point_is_read(read: Read, given: str, amount: str | None) -> None:
    assert read("point", given) == amount


@pytest.mark.parametrize("given", [1234.56, 12.5, 1000.0, 12.125, 9.999, -12.0, 0.1 + 0.2])
def test_a_number_is_its_own_amount(read: Read, given: float) -> None:
    assert read("point", given) == f"{given:.3f}"


def test_no_amount_has_more_decimals_than_its_currency(read: Read) -> None:
    assert read("euro", "9,999") is None
    assert read("euro", "9,990") == "9.990"
    assert read("dinar", "12.345") == "12.345"
    assert read("yen", "12.5") is None
    assert read("yen", "12000.00") == "12000.000"
    assert read("price", "0.0125") == "0.0125"
    assert read("price", "0.01255") is None


@pytest.mark.parametrize(
    ("currency", "given", "amount"),
    [
        ("jpy", "12000", "12000.000"),
        ("KWD", "12345", "12.345"),
        ("eur", "12345", "123.450"),
        ("eur", "-12345", "-123.450"),
        ("eur", "12345.0", "123.450"),
        ("eur", "123.45", None),
        ("eur", "twelve", None),
        ("eur", "1234567890123456789", None),
        ("UYW", "12345", None),
        ("nothing", "12345", None),
        ("eur", None, None),
    ],
)
def test_minor_units_have_the_decimals_of_their_currency(
    read: Read, currency: str, given: str | None, amount: str | None
) -> None:
    assert read(currency, given) == amount


def test_every_row_has_the_decimals_of_its_own_currency(
    project: ParsedProject, con: duckdb.DuckDBPyConnection
) -> None:
    con.execute(
        "create or replace table charges as from (values ('ch_1', 'jpy', '12000'),"
        " ('ch_2', 'kwd', '12345'), ('ch_3', 'eur', '12345')) as t (id, currency, amount)"
    )
    query = project.query("select id, {{ from_minor_units('amount', 'currency') }} from charges")
    rows = con.execute(query.replace('"warehouse".', "")).fetchall()
    assert {id_: str(amount) for id_, amount in rows} == {
        "ch_1": "12000.000",
        "ch_2": "12.345",
        "ch_3": "123.450",
    }


@pytest.mark.parametrize(
    ("given", "read_as"),
    [
        ("00042", "00042"),
        ("'00042", "00042"),
        ("12345", "12345"),
        ("12345.0", "12345"),
        (" 77 ", "77"),
        ("900719925474099312", "900719925474099312"),
        ("9.00719925474099E+17", None),
        ("9.007E+17", None),
        ("4.47701e+11", None),
        ("900719925474099312.0", None),
        ("#N/A", None),
        ("12E45", "12E45"),
        ("A-1.0", "A-1.0"),
        ("6ba7b810-9dad-11d1", "6ba7b810-9dad-11d1"),
        ("", None),
    ],
)
def test_an_id_is_read_unless_a_spreadsheet_damaged_it(
    read: Read, given: str, read_as: str | None
) -> None:
    assert read("id", given) == read_as


@pytest.mark.parametrize(
    ("given", "named"),
    [("12.50", None), ("USD 12.50", "USD"), ("12,50€", "€"), ("US$ 5", "US$"), ("-£3", "£")],
)
def test_an_amount_may_name_its_currency(read: Read, given: str, named: str | None) -> None:
    assert read("currency", given) == named


def test_an_id_of_a_float_column_is_whole(read: Read) -> None:
    assert read("id", 12345.0) == "12345"
    assert read("id", 9.00719925474099e17) is None


def test_a_lost_field_is_named_by_its_canonical_column(read: Read) -> None:
    assert read("lost", "12,5", "reasons") == "[cost]"
    assert read("lost", "12.5", "reasons") == "[net_amount, cost]"
    assert read("lost", "12", "reasons") is None
    assert read("lost", "", "reasons") is None
    assert read("lost", None, "reasons") is None
