"""The planted truth holds in the sources, and is neither too easy nor too hard to find in them."""

from __future__ import annotations

from datetime import date

import duckdb
import pyarrow.compute as pc
import pytest

from demo import generate
from demo.oracle import potential_outcomes
from demo.sql_files import WORDS

PEOPLE = 2500
FIRST_DATE = date(2024, 7, 1)
LAST_DATE = date(2026, 6, 30)
CAUSES = {
    "product_fit",
    "service_response",
    "price_sensitivity",
    "emotional_bond",
    "external_environment",
}


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """A connection with the truth, with orders, events, reviews and tickets by person, and touches.

    Every row of a source is joined to its person by the truth; of rows delivered again, the last.
    """
    folder = tmp_path_factory.mktemp("demo_truth")
    generate(folder / "landing", folder / "truth", people=PEOPLE)
    landing = folder / "landing"
    with duckdb.connect() as connection:
        for file in (folder / "truth").iterdir():
            connection.execute(f"create view {file.stem} as from '{file}'")
        connection.execute(
            f"""
            create table orders as
            select person_id, source.* exclude (filename)
            from read_parquet('{landing}/shop/orders/*.parquet', filename = true) as source
            inner join records on account_no = source_record_id
            where order_no is not null and ordered_at is not null
            qualify row_number() over (partition by order_no order by filename desc) = 1;

            create table touches as
            select contact_id, arm, cost::double as cost,
                strptime(sent_at, '%d.%m.%Y %H:%M') as sent_at,
                strptime(redeemed_at, '%d.%m.%Y %H:%M') as redeemed_at
            from read_csv('{landing}/crm/touches/*.csv', filename = true, all_varchar = true,
                delim = ';')
            where contact_id in (select contact_id from touch_outcomes)
            qualify row_number() over (partition by contact_id order by filename desc) = 1;

            create table events as
            select person_id, source.*
            from '{landing}/shop/events/*.parquet' as source
            inner join records on account_no = source_record_id
            where event_id is not null;

            create table reviews as
            select person_id, try_cast(created_at as timestamp) as created_at,
                try_cast(rating as integer) as rating, text
            from read_ndjson('{landing}/shop/reviews/*.jsonl')
            inner join records on account_no = source_record_id;

            create table surveys as
            select distinct text, topic from read_csv('{WORDS}/texts.csv') where kind = 'survey';

            create table answering as select action_id, cause from '{WORDS}/actions.csv';

            create table tickets as
            select person_id, make_timestamp_ms(try_cast(opened as bigint)) as opened_at,
                (first_response - try_cast(opened as bigint)) / 3.6e6 as wait_hours,
                satisfaction.score as csat, reopened_count, topic
            from read_ndjson('{landing}/helpdesk/tickets/*.jsonl', filename = true)
            inner join records on requester_id::varchar = source_record_id
            where ticket_id is not null
            qualify row_number() over (partition by ticket_id order by filename desc) = 1;

            -- The days before a planted end, and the same length of days of people in no trouble.
            create table periods as
            select person_id, cause, starts_on, ends_on
            from episodes where ends_in_leaving and strength > 0.5 and ends_on < date '{LAST_DATE}'
            union all
            select person_id, 'none', joined_on, date '{LAST_DATE}'
            from people
            where standing = 'buyer' and not is_coupon_hunter
                and person_id not in (select person_id from episodes);
            """
        )
        yield connection


def value(demo, query: str):
    return demo.execute(query).fetchone()[0]


def by_cause(demo, query: str) -> dict[str, float]:
    """Runs a query that gives (cause, number) for each cause and for 'none'."""
    return dict(demo.execute(query).fetchall())


def test_a_quarter_to_a_third_of_the_customers_leave_in_a_year(demo):
    yearly = value(
        demo,
        f"""
        select 1 - exp(-count(churned_on) / sum(
            date_diff('day', greatest(joined_on, date '2024-07-01'),
                coalesce(churned_on, date '{LAST_DATE}')) / 365
        ))
        from people where standing = 'buyer' and not is_coupon_hunter
        """,
    )

    assert 0.25 <= yearly <= 0.35


def test_no_churned_customer_orders_again(demo):
    assert (
        value(
            demo,
            """
        select count(*) from orders inner join people using (person_id)
        where timezone('Europe/Berlin', timezone('UTC', ordered_at))::date > churned_on
        """,
        )
        == 0
    )


def test_episodes_of_a_customer_do_not_overlap(demo):
    assert (
        value(
            demo,
            """
        select count(*) from episodes as one inner join episodes as other using (person_id)
        where one.starts_on < other.starts_on and one.ends_on > other.starts_on
        """,
        )
        == 0
    )


def test_every_cause_and_none_has_churned_customers(demo):
    lost = dict(
        demo.execute(
            """
            select cause, count(*) from people
            where churned_on is not null and not is_coupon_hunter group by cause
            """
        ).fetchall()
    )

    assert set(lost) == CAUSES | {None}
    assert min(lost.values()) > 20


def test_every_record_in_the_files_belongs_to_one_person_and_people_have_several(demo):
    assert (
        value(
            demo,
            "select count(*) - count(distinct (source, source_record_id)) from records",
        )
        == 0
    )
    sources = dict(demo.execute("select source, count(*) from records group by source").fetchall())
    assert sources["crm"] > sources["helpdesk"]
    assert value(
        demo,
        """
        select avg((records > 1)::integer)
        from (select count(*) as records from records where source = 'crm' group by person_id)
        """,
    ) == pytest.approx(0.09, abs=0.03)


def test_coupon_hunters_buy_with_coupons_only_and_are_few(demo):
    share = "select avg(is_coupon_hunter::integer) from people"
    without_coupon = """
        select count(*) from orders inner join people using (person_id)
        where is_coupon_hunter and coupon_code is null
            and timezone('UTC', ordered_at)::date <= churned_on - 1
    """

    assert value(demo, share) == pytest.approx(0.08, abs=0.02)
    assert value(demo, without_coupon) == 0


def test_customers_who_churn_for_service_waited_for_answers(demo):
    hours = by_cause(
        demo,
        """
        select cause, median(wait_hours) from periods inner join tickets using (person_id)
        where opened_at::date between starts_on and ends_on group by cause
        """,
    )
    scores = by_cause(
        demo,
        """
        select cause, avg(csat) from periods inner join tickets using (person_id)
        where opened_at::date between starts_on and ends_on group by cause
        """,
    )

    assert hours["service_response"] > 3 * hours["none"]
    assert scores["service_response"] < scores["none"] - 1


def test_customers_who_churn_for_price_used_coupons(demo):
    shares = by_cause(
        demo,
        """
        select cause, avg((coupon_code is not null)::integer)
        from periods inner join orders using (person_id)
        where ordered_at::date between starts_on and ends_on group by cause
        """,
    )

    assert shares["price_sensitivity"] > 2 * shares["none"]


def test_customers_who_churn_for_the_product_returned_orders_and_rated_low(demo):
    refunds = by_cause(
        demo,
        """
        select cause, avg((refunded_at is not null)::integer)
        from periods inner join orders using (person_id)
        where ordered_at::date between starts_on and ends_on group by cause
        """,
    )
    ratings = by_cause(
        demo,
        """
        select cause, avg(rating) from periods inner join reviews using (person_id)
        where created_at::date between starts_on and ends_on group by cause
        """,
    )

    assert refunds["product_fit"] > 2 * refunds["none"]
    assert ratings["product_fit"] < ratings["none"] - 0.7


def test_customers_who_churn_for_the_bond_had_stopped_reading(demo):
    opens = by_cause(
        demo,
        """
        with lengths as (
            select cause, sum(ends_on - starts_on) as days from periods group by cause
        )

        select cause, count(*) / any_value(days)
        from periods
        inner join events using (person_id)
        inner join lengths using (cause)
        where event_type = 'email_open' and occurred_at::date between starts_on and ends_on
        group by cause
        """,
    )

    assert opens["emotional_bond"] < 0.75 * opens["none"]


def complaints_in_periods(demo) -> dict[str, tuple[float, float]]:
    """Per cause and for 'none': share of periods with a complaint about it, complaints a year."""
    rows = demo.execute(
        """
        with complaints as (
            select person_id, opened_at::date as written_on, unnest(case topic
                when 'product_quality' then ['product_fit'] when 'returns' then ['product_fit']
                when 'delivery' then ['service_response'] when 'pricing' then ['price_sensitivity']
                when 'account' then ['emotional_bond']
                when 'competitor' then ['external_environment']
            end) as cause
            from tickets where csat <= 3 or csat is null
            union all
            select person_id, created_at::date, surveys.topic
            from reviews inner join surveys using (text)
        ),

        counted as (
            select periods.*, ends_on - starts_on as days,
                count(written_on) as complaints
            from periods left join complaints
                on periods.person_id = complaints.person_id
                and periods.cause in (complaints.cause, 'none')
                and written_on between starts_on and ends_on
            group by all
        )

        select cause, avg((complaints > 0)::integer), sum(complaints) / sum(days) * 365
        from counted group by cause
        """
    ).fetchall()
    return {cause: (share, yearly) for cause, share, yearly in rows}


def test_three_churned_customers_in_five_complained_about_their_cause_before_they_left(demo):
    shares = complaints_in_periods(demo)

    for cause in CAUSES:
        assert 0.5 < shares[cause][0] < 0.9, cause


def test_contented_people_complain_too_and_far_less_often(demo):
    """Of any cause together: they complain of one a few times in ten years."""
    yearly = {cause: often for cause, (_, often) in complaints_in_periods(demo).items()}

    assert 0.15 < yearly["none"] < 0.6
    assert min(yearly[cause] for cause in CAUSES) > 3 * yearly["none"]


def test_nobody_complains_after_leaving(demo):
    """A complaint in the weeks after the departure would give it away."""
    after = value(
        demo,
        """
        select count(*) from reviews inner join surveys using (text)
        inner join people using (person_id) where created_at::date > churned_on
        """,
    )

    assert after == 0


def test_the_environment_turns_only_where_a_competitor_opened(demo):
    starts = demo.execute(
        "select min(starts_on), count(*) from episodes where cause = 'external_environment'"
    ).fetchone()
    first_opening = value(demo, "select min(opened_on) from competitor_openings")

    assert starts[1] > 50
    assert starts[0] >= first_opening


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
