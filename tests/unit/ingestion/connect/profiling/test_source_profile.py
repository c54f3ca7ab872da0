from __future__ import annotations

import duckdb

from ingestion.connect.origins.folder import folder_catalog
from ingestion.connect.profiling.source_profile import profile_source
from tests.unit.ingestion.connect.conftest import Deliver


def test_references_are_found_from_both_ends(
    con: duckdb.DuckDBPyConnection, deliver: Deliver
) -> None:
    deliver("people.csv", "person_no,city\n" + "".join(f"P{n},X\n" for n in range(40)))
    folder = deliver(
        "sales.csv", "sale_no,person_no\n" + "".join(f"{n},P{n % 40}\n" for n in range(90))
    )
    profile = profile_source(con, folder_catalog(con, "exports", folder))
    assert set(profile.keys) == set(profile.tables) == {"people", "sales"}
    (reference,) = profile.references_of("sales")
    assert [reference] == profile.references_to("people") == profile.references
    assert [reference] == profile.references_of("sales", "person_no")
    assert profile.references_of("sales", "sale_no") == []
