from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from brief.facts import Facts, queries, read_facts
from tests.unit.brief.published_file import DAY, a_day, a_year, published_file


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


@pytest.fixture(scope="module")
def contradictory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Facts]:
    """A day whose expectations differ from what was measured, with records of one customer."""
    rows = a_year()
    rows["feedback.retention_account"][0]["customers_kept_low"] = 0.9
    decided = rows["activation.customer_actions_daily"][1]
    measured = rows["feedback.action_effects"][0] | {"net_value": -40, "net_value_low": -90}
    rows["activation.customer_actions_daily"] = [
        {**decided, "customer_id": name, "action_id": name} for name in (*MEASURED, "unmeasured")
    ]
    rows["feedback.action_effects"] = [
        {**measured, "action_id": name, "uplift": uplift, "uplift_low": low, "uplift_high": high}
        | {"net_value_high": 10}
        for name, (low, uplift, high) in MEASURED.items()
    ]
    rows["marts.customer_identities"] = [
        {"customer_id": "less", "source": source, "source_customer_id": number}
        | {"matched_by": "email"}
        for source, number in (("shop", "a@b.example"), ("shop", "S7"), ("crm", "K1"))
    ]
    path = published_file(tmp_path_factory.mktemp("contradictory") / "holdfast.duckdb", rows)
    with duckdb.connect(str(path), read_only=True) as con:
        yield read_facts(con, DAY, "en", 90)


# Measured effect with its interval by its relation to the expected one, which is 0.1.
MEASURED = {
    "fits": (0.01, 0.08, 0.15),
    "more": (0.2, 0.3, 0.4),
    "less": (-0.05, 0.02, 0.09),
    "opposite": (-0.2, -0.02, 0.2),
}


def test_a_range_that_begins_beside_zero_is_called_so(contradictory: Facts) -> None:
    assert contradictory.by_key("account")["all"]["verdict"] == "barely_kept"


def test_the_effect_expected_of_an_action_is_compared_with_the_measured_one(
    contradictory: Facts,
) -> None:
    found = {row.key: row for row in contradictory["actions"]}
    assert {name: row["evidence"] for name, row in found.items()} == {
        name: name for name in (*MEASURED, "unmeasured")
    }
    assert {name for name, row in found.items() if row["money_evidence"] == "loss_so_far"} == {
        *MEASURED
    }


def test_a_customer_is_found_by_the_numbers_of_the_company_s_systems(contradictory: Facts) -> None:
    records = {row.key: row["records"] for row in contradictory["urgent"]}
    assert records["less"] == "crm\N{NO-BREAK SPACE}K1, shop\N{NO-BREAK SPACE}S7"
    assert records["more"] is None


def test_the_gain_of_an_action_follows_from_its_parts(con: duckdb.DuckDBPyConnection) -> None:
    for row in read_facts(con, DAY, "en", 90)["urgent"]:
        parts = row["expected_uplift"] * row["value_if_kept"] - float(row["expected_cost"])
        assert parts == pytest.approx(float(row["expected_net_value"]))


def test_a_past_day_has_no_outcome_that_was_not_known_on_it(tmp_path: Path) -> None:
    rows = a_year()
    autumn = {"period_start": date(2025, 10, 1), "period_end": date(2025, 12, 31)}
    rows["feedback.action_effects"] = [
        {**rows["feedback.action_effects"][1], "is_provisional": False, **period}
        for period in (autumn, {"period_start": date(2026, 4, 1)})
    ]
    path = published_file(tmp_path / "holdfast.duckdb", rows, DAY.replace(month=12))
    with duckdb.connect(str(path), read_only=True) as con:
        facts, later = (read_facts(con, day, "en", 90) for day in (date(2026, 3, 1), DAY))
    assert "latest" not in facts.by_key("account")
    assert facts["forecasts"] == facts["holdout"] == []
    assert "latest" in later.by_key("account")
    quarters = [
        [(row["period_start"].month, row["treated"]) for row in one["later_quarters"]]
        for one in (facts, later)
    ]
    # On 30 June the quarter before is known, the first of the year had no action, this one is open.
    assert quarters == [[(10, 300), (1, 0)], [(1, 0), (4, 300)]]


def test_open_outcomes_are_due_one_horizon_after_their_period(
    con: duckdb.DuckDBPyConnection,
) -> None:
    facts = read_facts(con, DAY, "en", 90)
    due = facts.one("due")
    assert due is not None
    assert due["due"] == date(2026, 9, 28)
    quarters = [
        (row["period_start"], row["treated"], row["due"]) for row in facts["later_quarters"]
    ]
    assert quarters == [(date(2026, 4, 1), 300, date(2026, 9, 28))]


def test_a_week_counts_only_as_a_whole(con: duckdb.DuckDBPyConnection) -> None:
    weeks = read_facts(con, DAY, "en", 90)["trading"]
    assert [row["orders"] for row in weeks] == [7 * 10 + 21] * 8
    assert weeks[-1]["week_end"] == DAY
