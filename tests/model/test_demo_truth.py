"""The planted truth holds in the sources, and is neither too easy nor too hard to find in them."""

from __future__ import annotations

import pytest

from tests.model.demo_database import CAUSES, LAST_DATE, by_cause, value


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
