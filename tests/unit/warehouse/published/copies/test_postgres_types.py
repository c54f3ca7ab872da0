"""Types without a counterpart; test_postgres.py sends every other kind to a real server."""

from __future__ import annotations

import pytest

from warehouse.published.contents import Column
from warehouse.published.copies.copy_report import CopyError
from warehouse.published.copies.postgres_types import postgres_type, sent_value


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("DECIMAL(38,4)", "numeric(38,4)"),
        ("UINTEGER", "bigint"),
        ("DATE[]", "date[]"),
        ("INTEGER[3]", "json"),
        ("VARCHAR[][]", "json"),
        ("STRUCT(a INTEGER)[]", "json"),
        ("JSON", "json"),
    ],
)
def test_a_type_has_its_counterpart(kind: str, expected: str) -> None:
    assert postgres_type(Column("c", kind, None)) == expected


def test_values_that_the_driver_cannot_send_are_cast() -> None:
    assert sent_value(Column("c", "INTEGER", None)) == '"c"'
    assert sent_value(Column("c", "UUID", None)) == 'cast("c" as varchar) as "c"'
    assert sent_value(Column("c", "MAP(VARCHAR, DATE)", None)) == (
        'cast(to_json("c") as varchar) as "c"'
    )


def test_an_unknown_type_is_named_with_its_column() -> None:
    with pytest.raises(CopyError, match="the type BIT of flags has no counterpart"):
        postgres_type(Column("flags", "BIT", None))
