from __future__ import annotations

import duckdb
import jinja2
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ingestion.connect.drafts.quoting import (
    column_sql,
    comment_text,
    dbt_text,
    dbt_yaml_text,
    yaml_text,
    yaml_value,
)
from ingestion.connect.jinja_text import jinja_literal
from tests.unit.ingestion.connect.drafts.test_weird_names import NAMES

DBT = jinja2.Environment(autoescape=False, keep_trailing_newline=True)
CON = duckdb.connect()
KEYWORDS = frozenset({"select", "order", "group", "null", "no"})


@given(name=NAMES)
def test_a_name_keeps_its_characters_in_sql_that_dbt_renders(name: str) -> None:
    sql = DBT.from_string(dbt_text(f"select 1 as {column_sql(name, KEYWORDS)}")).render()
    (column,) = CON.execute(sql).description
    assert column[0] in (name, name.lower())
    assert DBT.from_string(f"{{{{ {jinja_literal(name)} }}}}").render() == name


@given(texts=st.lists(NAMES, min_size=1, max_size=4))
def test_texts_keep_their_characters_in_yaml(texts: list[str]) -> None:
    assert yaml.safe_load(f"key: {yaml_text(texts[0])}") == {"key": texts[0]}
    assert yaml.safe_load(f"key: {yaml_value(texts[0])}") == {"key": texts[0]}
    assert yaml.safe_load(f"key: {yaml_value(texts)}") == {"key": texts}
    nested = {"a": {texts[0]: True}, "b": [3, texts[-1]]}
    assert yaml.safe_load(f"key: {yaml_value(nested)}") == {"key": nested}
    written = yaml.safe_load(f"key: {dbt_yaml_text(texts[0])}")["key"]
    assert DBT.from_string(written).render() == texts[0].replace("\r\n", "\n").replace("\r", "\n")


@given(text=NAMES)
def test_a_comment_is_one_line_without_template_tags(text: str) -> None:
    comment = comment_text(text)
    assert len(comment.splitlines()) <= 1
    assert "{" not in comment
    assert "}" not in comment


def test_references_to_secrets_need_no_quotes() -> None:
    assert yaml_value("${CRM_URL}") == "${CRM_URL}"
    assert yaml_value({"key": "${S3_KEY}", "anon": False}) == '{key: "${S3_KEY}", anon: false}'
