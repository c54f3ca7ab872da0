from __future__ import annotations

import pytest

from warehouse.published.tables import PublicationError, PublishedTable, tables_from_manifest


def test_the_published_models_of_a_manifest_are_found_with_their_grain() -> None:
    daily = {"materialized": "incremental", "unique_key": "snapshot_date"}

    def node(
        kind: str, name: str, config: dict[str, str] | None = None, **meta: object
    ) -> dict[str, object]:
        return {
            "resource_type": kind,
            "name": name,
            "schema": "marts",
            "config": {"meta": meta, **(config or {})},
        }

    manifest = {
        "nodes": {
            "a": node("model", "two", daily, published=True, grain=["snapshot_date", "id"]),
            "b": node("model", "one", published=True, grain=["id"]),
            "c": node("model", "inner"),
            "d": node("test", "one", published=True),
        }
    }
    assert tables_from_manifest(manifest) == [
        PublishedTable("marts", "one", ("id",)),
        PublishedTable("marts", "two", ("snapshot_date", "id"), "snapshot_date"),
    ]
    with pytest.raises(PublicationError, match=r"three: expected meta\.grain"):
        tables_from_manifest({"nodes": {"a": node("model", "three", published=True)}})
