from __future__ import annotations

import pytest

from ingestion.errors import SourceError
from tests.unit.ingestion.extraction.crm import CUSTOMERS, Crm


def test_a_missing_table_or_column_is_named(crm: Crm) -> None:
    wrong = {
        r"crm\.customers\.plan: .*staging/crm/": {"columns": ["plan"], "key": []},
        r"crm\.customers\.seen: the table": {"cursor": "seen"},
        r"crm\.customers\.gone: the table": {"deleted_column": "gone"},
        r"crm\.customers: the database has no table clients": {"table": "clients"},
        r"crm\.customers\.name: expected a cursor": {"cursor": "name"},
    }
    for message, change in wrong.items():
        crm.tables = {
            "customers": {
                **CUSTOMERS,
                **change,
                "key": ["name"],
                "columns": ["name", *change.get("columns", [])],
            }
        }
        with pytest.raises(SourceError, match=message):
            crm.extract(1)
    crm.tables = {
        "customers": {**CUSTOMERS, "optional_columns": ["plan"]},
        "touches": {"columns": ["id"], "key": ["id"], "optional": True},
    }
    assert crm.extract(1)["touches"].rows == 0
