"""States of contracts, from the rows of a billing system to stages, labels, attrition and risk.

One company has contracts with every date, contracts with a status alone whose changes arrive in
later deliveries, a deleted customer and a contract whose customer no table delivered.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.integration.contract_company import FEE, ContractCompany, contract_company

# Contracts with dates: all of one export.
DATED = """
1,801,basic,canceled,2026-01-01,,,,2026-03-01
2,801,pro,active,2026-03-01,,,,
3,802,pro,paused,2026-01-01,,2026-03-10,2026-05-10,
4,803,pro,trialing,2026-03-25,2026-04-08,,,
5,804,pro,canceled,2026-03-25,2026-04-08,,,2026-04-08
6,805,pro,incomplete_expired,2026-03-01,,,,2026-03-02
7,806,pro,canceled,2026-01-01,,2026-03-10,,2026-04-20
8,807,pro,Past Due,2026-01-01,,,,
9,808,basic,canceled,2026-01-01,,,,2026-02-27
10,808,pro,active,2026-03-01,,,,
11,809,basic,canceled,2026-01-01,,,,2026-02-20
12,809,pro,active,2026-03-01,,,,
13,810,pro,Active,2026-01-15,2026-02-01,,,
14,811,pro,,2026-01-01,,2026-03-10,2026-04-10,
15,812,pro,paused,2026-01-01,2026-01-31,2026-01-31,,
16,813,pro,paused,2026-01-01,,2026-01-20,2026-02-10,
17,814,pro,zebra,2026-01-01,,,,
18,815,trial,active,2026-03-20,,,,
"""
# Contracts of a source without dates: the status alone, in three deliveries.
FIRST = """
20,820,pro,active,2026-01-01,,,,
21,821,pro,active,2026-01-01,,,,
22,822,pro,trialing,2026-01-01,,,,
23,823,pro,trialing,2026-01-01,,,,
24,824,pro,trialing,2026-01-01,,,,
25,825,pro,incomplete,2026-01-01,,,,
26,826,pro,incomplete,2026-01-01,,,,
27,827,pro,canceled,2025-06-01,,,,
28,828,pro,active,2026-01-01,,,,
29,829,pro,active,2026-01-01,,,,
"""
SECOND = """
20,820,pro,on-hold,2026-01-01,,,,
21,821,pro,Canceled,2026-01-01,,,,
22,822,pro,active,2026-01-01,,,,
23,823,pro,canceled,2026-01-01,,,,
24,824,pro,past_due,2026-01-01,,,,
25,825,pro,active,2026-01-01,,,,
26,826,pro,canceled,2026-01-01,,,,
"""
THIRD = """
20,820,pro,active,2026-01-01,,,,
24,824,pro,canceled,2026-01-01,,,,
"""
DAYS = [
    date(2026, month, day)
    for month, day in (
        (1, 15), (2, 1), (2, 15), (2, 28), (3, 1), (3, 20), (4, 1), (4, 15), (5, 15), (6, 30),
    )
]  # fmt: skip
CUSTOMERS = [*(str(number) for number in range(801, 816)), *(str(n) for n in range(820, 829))]
DELETED_ON = "2026-05-01"


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> ContractCompany:
    built = contract_company(
        tmp_path_factory.mktemp("contracts"),
        {"2026-01-01": DATED + FIRST.lstrip(), "2026-02-10": SECOND, "2026-03-18": THIRD},
        # 829 has no record; 828 is deleted later.
        customers={"2026-01-01": CUSTOMERS},
    )
    built.replace_customers("2026-01-01", CUSTOMERS[:-1], on=date.fromisoformat(DELETED_ON))
    built.build(
        DAYS,
        "customer_segments_daily",
        "lifecycle_attrition",
        "lbl_churn_outcomes",
        "fct_warning_signals",
        "customer_values_daily",
        "customer_identities",
        "customer_cohorts",
        "data_quality_daily",
    )
    return built


def timeline(company: ContractCompany, customer: str, column: str = "contract_state") -> list[Any]:
    """A column of customer_segments_daily on each day; None where the customer has no row."""
    found = dict(
        company.query(
            f"""
            select snapshot_date, {column}
            from activation.customer_segments_daily
            inner join marts.customer_identities using (customer_id)
            where source_customer_id = '{customer}'
            """
        )
    )
    return [found.get(day) for day in DAYS]


@pytest.mark.parametrize(
    ("customer", "states"),
    [
        # On 15 Jan, 1, 15 and 28 Feb, 1 and 20 March, 1 and 15 April, 15 May and 30 June.
        ("801", ["active"] * 10),
        ("802", ["active"] * 5 + ["paused"] * 3 + ["pause_overdue"] * 2),
        ("803", [None] * 6 + ["trial"] * 4),
        ("804", [None] * 6 + ["trial"] + ["trial_ended"] * 3),
        ("805", [None] * 10),
        ("806", ["active"] * 5 + ["paused"] * 3 + ["ended"] * 2),
        ("807", ["past_due"] * 10),
        ("808", ["active"] * 3 + ["ended"] + ["active"] * 6),
        ("809", ["active"] * 3 + ["ended"] + ["active"] * 6),
        ("810", ["trial"] + ["active"] * 9),
        ("811", ["active"] * 5 + ["paused"] * 2 + ["active"] * 3),
        # Paused at the end of the trial: never paid.
        ("812", ["trial"] + ["paused"] * 9),
        # Given up 90 days after the resume date.
        ("813", ["active"] + ["paused"] + ["pause_overdue"] * 6 + ["ended"] * 2),
        ("814", [None] * 10),
        ("815", [None] * 5 + ["trial"] * 5),
        ("820", ["active"] * 2 + ["paused"] * 3 + ["active"] * 5),
        ("821", ["active"] * 2 + ["ended"] * 8),
        ("822", ["trial"] * 2 + ["active"] * 8),
        ("823", ["trial"] * 2 + ["trial_ended"] * 8),
        ("824", ["trial"] * 2 + ["past_due"] * 3 + ["trial_ended"] * 5),
        ("825", [None] * 2 + ["active"] * 8),
        ("826", [None] * 10),
        ("827", ["ended"] * 10),
    ],
)
def test_each_contract_has_its_state_on_each_day(
    company: ContractCompany, customer: str, states: list[str | None]
) -> None:
    assert timeline(company, customer) == states


def test_stage_and_status_follow_the_state(company: ContractCompany) -> None:
    stages, statuses = (
        company.states("2026-04-15", column) for column in ("lifecycle_stage", "lifecycle_status")
    )
    found = {customer: (stages[customer], statuses[customer]) for customer in stages}
    expected = {
        "801": ("repeat", "active"),
        "802": ("repeat", "paused"),
        "803": ("trial", "active"),
        "804": ("trial", "dormant"),
        "805": ("prospect", None),
        "806": ("repeat", "paused"),
        "807": ("repeat", "past_due"),
        "808": ("repeat", "active"),
        "809": ("repeat", "won_back"),
        "812": ("trial", "paused"),
        "814": ("prospect", None),
        "821": ("first_purchase", "dormant"),
        "823": ("trial", "dormant"),
        "824": ("trial", "dormant"),
        "826": ("prospect", None),
    }
    assert {customer: found[customer] for customer in expected} == expected


def eligible(company: ContractCompany, day: str) -> dict[str, Any]:
    """Expected value of the eligible customers of a day, by the source's customer id."""
    return dict(
        company.query(
            f"""
            select source_customer_id, "values".expected_value
            from features.feat_customer_snapshots as features
            inner join marts.customer_identities using (customer_id)
            left join predictions.customer_values_daily as "values"
                using (customer_id, snapshot_date)
            where snapshot_date = '{day}' and is_eligible
            """
        )
    )


def test_only_payers_are_scored_and_have_a_value(company: ContractCompany) -> None:
    payers = (
        "801", "807", "808", "809", "810", "811", "820", "822", "825", "828", "829",
    )  # fmt: skip
    assert eligible(company, "2026-04-15") == dict.fromkeys(payers, 12 * FEE)
    values = company.query(
        """
        select count(*) from predictions.customer_values_daily
        inner join features.feat_customer_snapshots using (customer_id, snapshot_date)
        where not is_eligible and expected_value is not null
        """
    )
    assert values == [(0,)]


def test_warnings_are_about_payers_alone(company: ContractCompany) -> None:
    assert company.query(
        """
        select count(*) from warnings.fct_warning_signals
        inner join features.feat_customer_snapshots using (customer_id, snapshot_date)
        where not is_eligible
        """
    ) == [(0,)]


def test_a_pause_and_a_swap_are_no_churn_and_an_end_is(company: ContractCompany) -> None:
    labels = {
        (customer, f"{day}"): churned
        for customer, day, churned in company.query(
            """
            select source_customer_id, snapshot_date, churned
            from labels.lbl_churn_outcomes inner join marts.customer_identities using (customer_id)
            """
        )
    }
    # Each date's horizon ends 90 days later: on 15 April, 2 May, 16 May, 30 May and 18 June.
    assert {key[0] for key in labels if key[1] == "2026-02-01"} == {
        "801", "802", "806", "807", "808", "809", "810", "811", "820", "821", "828", "829",
    }  # fmt: skip
    assert [labels["801", day] for day in ("2026-01-15", "2026-02-15", "2026-03-20")] == [
        False, False, False,
    ]  # fmt: skip
    assert not labels["802", "2026-01-15"]
    assert not labels["802", "2026-02-15"]
    assert ("802", "2026-03-20") not in labels
    # Paused at the end of one horizon, ended by the end of the next.
    assert [labels["806", day] for day in ("2026-01-15", "2026-02-01")] == [False, True]
    assert not labels["808", "2026-02-15"]
    assert labels["821", "2026-01-15"]
    # A pause that is still overdue on 15 April, and given up by the end of the horizon of 15 Feb.
    assert not labels["813", "2026-01-15"]
    assert not {key for key in labels if key[0] in ("803", "804", "805", "812", "815", "823")}


def test_attrition_counts_trials_not_converted_and_no_pause_and_no_swap(
    company: ContractCompany,
) -> None:
    rows = {
        (f"{month:%m}", stage): (lost, advanced)
        for month, stage, lost, advanced in company.query(
            "select month, stage, lost, advanced from marts.lifecycle_attrition"
        )
    }
    lost = {key: counts[0] for key, counts in rows.items() if key[1] != "prospect" and counts[0]}
    assert lost == {
        # 823 on 10 February, 824 on 18 March, 804 on 8 April.
        ("02", "trial"): 1,
        ("03", "trial"): 1,
        ("04", "trial"): 1,
        # 821 on 10 February and 809 on 20 February.
        ("02", "first_purchase"): 2,
        # 806 on 20 April, 813 on 11 May.
        ("04", "repeat"): 1,
        ("05", "repeat"): 1,
    }
    # 810 on 1 February and 822 on 10 February.
    assert rows["02", "trial"][1] == 2


def test_a_swap_makes_no_new_customer(company: ContractCompany) -> None:
    entered = dict(
        company.query(
            """
            select cohort_month, customers from marts.customer_cohorts where months_since = 0
            """
        )
    )
    assert sum(entered.values()) == len(
        {"801", "802", "806", "807", "808", "809", "810", "811", "813", "820", "821", "822", "825",
         "828", "829"}
    )  # fmt: skip


def test_a_paused_contract_earns_no_fee(company: ContractCompany) -> None:
    """Of 811's fee of 30 in March, nine of 31 days count."""
    [(revenue,)] = company.query(
        """
        select sum(net_revenue) from marts.customer_cohorts
        where cohort_month = '2026-01-01' and months_since = 2
        """
    )
    whole = 30 * len(("801", "807", "808", "809", "820", "825", "828", "829"))
    partly = round(30 * 9 / 31, 2) * len(("802", "806", "811"))
    # 820 is active as known on the last day; 813 has been paused since January.
    assert float(revenue) == pytest.approx(whole + partly, abs=0.05)


def test_an_unknown_status_rejects_the_row_with_its_reason(company: ContractCompany) -> None:
    assert company.query(
        """
        select source_customer_id, _reject_reason from intermediate.int_subscriptions_versions
        where _reject_reason is not null
        """
    ) == [("814", "unknown status")]


def test_a_deleted_customer_leaves_the_lists_and_stays_in_the_totals(
    company: ContractCompany,
) -> None:
    assert timeline(company, "828") == ["active"] * 8 + [None] * 2
    assert "828" not in eligible(company, "2026-05-15")
    [(deleted_on, records)] = company.query(
        """
        select deleted_on, record_count from marts.dim_customers
        inner join marts.customer_identities using (customer_id)
        where source_customer_id = '828'
        """
    )
    assert (f"{deleted_on}", records) == (DELETED_ON, 1)
    assert company.query(
        "select count(*) from marts.dim_customers where deleted_on is not null"
    ) == [(1,)]


def test_a_customer_whom_no_table_delivered_is_counted(company: ContractCompany) -> None:
    assert company.query(
        """
        select distinct named_customers, inferred_customers from ops.data_quality_daily
        where table_name = 'subscriptions'
        """
    ) == [(24, 1)]
    assert company.query(
        """
        select count(named_customers) from ops.data_quality_daily where table_name = 'customers'
        """
    ) == [(0,)]


def test_states_by_daily_builds_are_those_of_one_build(
    company: ContractCompany, tmp_path: Path
) -> None:
    """The source of a status alone, built after each of its deliveries."""
    models = ("int_subscriptions_versions", "int_customer_records")
    daily = contract_company(
        tmp_path,
        {"2026-01-01": DATED + FIRST.lstrip()},
        customers={"2026-01-01": CUSTOMERS},
        project=company.project,
    )
    daily.build([date(2026, 1, 15)], *models)
    for day, rows in (("2026-02-10", SECOND), ("2026-03-18", THIRD)):
        daily.deliver(day, rows)
        daily.build([date.fromisoformat(day)], *models)
    history = """
        select
            source_subscription_id, status, known_from, known_to, status_from, trial_to,
            has_never_paid
        from intermediate.int_subscriptions_versions order by all
    """
    named = """
        select source_customer_id, is_delivered, customers_from, subscriptions_from
        from intermediate.int_customer_records order by all
    """
    assert daily.query(history) == company.query(history)
    assert daily.query(named) == company.query(named)
