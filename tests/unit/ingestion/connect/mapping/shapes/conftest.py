"""Profiles of a log of baskets with names that no catalogue knows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from ingestion.connect.origins.folder import folder_catalog
from ingestion.connect.profiling.source_profile import SourceProfile, profile_source

Row = tuple[object, ...]
START = datetime.fromisoformat("2025-01-01 09:00")


def basket_rows(baskets: int = 60) -> list[Row]:
    """Rows of (customer, shop, basket, product, pieces, line total, time); 15 customers."""
    rows: list[Row] = []
    for basket in range(baskets):
        at = START + timedelta(days=basket * 3, minutes=basket * 7)
        for line in range(1 + basket % 3):
            product, pieces = (basket * 5 + line) % 13, 1 + ((basket + line) % 4 == 0)
            price = 1.25 + product
            rows.append(
                (
                    100 + basket * 7 % 15, 1 + basket % 3, 9000 + basket, 500 + product, pieces,
                    f"{price * pieces:.2f}", f"{at:%Y-%m-%d %H:%M:%S}",
                )
            )  # fmt: skip
    return rows


Profiled = Callable[..., SourceProfile]


@pytest.fixture
def profiled(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> Profiled:
    """Profile of tables, each given by its header and its rows."""

    def profile(**tables: tuple[str, list[Row]]) -> SourceProfile:
        folder = tmp_path / "exports"
        folder.mkdir()
        for name, (header, rows) in tables.items():
            lines = [header, *(",".join(map(str, row)) for row in rows)]
            (folder / f"{name}.csv").write_text("\n".join(lines) + "\n")
        return profile_source(con, folder_catalog(con, "exports", folder))

    return profile
