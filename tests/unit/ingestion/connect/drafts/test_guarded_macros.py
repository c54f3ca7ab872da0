"""No draft reads a time or an amount by a plain cast, whatever the source's types and forms."""

from __future__ import annotations

import re

import duckdb
import pytest

from ingestion.connect.connection import Connection
from tests.unit.ingestion.connect.conftest import (
    Deliver,
    Project,
    shop_with_a_customer_per_order,
)

# A cast of money or time in SQL, in any spelling; a cast of an id or a word is to varchar.
BARE = re.compile(
    r"cast\([^()]*\s+as\s+(timestamp|date|time\b|decimal|numeric|float)"
    r"|::\s*(timestamp|date|decimal|numeric|double|float)"
    r"|strptime|epoch_ms|make_timestamp|to_timestamp|to_local|try_timestamp|iso_to_utc"
    r"|decimal_comma",
    re.IGNORECASE,
)


def bare_casts(project: Project, name: str) -> list[str]:
    return [
        f"{path.name}: {line.strip()}"
        for path in sorted(project.staging(name).glob("*.sql"))
        for line in path.read_text().splitlines()
        if BARE.search(line) and not line.strip().startswith("--")
    ]


def test_the_pattern_finds_a_bare_cast() -> None:
    assert BARE.search("cast(total as decimal(18, 2)) as net_amount")
    assert BARE.search("try_cast(source.placed as timestamp) as ordered_at")
    assert not BARE.search("cast(order_no as varchar) as source_order_id")
    assert not BARE.search("{{ read_timestamp('placed') }} as ordered_at")


def test_the_demo_company_s_drafts_have_none(
    demo_company: tuple[Project, dict[str, Connection]],
) -> None:
    project, connections = demo_company
    assert [line for name in connections for line in bare_casts(project, name)] == []


def test_sums_lookups_and_texts_have_none(project: Project, deliver: Deliver, shop: None) -> None:
    project.connect("corner", shop_with_a_customer_per_order(deliver))
    assert bare_casts(project, "corner") == []


@pytest.mark.parametrize("grouped", [True, False])
def test_typed_columns_have_none(
    con: duckdb.DuckDBPyConnection, project: Project, deliver: Deliver, grouped: bool
) -> None:
    folder = deliver("readme.md", "-")
    order = "n // 2" if grouped else "n"
    con.execute(
        f"""
        copy (
            select
                {order} as order_id, n as product_id, 'C' || n % 9 as customer_id,
                timestamp '2026-01-01 10:00:00' + to_days(cast(n % 28 as integer)) as ordered_at,
                cast(n + 0.5 as double) as unit_price, n % 3 + 1 as quantity,
                cast(n + 0.5 as decimal(18, 2)) as total, date '2026-01-01' as refunded_at,
                timestamptz '2026-01-01 10:00:00+00' as cancelled_at
            from range(60) as numbers (n)
        ) to '{folder / "order_lines.parquet"}'
        """
    )
    project.connect("till", folder)
    assert list(project.staging("till").glob("*.sql"))
    assert bare_casts(project, "till") == []
