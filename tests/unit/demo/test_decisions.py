"""Decisions from outside have the planted effects, and change no day before their own."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from demo import generate
from demo.decisions import DECISION, TOUCH, load_decisions
from demo.oracle import potential_outcomes
from demo.sql_files import run_files, set_company
from tests.unit.demo.test_generator import hashes

PEOPLE = 300
SENT = date(2026, 4, 1)
DATE = r"\d{4}-\d\d-\d\d"
CAMPAIGNS_UNTIL = date(2025, 12, 31)
COMPANY = {"seed": 7, "first_date": date(2024, 7, 1), "last_date": date(2026, 6, 30)}


@dataclass(frozen=True)
class Decided:
    """A company with a decision for every person on `SENT`, and one without."""

    touches: pa.Table
    with_decisions: Path
    without: Path

    def ordering(self, company: Path) -> set[int]:
        """People of a company with an order after `SENT` that was not cancelled."""
        orders = f"read_parquet('{company}/landing/shop/orders/*.parquet', filename = true)"
        with duckdb.connect() as connection:
            return {
                person
                for (person,) in connection.execute(
                    f"""
                    select distinct person_id
                    from (
                        select *, timezone('UTC', ordered_at) as ordered_utc from {orders}
                        qualify row_number() over (partition by order_no order by filename desc) = 1
                    )
                    inner join '{company}/truth/records.parquet' on account_no = source_record_id
                    where timezone('Europe/Berlin', ordered_utc)::date > date '{SENT}'
                        and status <> 'cancelled'
                    """
                ).fetchall()
            }


@pytest.fixture(scope="module")
def decided(tmp_path_factory: pytest.TempPathFactory) -> Decided:
    folder = tmp_path_factory.mktemp("decided")
    actions = ["product_advice", "service_call", "voucher_15", "courtesy_call"]
    ids = range(1, PEOPLE + 1)
    touches = pa.table(
        {
            "person_id": list(ids),
            "sent_on": [SENT] * PEOPLE,
            "action_id": [actions[person % 4] for person in ids],
            "contact_id": [f"D{person}" for person in ids],
            "arm": ["control" if person % 10 == 0 else "treatment" for person in ids],
        }
    )
    for name, decisions in (("with", touches), ("without", None)):
        generate(
            folder / name / "landing",
            folder / name / "truth",
            people=PEOPLE,
            daily_drops=93,
            campaigns_until=CAMPAIGNS_UNTIL,
            decisions=decisions,
        )
    return Decided(touches, folder / "with", folder / "without")


def test_a_treated_person_orders_as_the_oracle_says_and_control_as_without_the_action(decided):
    outcomes = potential_outcomes(decided.touches, people=PEOPLE, **COMPANY)
    treated = pc.equal(decided.touches["arm"], "treatment")
    expected = pc.if_else(
        treated, outcomes["would_order_treated"], outcomes["would_order_untreated"]
    )
    ordering = decided.ordering(decided.with_decisions)
    changed = ordering ^ decided.ordering(decided.without)

    assert ordering == set(outcomes["person_id"].filter(expected).to_pylist())
    assert len(changed) > 10
    assert changed <= set(outcomes["person_id"].filter(treated).to_pylist())


def test_a_decision_changes_no_drop_before_its_day(decided):
    drops = [
        {
            file: digest
            for file, digest in hashes(company / "landing").items()
            if re.search(DATE, file)[0] < SENT.isoformat()
        }
        for company in (decided.with_decisions, decided.without)
    ]

    assert len(drops[0]) > 20
    assert drops[0] == drops[1]


def test_the_crm_delivers_each_decision_for_a_person_whom_it_knows_and_no_late_campaign(decided):
    with duckdb.connect() as connection:
        sent = connection.execute(
            f"""
            select contact_id[:1] as kind, count(distinct contact_id),
                max(try_strptime(sent_at, '%d.%m.%Y %H:%M'))::date
            from read_csv('{decided.with_decisions}/landing/crm/touches/*.csv', all_varchar = true,
                delim = ';')
            where contact_id not like 'T99%' group by kind order by kind
            """
        ).fetchall()
        records = decided.with_decisions / "truth/records.parquet"
        (known,) = connection.execute(
            f"select count(distinct person_id) from '{records}' where source = 'crm'"
        ).fetchone()

    assert sent[0] == ("D", known, SENT)
    assert known < PEOPLE
    assert sent[1][2] <= CAMPAIGNS_UNTIL


def test_an_order_takes_one_of_two_vouchers(tmp_path):
    days = (SENT, SENT + timedelta(7))
    vouchers = pa.Table.from_pylist(
        [
            {
                "person_id": person,
                "sent_on": day,
                "action_id": "voucher_15",
                "contact_id": f"D{person}-{day}",
                "arm": "treatment",
            }
            for person in range(1, PEOPLE + 1)
            for day in days
        ]
    )
    landing = tmp_path / "landing"
    generate(landing, tmp_path / "truth", people=PEOPLE, daily_drops=0, decisions=vouchers)
    with duckdb.connect() as connection:
        orders, distinct, with_voucher = connection.execute(
            f"""
            select count(*), count(distinct order_no),
                count(distinct order_no) filter (coupon_code = 'COMEBACK15')
            from '{landing}/shop/orders/*.parquet'
            -- Without the planted bad rows.
            where length(order_no) <= 11
            """
        ).fetchone()
        (redeemed,) = connection.execute(
            "select count(distinct contact_id) from"
            f" read_csv('{landing}/crm/touches/*.csv', all_varchar = true, delim = ';')"
            " where redeemed_at is not null and contact_id not like 'T99_0000000_'"
        ).fetchone()

    assert orders - distinct == 3
    assert 30 < redeemed == with_voucher


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("person_id", 301),
        ("person_id", 0),
        ("sent_on", date(2026, 7, 1)),
        ("sent_on", date(2024, 6, 30)),
        ("action_id", "gift"),
        ("action_id", None),
        ("arm", "placebo"),
    ],
)
def test_a_decision_that_the_company_cannot_carry_out_is_refused_by_its_column(column, value):
    decision = {
        "person_id": 1,
        "sent_on": SENT,
        "action_id": "newsletter",
        "contact_id": "D1",
        "arm": "control",
    }
    with duckdb.connect() as connection:
        set_company(connection, **COMPANY)
        run_files(connection, ("random", "calendar", "words"))

        with pytest.raises(ValueError, match=f"{column} is unknown to the company in 1 rows"):
            load_decisions(
                connection, pa.Table.from_pylist([decision | {column: value}]), PEOPLE, TOUCH
            )


def test_a_missing_column_is_named():
    with (
        duckdb.connect() as connection,
        pytest.raises(ValueError, match="column sent_on was expected"),
    ):
        load_decisions(connection, pa.table({"person_id": [1]}), PEOPLE, DECISION)
