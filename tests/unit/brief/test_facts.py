from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from brief.facts import queries, read_facts
from tests.unit.brief.published_file import DAY, a_day, published_file


def test_every_query_has_contents_and_a_key_that_distinguishes_its_rows(
    con: duckdb.DuckDBPyConnection,
) -> None:
    facts = read_facts(con, DAY, "en", 90)
    for name, query in queries().items():
        assert query.title.endswith("."), name
        keys = [row.key for row in facts[name]]
        assert len(set(keys)) == len(keys), name
        assert query.key or len(keys) <= 1, name


def test_a_file_without_any_row_gives_facts_all_the_same(tmp_path: Path) -> None:
    path = published_file(tmp_path / "holdfast.duckdb", {})
    with duckdb.connect(str(path), read_only=True) as con:
        facts = read_facts(con, DAY, "en", 90)
    today = facts.one("today")
    assert today is not None
    assert (today["eligible"], today["value_at_risk"], today["is_decided"]) == (0, None, False)
    assert facts["urgent"] == facts["account"] == facts["effects"] == []


def test_the_day_is_summed_over_its_own_rows(con: duckdb.DuckDBPyConnection) -> None:
    today = read_facts(con, DAY, "en", 90).one("today")
    assert today is not None
    assert (today["eligible"], today["treated"], today["control"]) == (4, 2, 1)
    assert today["expected_net_value"] == Decimal("15.50")
    assert today["beyond_reach_share"] == pytest.approx(300 / 650)


@pytest.mark.parametrize(
    ("language", "action", "reason"),
    [
        ("en", "voucher of 15 %", "No order for 40 days"),
        ("zh", "八五折优惠券", "已 40 天没有下单"),
    ],
)
def test_names_and_reasons_are_in_the_language(
    con: duckdb.DuckDBPyConnection, language: str, action: str, reason: str
) -> None:
    first, second = read_facts(con, DAY, language, 90)["urgent"]
    assert (first["customer_id"], first["action"], first["reason"]) == ("c1", action, reason)
    # Without a sentence in the language, that of the deployment.
    assert second["reason"] == "Reason of c2"


def test_a_change_is_known_only_against_a_day_that_was_run(tmp_path: Path) -> None:
    rows = a_day()
    before = a_day(date(2026, 6, 29))
    rows["activation.customer_risk_daily"] += before["activation.customer_risk_daily"][:3]
    path = published_file(tmp_path / "holdfast.duckdb", rows)
    with duckdb.connect(str(path), read_only=True) as con:
        changes = read_facts(con, DAY, "en", 90).by_key("changes")
    eligible = changes["eligible"]
    assert (eligible["today"], eligible["yesterday"], eligible["week_ago"]) == (4, 3, None)
    assert (eligible["change_since_yesterday"], eligible["change_since_week"]) == (1, None)


def test_the_stage_with_the_highest_attrition_comes_first(con: duckdb.DuckDBPyConnection) -> None:
    first, second = read_facts(con, DAY, "en", 90)["attrition"]
    assert (first["stage"], first["lost"], first["rate"]) == ("repeat", 15, 0.05)
    assert first["rate_before"] == pytest.approx(0.02)
    assert (first["first_month"], first["last_month"]) == (date(2026, 4, 1), date(2026, 6, 1))
    assert second["stage"] == "first_purchase"


def test_typical_words_are_without_function_words(con: duckdb.DuckDBPyConnection) -> None:
    topic = read_facts(con, DAY, "en", 90).one("complaints")
    assert topic is not None
    assert (topic["words"], topic["complaints_before"]) == ("very late, 慢", 3)


def test_the_account_has_a_verdict_by_its_interval(con: duckdb.DuckDBPyConnection) -> None:
    account = read_facts(con, DAY, "en", 90).by_key("account")
    assert (account["all"]["verdict"], account["latest"]["verdict"]) == ("kept", "unknown")
    assert account["all"]["money_verdict"] == "loss"


def test_open_outcomes_are_due_one_horizon_after_their_period(
    con: duckdb.DuckDBPyConnection,
) -> None:
    facts = read_facts(con, DAY, "en", 90)
    pending, due = facts.one("pending"), facts.one("due")
    assert pending is not None
    assert due is not None
    assert pending["due"] == due["due"] == date(2026, 9, 28)


def test_a_week_counts_only_as_a_whole(con: duckdb.DuckDBPyConnection) -> None:
    weeks = read_facts(con, DAY, "en", 90)["trading"]
    assert [row["orders"] for row in weeks] == [7 * 10 + 21] * 8
    assert weeks[-1]["week_end"] == DAY
