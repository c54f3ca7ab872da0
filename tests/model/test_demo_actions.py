"""The planted effects of actions hold in the truth, and past campaigns show them."""

from __future__ import annotations

import pyarrow.compute as pc
import pytest

from demo.oracle import potential_outcomes
from tests.model.demo_database import CAUSES, FIRST_DATE, LAST_DATE, PEOPLE, value


def effects_by_match(demo) -> dict[str, tuple[float | None, float]]:
    """Mean effect of each action over all touches: if it answers the cause, and if not."""
    return {
        action: (answered, otherwise)
        for action, answered, otherwise in demo.execute(
            """
            with effects as (
                select action_id, answers_cause,
                    would_order_treated::integer - would_order_untreated::integer as effect
                from potential_outcomes
            )

            select action_id, avg(effect) filter (answers_cause),
                avg(effect) filter (not answers_cause)
            from effects group by action_id
            """
        ).fetchall()
    }


def test_the_action_that_answers_the_cause_keeps_several_times_more_than_any_other(demo):
    effects = effects_by_match(demo)

    answering = {action: both for action, both in effects.items() if both[0] is not None}
    assert len(answering) == len(CAUSES)
    for answered, otherwise in answering.values():
        assert answered > 0.15
        assert 0 < otherwise < answered / 5


def test_the_newsletter_changes_no_outcome(demo):
    changed = "select count(*) from potential_outcomes where action_id = 'newsletter' and"

    assert value(demo, f"{changed} would_order_treated = would_order_untreated") > 1_000
    assert value(demo, f"{changed} would_order_treated <> would_order_untreated") == 0


def test_only_the_courtesy_call_drives_away_a_fifth_of_those_who_would_stay_and_keeps_none(demo):
    driven_away, kept = demo.execute(
        """
        select
            avg((not would_order_treated)::integer) filter (would_order_untreated),
            count(*) filter (not would_order_untreated and would_order_treated)
        from potential_outcomes where action_id = 'courtesy_call'
        """
    ).fetchone()
    others = value(
        demo,
        """
        select count(*) from potential_outcomes
        where action_id <> 'courtesy_call' and would_order_untreated and not would_order_treated
        """,
    )

    assert driven_away == pytest.approx(0.2, abs=0.03)
    assert (kept, others) == (0, 0)


def test_coupon_hunters_redeem_vouchers_and_stay_no_longer(demo):
    """A voucher for each coupon hunter a few days after the first order."""
    decisions = demo.execute(
        f"""
        select person_id, joined_on + 5 as sent_on, 'voucher_15' as action_id
        from people where is_coupon_hunter and joined_on + 5 < date '{LAST_DATE}'
        """
    ).to_arrow_table()
    outcomes = potential_outcomes(
        decisions, people=PEOPLE, seed=7, first_date=FIRST_DATE, last_date=LAST_DATE
    )

    ordering = outcomes.filter(outcomes["would_order_untreated"])
    assert len(ordering) > 50
    assert pc.mean(ordering["redeems"]).as_py() > 0.8
    assert outcomes["would_order_treated"].equals(outcomes["would_order_untreated"])


def test_customers_who_would_stay_redeem_vouchers_and_no_other_action_is_redeemed(demo):
    staying, others = demo.execute(
        """
        select
            avg(redeems::integer) filter (action_id = 'voucher_15' and would_order_untreated),
            count(*) filter (action_id <> 'voucher_15' and redeems)
        from potential_outcomes
        """
    ).fetchone()

    assert 0.25 < staying < 0.6
    assert others == 0


def test_some_people_churn_whatever_is_done(demo):
    lost, kept, long_gone = demo.execute(
        """
        select
            avg(is_lost::integer) filter (touches.cause is not null),
            count(*) filter (is_lost and would_order_treated and not would_order_untreated),
            count(*) filter (not is_lost and churned_on < sent_on - 61)
        from touch_outcomes as touches inner join people using (person_id)
        """
    ).fetchone()

    assert lost == pytest.approx(0.25, abs=0.05)
    assert (kept, long_gone) == (0, 0)


def test_the_effects_of_actions_are_the_mean_of_both_potential_outcomes(demo):
    by_group = demo.execute(
        f"""
        select action_id, answers_cause, is_coupon_hunter, count(*),
            avg(would_order_treated::integer - would_order_untreated::integer)
        from touch_outcomes where sent_on + 90 <= date '{LAST_DATE}'
        group by all order by all
        """
    ).fetchall()
    summary = demo.execute(
        """
        select action_id, answers_cause, is_coupon_hunter, touches, uplift from action_effects
        where answers_cause is not null order by all
        """
    ).fetchall()
    overall = demo.execute(
        """
        select count(*), bool_and(touches = in_groups), bool_and(abs(uplift - mean) < 1e-9)
        from action_effects inner join (
            select action_id, sum(touches) as in_groups, sum(touches * uplift) / in_groups as mean
            from action_effects where answers_cause is not null group by action_id
        ) using (action_id)
        where answers_cause is null
        """
    ).fetchone()

    assert summary == by_group
    assert overall == (7, True, True)


def test_observed_outcomes_are_the_potential_outcomes_of_the_arm(demo):
    touches, agreeing = demo.execute(
        f"""
        with observed as (
            select contact_id,
                case arm when 'treatment' then would_order_treated else would_order_untreated end
                    as expected,
                bool_or(coalesce(ordered_at::date - sent_on between 1 and 90, false)) as did
            from touch_outcomes
            left join orders
                on touch_outcomes.person_id = orders.person_id and orders.status <> 'cancelled'
            where sent_on + 90 < date '{LAST_DATE}'
            group by all
        )

        select count(*), count(*) filter (expected = did) from observed
        """
    ).fetchone()

    assert touches > 1_000
    assert agreeing == touches


def test_each_redeemed_voucher_is_a_discounted_order_and_no_other_order_has_its_coupon(demo):
    redeemed, paid, expected = demo.execute(
        f"""
        with vouchers as (
            select touches.contact_id, person_id, redeemed_at, redeems, sent_on
            from touches inner join touch_outcomes using (contact_id)
            where touches.arm = 'treatment'
        ),

        paid as (
            select contact_id
            from vouchers inner join orders
                on vouchers.person_id = orders.person_id
                and redeemed_at = date_trunc('minute',
                    timezone('Europe/Berlin', timezone('UTC', ordered_at)))
            where coupon_code = 'COMEBACK15'
                    and abs(discount_amount - 0.15 * gross_amount) <= 0.01
        )

        select
            (select count(*) from touches where redeemed_at is not null),
            (select count(*) from paid),
            (select count(*) from vouchers where redeems and sent_on + 52 < date '{LAST_DATE}')
        """
    ).fetchone()
    with_coupon = value(demo, "select count(*) from orders where coupon_code = 'COMEBACK15'")

    assert redeemed == paid == with_coupon
    assert 50 < expected <= redeemed


def test_control_costs_nothing_and_receives_nothing(demo):
    assert demo.execute(
        """
        select sum(cost), count(redeemed_at) from touches where arm = 'control'
        """
    ).fetchone() == (0, 0)


def test_arms_are_independent_of_the_person_and_actions_of_those_who_named_no_cause(demo):
    """Differences of means in standard errors: of the treated, and of each action, over groups."""
    deviations = demo.execute(
        """
        with groups as (
            select action_id, arm, named_cause, unnest([
                'outcome ' || would_order_untreated, 'cause ' || coalesce(cause, 'none'),
                'hunter ' || is_coupon_hunter, 'lost ' || is_lost, 'action ' || action_id,
                'named ' || coalesce(named_cause, 'none')
            ]) as person
            from touch_outcomes
        ),

        arms as (
            select person as tested, count(*) as touches, 0.6 as expected,
                avg((arm = 'treatment')::integer) as share
            from groups group by person
        ),

        actions as (
            select groups.person || ', ' || actions.action_id, count(*), 1 / 7,
                avg((groups.action_id = actions.action_id)::integer)
            from groups, (select distinct action_id from touch_outcomes) as actions
            where groups.named_cause is null
                and groups.person not like 'action %' and groups.person not like 'named %'
            group by groups.person, actions.action_id
        )

        select tested, (share - expected) / sqrt(expected * (1 - expected) / touches)
        from (from arms union all from actions)
        """
    ).fetchall()

    assert len(deviations) == 25 + 7 * 12
    assert max(abs(deviation) for _, deviation in deviations) < 4


def test_half_of_those_who_named_a_cause_get_the_action_that_answers_it(demo):
    """And by chance the others get it one time in seven."""
    answered = value(
        demo,
        """
        select avg(coalesce(answering.cause = named_cause, false)::integer)
        from touch_outcomes inner join answering using (action_id)
        where named_cause is not null
        """,
    )

    assert answered == pytest.approx(0.5 + 0.5 / 7, abs=0.06)
