from __future__ import annotations

import duckdb
import pytest

from ingestion.connect.profiling.column_values import ColumnValues
from ingestion.connect.profiling.forms.number_forms import NumberForms, id_forms, number_forms
from tests.unit.ingestion.connect.conftest import Deliver, profile_of


def _values(con: duckdb.DuckDBPyConnection, deliver: Deliver, values: list[str]) -> ColumnValues:
    table = profile_of(con, deliver, n=[str(n) for n in range(len(values))], x=values)
    return ColumnValues.of(con, table.table, "x")


@pytest.mark.parametrize(
    ("value", "form"),
    [
        ("12", "whole"), ("-12", "whole"), ("12,5", "comma"), ("1.234,56", "comma"),
        ("(12,00)", "comma"), ("9,90 €", "comma"), ("EUR 9,90", "comma"), ("1.234.567", "comma"),
        ("12.5", "point"), ("1,234.56", "point"), ("0.125", "point"),
        (".5", "point"), ("9,999", "comma_or_thousands"), ("1.000", "point_or_thousands"),
    ],
)  # fmt: skip
def test_each_number_has_one_form(
    con: duckdb.DuckDBPyConnection, deliver: Deliver, value: str, form: str
) -> None:
    assert number_forms(_values(con, deliver, [value, value])) == NumberForms(**{form: 2})


def test_words_and_days_are_no_numbers(con: duckdb.DuckDBPyConnection, deliver: Deliver) -> None:
    assert number_forms(_values(con, deliver, ["twelve", "2026-01-02", "1.2.3", "NaN"])).known == 0


def test_more_commas_than_points_decide_for_the_comma() -> None:
    forms = NumberForms(comma=3, point=1, point_or_thousands=2, comma_or_thousands=1)
    assert forms.has_decimal_comma
    assert forms.unlike == 3
    assert not forms.is_either
    assert NumberForms(point_or_thousands=2).is_either
    assert not NumberForms(point_or_thousands=2).has_decimal_comma


def test_ids_that_a_spreadsheet_has_rewritten_are_counted(
    con: duckdb.DuckDBPyConnection, deliver: Deliver
) -> None:
    ids = id_forms(_values(con, deliver, ["42", "12345.0", "9.00719925474099E+17", "00042"]))
    assert (ids.digits, ids.floats, ids.scientific, ids.padded) == (2, 1, 1, 1)
    assert ids.is_damaged


def test_a_product_code_with_an_e_is_no_damaged_number(
    con: duckdb.DuckDBPyConnection, deliver: Deliver
) -> None:
    assert not id_forms(_values(con, deliver, ["5E10", "6E11", "AB12"])).is_damaged
