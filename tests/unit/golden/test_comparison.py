from __future__ import annotations

import math
from collections.abc import Callable, Collection
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from golden.comparison import Comparison, ComparisonError

# Unique by date and customer; the segment between them is not needed for it.
SCORES = """
create schema activation;
create table activation.scores as
select
    date '2026-06-29' + day::integer as snapshot_date,
    'segment ' || i % 3 as segment,
    'c' || i as customer_id,
    i / 7.0::double as chance,
    'no order' as reason
from range(2) as days(day), range(50) as customers(i);
"""
ONE = "where customer_id = 'c42' and snapshot_date = '2026-06-29'"
TABLE = "activation.scores"

Compare = Callable[..., tuple[dict[str, list[str]], set[str]]]


@pytest.fixture
def compare(tmp_path: Path) -> Compare:
    """Findings where the working tree's file is the base's after a change."""

    def run(
        change: str = "", reworded: Collection[str] = (), schema: str | None = None
    ) -> tuple[dict[str, list[str]], set[str]]:
        base, working = tmp_path / "base.duckdb", tmp_path / "working.duckdb"
        for path, sql in ((base, SCORES), (working, SCORES + change)):
            with duckdb.connect(str(path)) as con:
                con.execute(sql)
        with closing(Comparison(base, working, schema=schema, reworded=reworded)) as comparison:
            return comparison.differences(), comparison.left_out

    return run


def test_equal_files_have_no_differences_in_whatever_order_their_rows_are(
    compare: Compare,
) -> None:
    reordered = """
        create table other as from activation.scores order by chance desc;
        drop table activation.scores;
        create table activation.scores as from other;
        drop table other;
    """
    assert compare(reordered) == ({}, set())


def test_the_last_bit_of_a_double_is_seen_with_its_column_and_key(compare: Compare) -> None:
    raised = math.nextafter(42 / 7, math.inf)
    found, _ = compare(f"update {TABLE} set chance = {raised!r}::double {ONE}")
    assert found == {
        TABLE: [
            "1 rows only in base, 1 only in the working tree",
            "1 rows with equal snapshot_date, customer_id differ: chance in 1",
            "snapshot_date, customer_id for example: 2026-06-29, c42",
        ]
    }


@pytest.mark.parametrize("value", ["-0.0::double", "null", "'nan'::double"])
def test_a_zero_that_changes_its_sign_or_becomes_unknown_is_seen(
    compare: Compare, value: str
) -> None:
    # An update would leave the zero as it is: the two are equal.
    found, _ = compare(
        f"""
        create or replace table {TABLE} as
        select * replace (case when customer_id = 'c0' then {value} else chance end as chance)
        from {TABLE}
        """
    )
    assert found[TABLE][1] == "2 rows with equal snapshot_date, customer_id differ: chance in 2"


def test_a_missing_row_is_seen_and_named(compare: Compare) -> None:
    found, _ = compare(f"delete from {TABLE} {ONE}")
    assert found == {
        TABLE: [
            "1 rows only in base, 0 only in the working tree",
            "snapshot_date, customer_id for example: 2026-06-29, c42",
        ]
    }


def test_a_duplicate_row_is_seen_though_no_column_is_a_key_any_more(compare: Compare) -> None:
    found, _ = compare(f"insert into {TABLE} from {TABLE} {ONE}")
    assert found == {TABLE: ["0 rows only in base, 1 only in the working tree"]}


def test_no_more_than_three_keys_are_named(compare: Compare) -> None:
    found, _ = compare(f"update {TABLE} set segment = 'others' where customer_id < 'c2'")
    assert found[TABLE] == [
        "24 rows only in base, 24 only in the working tree",
        "24 rows with equal snapshot_date, customer_id differ: segment in 24",
        "snapshot_date, customer_id for example: 2026-06-29, c0; 2026-06-29, c1; 2026-06-29, c10",
    ]


def test_a_renamed_column_is_on_one_side_only_and_the_others_are_still_compared(
    compare: Compare,
) -> None:
    found, _ = compare(
        f"""
        alter table {TABLE} rename chance to churn_probability;
        update {TABLE} set reason = 'changed' {ONE};
        """
    )
    assert found[TABLE][:3] == [
        "column chance only in base",
        "column churn_probability only in the working tree",
        "1 rows only in base, 1 only in the working tree",
    ]


def test_another_type_is_seen_though_the_values_print_alike(compare: Compare) -> None:
    found, _ = compare(f"alter table {TABLE} alter snapshot_date type varchar")
    assert found == {TABLE: ["column snapshot_date: DATE in base, VARCHAR in the working tree"]}


def test_columns_in_another_order_are_seen(compare: Compare) -> None:
    found, _ = compare(
        f"create or replace table {TABLE} as"
        f" select customer_id, * exclude (customer_id) from {TABLE}"
    )
    assert found == {TABLE: ["columns in another order"]}


def test_tables_of_one_side_are_named_unless_another_schema_is_compared(compare: Compare) -> None:
    change = f"alter table {TABLE} rename to risks; create schema ml"
    found, _ = compare(change)
    assert found == {
        "activation.risks": ["only in the working tree"],
        TABLE: ["only in base"],
    }


def test_only_the_tables_of_a_named_schema_are_compared(compare: Compare) -> None:
    change = f"delete from {TABLE}; create schema ml; create table ml.scores (customer_id varchar)"
    assert compare(change, schema="ml") == ({"ml.scores": ["only in the working tree"]}, set())


def test_files_without_a_table_to_compare_are_no_equal_files(compare: Compare) -> None:
    with pytest.raises(ComparisonError, match=r"no table to compare in base\.duckdb, schema ml"):
        compare(schema="ml")


@pytest.mark.parametrize("pattern", [f"{TABLE}.reason", f"{TABLE}.*"])
def test_a_reworded_column_is_left_out_and_named(compare: Compare, pattern: str) -> None:
    found, left_out = compare(f"update {TABLE} set reason = 'last order long ago'", [pattern])
    assert found == {}
    assert f"{TABLE}.reason" in left_out


def test_figures_are_compared_where_all_text_columns_are_left_out(compare: Compare) -> None:
    found, left_out = compare(f"update {TABLE} set chance = 1 {ONE}", [f"{TABLE}.*"])
    assert left_out == {f"{TABLE}.{column}" for column in ("segment", "customer_id", "reason")}
    assert found[TABLE] == ["1 rows only in base, 1 only in the working tree"]
