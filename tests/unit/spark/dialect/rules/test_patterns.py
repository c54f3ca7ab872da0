"""Regular expressions in both engines."""

from __future__ import annotations

import duckdb
import pytest

from spark.dialect import UnsupportedConstructError, to_spark
from spark.dialect.rules.patterns import java_pattern
from tests.unit.spark.dialect.engines import Engines

TEXTS = """
    select
        unnest(range(7)) as row_no,
        unnest([
            'abc 123', 'a' || chr(10), 'x' || chr(13) || 'y', '$1.50', '', null, 'ÄÖ äö b1 b2'
        ]) as t,
        unnest(['^abc', 'a$', 'x.y', '[0-9]+', '', 'a', 'B']) as p
"""


def test_patterns_agree(engines: Engines) -> None:
    engines.table("texts", TEXTS)
    engines.assert_same_columns(
        "texts",
        [
            "regexp_matches(t, '[a-c]+$')", "regexp_full_match(t, 'a')", "regexp_matches(t, 'x.y')",
            r"regexp_full_match(t, '\D+')", r"regexp_extract(t, '(\w)(\d)', 2)",
            r"regexp_extract(t, '\d+')", r"regexp_replace(t, '\d', '<\0>')",
            r"regexp_replace(t, '(\d)', '$\1', 'g')", "regexp_replace(t, '^a', '$')",
            "regexp_matches(t, p)", "regexp_full_match(t, p)", "regexp_matches(t, 'ÄÖ ÄÖ', 'i')",
            r"regexp_extract(t, '([a-z]+) (\d+)', ['word', 'number'])['number']",
            r"regexp_matches(t, '[[:digit:]]\s*$')", r"regexp_matches(t, '[$.]')",
        ],
    )  # fmt: skip


@pytest.mark.parametrize("pattern", ["[a[b]]", "[a-z&&b]"])
def test_a_class_that_java_reads_otherwise_is_refused(pattern: str) -> None:
    with pytest.raises(UnsupportedConstructError, match="Java"):
        java_pattern(pattern)


def test_a_pattern_is_a_constant_where_groups_are_taken() -> None:
    con = duckdb.connect()
    con.execute("create table texts (t varchar, p varchar)")
    with pytest.raises(UnsupportedConstructError, match="regexp_extract"):
        to_spark("select regexp_extract(t, p) as x from texts", con)
