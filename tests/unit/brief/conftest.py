"""A published file with everything that a brief can show."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from tests.unit.brief.published_file import a_year, published_file


@pytest.fixture(scope="session")
def con(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """The file, opened as the brief opens it."""
    path = published_file(tmp_path_factory.mktemp("published") / "holdfast.duckdb", a_year())
    with duckdb.connect(str(path), read_only=True) as connection:
        yield connection
