"""Decisions on actions in real runs: the day after, with receipts, a withdrawal and objections."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import dagster as dg
import duckdb
import pytest

from deployment.config_file import load_config
from orchestration.training.recorded_metrics import latest_learners
from tests.integration.deployments import DEMO, HISTORY, LAST, Deployment

NEXT = HISTORY + timedelta(days=1)
ACTIONS = load_config(DEMO).actions
IN_ARM = "arm in ('treatment', 'control')"


@dataclass(frozen=True)
class Acted:
    """A deployment on the day after its first decisions, and the customers of the deliveries."""

    deployment: Deployment
    delivered: str
    delivered_to_control: str
    withdrawn: str
    never_contacted: str
    never_profiled: str


@pytest.fixture(scope="module")
def acted(first_day: Deployment, tmp_path_factory: pytest.TempPathFactory) -> Acted:
    deployment = first_day.copy(tmp_path_factory.mktemp("acted") / "home")
    with duckdb.connect(str(deployment.home.warehouse), read_only=True) as con:
        con.execute(
            """
            create temp view crm as
            select customer_id, min(source_customer_id) as customer_no
            from intermediate.int_identity_history
            where source = 'crm' and valid_to > current_date
            group by customer_id
            """
        )
        chosen = {
            arm: con.execute(
                f"""
                select customer_id, customer_no, action_id
                from ops.decided_actions inner join crm using (customer_id)
                where arm = '{arm}' order by customer_id limit 1
                """
            ).fetchone()
            for arm in ("treatment", "control")
        }
        # The customer with the best action who was allowed one and did not get it.
        withdrawn = con.execute(
            """
            select customer_id, customer_no
            from actions.action_candidates
            inner join crm using (customer_id)
            anti join ops.decided_actions as decided
                on action_candidates.customer_id = decided.customer_id and decided.arm <> 'none'
            where blocked_by is null
            order by expected_net_value desc, customer_id limit 1
            """
        ).fetchone()
        # Another customer with a running treatment, and another with a score.
        never_contacted = con.execute(
            """
            select customer_id, customer_no
            from ops.decided_actions inner join crm using (customer_id)
            where arm = 'treatment' order by customer_id desc limit 1
            """
        ).fetchone()
        never_profiled = con.execute(
            """
            select customer_id, customer_no
            from activation.customer_risk_daily inner join crm using (customer_id)
            anti join ops.decided_actions using (customer_id)
            order by churn_probability desc, customer_id limit 1
            """
        ).fetchone()
        assert never_contacted
        assert never_profiled
        assert chosen["treatment"]
        assert chosen["control"]
        assert withdrawn
        _deliver_touches(deployment, con, chosen)
        _withdraw_consent(deployment, con, withdrawn[1])
        _object(deployment, con, never_contacted[1], never_profiled[1])
    deployment.day(NEXT)
    return Acted(
        deployment,
        chosen["treatment"][0],
        chosen["control"][0],
        withdrawn[0],
        never_contacted[0],
        never_profiled[0],
    )


def _deliver_touches(
    deployment: Deployment,
    con: duckdb.DuckDBPyConnection,
    chosen: dict[str, tuple[str, str, str] | None],
) -> None:
    """Receipts of a treatment and, by mistake, of a control, and a call that nobody decided."""
    rows = [(f"R-{arm}", row[1], row[2]) for arm, row in chosen.items() if row]
    rows.append(("R-unordered", rows[0][1], "call_that_nobody_decided"))
    values = ", ".join(
        f"('{contact}', '{customer}', '{action}', '{NEXT} 09:00', 'email', null, '1.25', null)"
        for contact, customer, action in rows
    )
    folder = deployment.home.landing / "crm" / "touches" / "receipts"
    folder.mkdir(parents=True)
    con.execute(
        f"""
        copy (
            select * from (values {values}) as touches (
                contact_id, customer_no, action, sent_at, channel, arm, cost, redeemed_at
            )
        ) to '{folder / f"touches_{NEXT}.csv"}' (header, delimiter ';')
        """
    )


def _withdraw_consent(
    deployment: Deployment, con: duckdb.DuckDBPyConnection, customer_no: str
) -> None:
    """A new version of the CRM's row, in which the customer takes the consent back."""
    folder = deployment.home.landing / "crm" / "customers" / "withdrawn"
    folder.mkdir(parents=True)
    con.execute(
        f"""
        copy (
            select * exclude (_loaded_at, _file, _row, _load_id) replace (
                'nein' as marketing_consent, '{NEXT:%d.%m.%Y}' as updated
            )
            from raw_crm.customers
            where customer_no = '{customer_no}'
            order by _load_id desc limit 1
        ) to '{folder / f"customers_{NEXT}.csv"}' (header, delimiter ';')
        """
    )


def _object(
    deployment: Deployment, con: duckdb.DuckDBPyConnection, no_contact: str, no_profile: str
) -> None:
    """Two entries of the suppression list: one customer by address, one by number."""
    folder = deployment.home.landing / "crm" / "suppressions" / "objections"
    folder.mkdir(parents=True)
    con.execute(
        f"""
        copy (
            select
                'S-contact' as entry_no, null as customer_no, upper(email) as email, null as phone,
                'contact' as scope, '{NEXT:%d.%m.%Y}' as since
            from (
                select email from raw_crm.customers
                where customer_no = '{no_contact}' order by _load_id desc limit 1
            )
            union all
            select 'S-profile', '{no_profile}', null, null, 'profiling', '{NEXT:%d.%m.%Y}'
        ) to '{folder / f"suppressions_{NEXT}.csv"}' (header, delimiter ';')
        """
    )


def test_an_objection_to_contact_stops_what_was_planned(acted: Acted) -> None:
    suppressed = acted.deployment.warehouse(
        f"""
        select is_suppressed from hand_over.action_contacts
        where customer_id = '{acted.never_contacted}'
        """
    )
    assert suppressed == [(True,)]
    candidates = acted.deployment.warehouse(
        f"""
        select distinct blocked_by from actions.action_candidates
        where customer_id = '{acted.never_contacted}'
        """
    )
    assert candidates == [("never_contact",)]


def test_a_customer_who_objects_to_profiling_has_no_score_from_that_day_on(acted: Acted) -> None:
    for table in ("customer_risk_daily", "customer_segments_daily", "demand_forecast_daily"):
        days = acted.deployment.query(
            f"""
            select distinct snapshot_date from activation.{table}
            where customer_id = '{acted.never_profiled}' and snapshot_date >= '{HISTORY}'
            """
        )
        assert days == [(HISTORY,)], table
    assert acted.deployment.query(
        f"""
        select scope, suppressed_on from marts.customer_suppressions
        where customer_id = '{acted.never_profiled}'
        """
    ) == [("profile", NEXT)]
    assert not acted.deployment.warehouse(
        f"select 1 from examples.churn_examples where customer_id = '{acted.never_profiled}'"
    )


def test_a_customer_with_a_running_action_gets_no_other_one(acted: Acted) -> None:
    twice = acted.deployment.query(
        f"""
        select customer_id from activation.customer_actions_daily
        where {IN_ARM}
        group by customer_id having count(*) > 1
        """
    )
    assert twice == []
    [(running,)] = acted.deployment.query(
        f"""
        select count(*) from activation.action_exclusions_daily
        where snapshot_date = '{NEXT}' and reason = 'in_cool_down'
        """
    )
    assert running > 0


def test_a_consent_withdrawn_today_means_no_marketing_today(acted: Acted) -> None:
    rows = acted.deployment.warehouse(
        f"""
        select distinct blocked_by from actions.action_candidates
        where customer_id = '{acted.withdrawn}' and action_id <> 'service_call'
        """
    )
    assert rows == [("no_consent",)]
    decided = acted.deployment.warehouse(
        f"""
        select action_id from ops.decided_actions
        where customer_id = '{acted.withdrawn}' and snapshot_date = '{NEXT}'
            and action_id is not null and action_id <> 'service_call'
        """
    )
    assert decided == []


def test_receipts_are_counted_by_arm_and_a_delivery_that_nobody_decided_apart(
    acted: Acted,
) -> None:
    delivered = acted.deployment.warehouse(
        f"""
        select own_customer_id, arm, delivered_on, cost
        from experiments.action_assignments
        inner join (
            select record_no, own_customer_id from intermediate.int_identity_history
            where is_first_stretch
        ) using (record_no)
        where
            assigned_on = '{HISTORY}' and is_decided
            and own_customer_id in ('{acted.delivered}', '{acted.delivered_to_control}')
        order by arm
        """
    )
    cost = Decimal("1.25")
    assert delivered == [
        (acted.delivered_to_control, "control", NEXT, cost),
        (acted.delivered, "treatment", NEXT, cost),
    ]
    counted = acted.deployment.query(
        """
        select sum(delivered_to_control), sum(not_decided) from feedback.action_deliveries
        where period_start = '2026-04-01'
        """
    )
    assert counted == [(1, 1)]


def test_limits_and_arms_are_kept_on_every_day(day_by_day: Deployment) -> None:
    days = day_by_day.warehouse(
        """
        select snapshot_date, expected_cost <= budget, relative_gap between 0 and 1
        from ops.decided_days order by snapshot_date
        """
    )
    assert days == [
        (HISTORY + timedelta(days=n), True, True) for n in range((LAST - HISTORY).days + 1)
    ]
    assert ACTIONS.monthly_budget is not None
    [(spent,)] = day_by_day.warehouse("select sum(expected_cost) from ops.decided_days")
    assert spent <= ACTIONS.monthly_budget * len(days) / LAST.day
    over = day_by_day.warehouse(
        """
        select snapshot_date, action_id from ops.decided_actions
        inner join seeds.action_catalogue using (action_id)
        where arm = 'treatment'
        group by snapshot_date, action_id, capacity_a_day having count(*) > capacity_a_day
        """
    )
    assert over == []


def test_every_eligible_customer_has_an_action_or_a_reason_on_every_day(
    day_by_day: Deployment,
) -> None:
    missing = day_by_day.query(
        """
        select customer_id, snapshot_date from activation.customer_risk_daily
        where (customer_id, snapshot_date) not in (
            select (customer_id, snapshot_date) from activation.customer_actions_daily
            union all
            select (customer_id, snapshot_date) from activation.action_exclusions_daily
        )
        """
    )
    assert missing == []
    both = day_by_day.query(
        """
        select arm, reason, count(*) from activation.customer_actions_daily
        inner join activation.action_exclusions_daily using (customer_id, snapshot_date)
        group by arm, reason
        """
    )
    assert [row[:2] for row in both] == [("control", "control")]


def test_the_hold_out_is_the_same_people_on_every_day(day_by_day: Deployment) -> None:
    days = day_by_day.warehouse(
        """
        select count(*), count(*) filter (days = seen) from (
            select
                customer_id,
                count(*) filter (arm = 'global_holdout') as days,
                count(*) as seen
            from ops.decided_actions
            group by customer_id having days > 0
        )
        """
    )
    [(held_out, always)] = days
    assert held_out == always > 0
    [(acted_on,)] = day_by_day.warehouse(
        f"""
        select count(*) from ops.decided_actions
        where {IN_ARM} and customer_id in (
            select customer_id from ops.decided_actions where arm = 'global_holdout'
        )
        """
    )
    assert acted_on == 0


def test_a_past_day_that_was_not_decided_stays_so(first_day: Deployment) -> None:
    decided = first_day.warehouse("select snapshot_date from ops.decided_days")
    assert decided == [(date(2026, 6, 27),)]


def test_every_decision_has_the_probabilities_of_all_actions(day_by_day: Deployment) -> None:
    [(decisions, customers)] = day_by_day.warehouse(
        "select count(*), count(distinct customer_id) from ops.decided_actions"
    )
    assert decisions > customers
    wrong = day_by_day.warehouse(
        """
        select snapshot_date, customer_id
        from ops.decided_actions as decided
        left join ops.decision_choices as choices using (snapshot_date, choice_no)
        group by all
        having
            not coalesce(abs(sum(probability) - 1) < 1e-9, false)
            or count(choices.action_id) <> coalesce(len(any_value(decided.expected_costs)), 0)
        """
    )
    assert wrong == []
    # What was decided is the choice's own probability, times that of the arm.
    other = day_by_day.warehouse(
        """
        select decided.customer_id from ops.decided_actions as decided
        inner join ops.decision_choices as choices using (snapshot_date, choice_no, action_id)
        where
            decided.arm = 'treatment'
            and abs(choices.probability - decided.chosen_with_probability) > 1e-9
        """
    )
    assert other == []


def test_without_enough_randomised_history_no_learner_is_trained_or_used(
    first_day: Deployment,
) -> None:
    assert first_day.warehouse("select count(*) from ml.uplift_scores") == [(0,)]
    with dg.DagsterInstance.from_config(str(first_day.home.dagster_home)) as instance:
        sentence = latest_learners(instance, HISTORY)
    assert sentence is not None
    assert sentence.startswith("too little randomised history for courtesy_call, ")
