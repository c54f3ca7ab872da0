from __future__ import annotations

import jinja2
import pytest

from ingestion.connect.drafts.templates import rendered


def test_a_variable_that_is_missing_is_an_error() -> None:
    with pytest.raises(jinja2.UndefinedError, match="'source' is undefined"):
        rendered("models.yml", models=[{"name": "orders"}])


def test_names_of_columns_may_look_like_the_templates_own_tags() -> None:
    columns = [{"name": "[[ x ]]", "description": "[% raw %]"}]
    tables = [{"name": "orders", "description": "1 row.", "columns": columns}]
    text = rendered("sources.yml", source="shop", tables=tables)
    assert "- name: '[[ x ]]'\n            description: '[% raw %]'\n" in text


def test_long_questions_are_wrapped_to_comments() -> None:
    question = "is the word " + "again and again " * 12 + "one word?"
    text = rendered(
        "columns.sql", columns=[], missing=[{"questions": [question]}], unmapped=["plan"]
    )
    lines = text.splitlines()
    assert lines[0].startswith("        -- TODO(connect): is the word")
    assert lines[-1] == "        -- Not in this source: plan"
    assert all(line.startswith("        -- ") and len(line) <= 98 for line in lines)
