from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from deployment.publish import Publish


def test_no_copy_is_made_unless_its_section_is_given() -> None:
    assert Publish().copies == []
    both = Publish.model_validate({"postgres": {"url": "${BI_URL}"}, "parquet": {}})
    assert both.copies == ["postgres", "parquet"]
    assert both.postgres is not None
    assert both.postgres.schema_name == "holdfast"
    assert both.parquet is not None
    assert both.parquet.folder == Path("published/parquet")


@pytest.mark.parametrize("name", ["Holdfast", "a b", "9a", "", "x" * 41])
def test_the_name_of_a_schema_is_one_that_needs_no_quotes(name: str) -> None:
    with pytest.raises(ValidationError, match="schema_name"):
        Publish.model_validate({"postgres": {"url": "${BI_URL}", "schema_name": name}})
