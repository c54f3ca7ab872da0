"""The planted truth holds in the sources, and is neither too easy nor too hard to find in them."""

from __future__ import annotations

from datetime import date

import duckdb
import pytest

from demo import generate

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
    """A connection with the truth, and with orders, lines, events, reviews and tickets by person.

    Every row of a source is joined to its person by the truth; of rows delivered again, the last.
    """
    folder = tmp_path_factory.mktemp("demo_truth")
    generate(folder / "landing", folder / "truth", people=2500)
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

            create table tickets as
            select person_id, make_timestamp_ms(try_cast(opened as bigint)) as opened_at,
                (first_response - try_cast(opened as bigint)) / 3.6e6 as wait_hours,
                satisfaction.score as csat, reopened_count
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
            and order_no not in (select order_no from orders where coupon_code = 'COMEBACK15')
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


def test_the_environment_turns_only_where_a_competitor_opened(demo):
    starts = demo.execute(
        "select min(starts_on), count(*) from episodes where cause = 'external_environment'"
    ).fetchone()
    first_opening = value(demo, "select min(opened_on) from competitor_openings")

    assert starts[1] > 50
    assert starts[0] >= first_opening


def test_the_effects_of_actions_are_the_mean_of_both_potential_outcomes(demo):
    effects = dict(demo.execute("select action_id, uplift from action_effects").fetchall())

    assert effects["service_call"] > effects["local_event"]
    assert all(0 <= uplift < 0.25 for uplift in effects.values())
    assert (
        value(
            demo,
            "select count(*) from touch_outcomes where would_order_untreated > would_order_treated",
        )
        == 0
    )


def test_observed_outcomes_are_the_potential_outcomes_of_the_arm(demo):
    agreement = value(
        demo,
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

        select avg((expected = did)::integer) from observed
        """,
    )

    assert agreement > 0.995


def test_arms_are_random(demo):
    share, gap = demo.execute(
        """
        select
            avg((arm = 'treatment')::integer),
            avg(would_order_untreated::integer) filter (arm = 'treatment')
            - avg(would_order_untreated::integer) filter (arm = 'control')
        from touch_outcomes where sent_on < date '2026-04-01'
        """
    ).fetchone()

    assert share == pytest.approx(0.6, abs=0.05)
    assert abs(gap) < 0.08
