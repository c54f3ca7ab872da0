from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from deployment.source_config.base import MutableTable, SourceTable


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"columns": []}, "at least 1 item"),
        ({"columns": ["id"], "key": ["no"]}, "expected key columns that columns lists, found no"),
        (
            {"columns": ["id", "note"], "optional_columns": ["note"]},
            "expected columns required or optional, found both: note",
        ),
        ({"columns": ["id"], "provides": ["order"]}, r"found 'order' \(did you mean orders\?\)"),
        ({"columns": ["id"], "colums": ["no"]}, "Extra inputs are not permitted"),
    ],
)
def test_a_table_that_cannot_be_meant_is_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        SourceTable.model_validate(settings)


def test_a_table_of_a_mutable_source_needs_a_key() -> None:
    with pytest.raises(ValidationError, match="expected key: the columns"):
        MutableTable.model_validate({"columns": ["id"]})
    assert MutableTable.model_validate({"columns": ["id"], "key": ["id"]}).key == ["id"]
