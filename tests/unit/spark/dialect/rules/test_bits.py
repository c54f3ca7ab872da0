"""Shifts and masks in both engines."""

from __future__ import annotations

import duckdb
import pytest

from spark.dialect import UnsupportedConstructError, to_spark
from tests.unit.spark.dialect.engines import Engines

BITS = """
    select * from (values
        (1, 5, 3::bigint, 1180591620717411303424::hugeint + 1023),
        (2, 0, 62, 0),
        (3, 1, 40, 1267650600228229401496703205376),
        (4, null, null, null)
    ) as t(row_no, a, n, h)
"""


def test_counters_in_the_bits_of_a_number_are_read_and_written(engines: Engines) -> None:
    engines.table("bits", BITS)
    engines.assert_same_columns(
        "bits",
        [
            "a << 3", "1::bigint << n", "a::hugeint << 70", "1::hugeint << n", "a::bigint >> 1",
            "a & 3", "(h >> 0) & 1023", "(h >> 10) & 1023", "(h >> 70) & 1023", "h & 1023",
            "h >> 60", "bit_count(a)", "1 << a", "h & 1180591620717411303423",
        ],
    )  # fmt: skip


def test_a_mask_within_a_hugeint_is_refused() -> None:
    con = duckdb.connect()
    con.execute("create table bits (h hugeint)")
    with pytest.raises(UnsupportedConstructError, match="masked"):
        to_spark("select h & 6 from bits", con)
