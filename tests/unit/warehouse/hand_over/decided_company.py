"""A company with decided and published actions, and the places where they are handed over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from deployment.hand_over import HandOver
from warehouse.connection import Warehouse, write_run_dates
from warehouse.hand_over.action_list import action_list
from warehouse.hand_over.delivery import HandOverReport, hand_over

DAY = date(2026, 6, 30)
SLUG = "demo"
NAME = "Ada Lovelace"
EMAIL = "ada@example.com"
PHONE = "+49301234567"
SECRET = "kelp-signing-key-4711"
ACTIONS = ("voucher", "service_call", "letter")
TABLES = """
create schema activation; create schema hand_over;
create table hand_over.action_contacts (
    customer_id varchar, action_id varchar, email varchar, phone varchar, full_name varchar,
    country varchar, city varchar, has_consent boolean, is_suppressed boolean, is_erased boolean
);
"""
PUBLISHED = """
create schema activation;
create table activation.customer_actions_daily (
    customer_id varchar, snapshot_date date, action_id varchar, arm varchar,
    chosen_with_probability double, mode varchar, channel varchar, cause varchar,
    expected_uplift double, expected_net_value decimal(18, 2), expected_cost decimal(18, 2),
    expires_on date, why varchar
);
"""


@dataclass
class DecidedCompany:
    """A warehouse and a published file below a folder, filled by a test.

    Attributes:
        folder: the home.
    """

    folder: Path

    @property
    def warehouse(self) -> Warehouse:
        return Warehouse(self.folder / "warehouse.duckdb")

    @property
    def published(self) -> Path:
        return self.folder / "holdfast.duckdb"

    @property
    def hand_over_folder(self) -> Path:
        return self.folder / "hand_over"

    def create(self, day: date = DAY) -> DecidedCompany:
        self.warehouse.initialise(SLUG, "Demo Company")
        self.execute(TABLES)
        with duckdb.connect(str(self.published)) as con:
            con.execute(PUBLISHED)
        self.run(day)
        return self

    def run(self, day: date) -> None:
        """Make a day the as-of date."""
        with self.warehouse.connect() as con:
            write_run_dates(con, [day])

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> None:
        with self.warehouse.connect() as con:
            con.execute(sql, list(parameters))

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with self.warehouse.connect() as con:
            return con.execute(sql).fetchall()

    def contact(self, customer_id: str, **fields: Any) -> None:
        """Replace the contacts of a customer: one for each action, allowed by default."""
        known = {
            "customer_id": customer_id,
            "email": EMAIL,
            "phone": PHONE,
            "full_name": NAME,
            "country": "DE",
            "city": "Kiel",
            "has_consent": True,
            "is_suppressed": False,
            "is_erased": False,
            **fields,
        }
        self.execute("delete from hand_over.action_contacts where customer_id = ?", [customer_id])
        marks = ", ".join("?" for _ in known)
        self.execute(
            f"insert into hand_over.action_contacts ({', '.join(known)}, action_id)"
            f" select {marks}, unnest({list(ACTIONS)})",
            list(known.values()),
        )

    def decide(self, customer_id: str, action_id: str = "voucher", **fields: Any) -> None:
        """Publish a decision, of the treatment of `DAY` by default."""
        day = fields.get("snapshot_date", DAY)
        decision = {
            "customer_id": customer_id,
            "snapshot_date": day,
            "action_id": action_id,
            "arm": "treatment",
            "chosen_with_probability": 0.9,
            "channel": {"service_call": "phone", "letter": "post"}.get(action_id, "email"),
            "cause": "price_sensitivity",
            "expected_uplift": 0.05,
            "expected_net_value": 12.5,
            "expires_on": day + timedelta(days=7),
            "why": "Last order 74 days ago. A voucher lowers the price",
            **fields,
        }
        marks = ", ".join("?" for _ in decision)
        with duckdb.connect(str(self.published)) as con:
            con.execute(
                f"insert into activation.customer_actions_daily ({', '.join(decision)})"
                f" values ({marks})",
                list(decision.values()),
            )

    def decide_many(self, customers: int) -> None:
        """Publish vouchers for customers c000, c001 and so on, the first the most valuable."""
        self.execute(
            f"""
            insert into hand_over.action_contacts
            select
                format('c{{:03d}}', i), 'voucher', 'c' || i || '@example.com', '{PHONE}', '{NAME}',
                'DE', 'Kiel', true, false, false
            from range({customers}) as t (i)
            """
        )
        with duckdb.connect(str(self.published)) as con:
            con.execute(
                f"""
                insert into activation.customer_actions_daily
                select
                    format('c{{:03d}}', i), date '{DAY}', 'voucher', 'treatment', 0.9, 'exploit',
                    'email', 'price_sensitivity', 0.05, 1000 - i, 1, date '{DAY}' + 7, 'Because'
                from range({customers}) as t (i)
                """
            )

    def listed(self, *days: date) -> list[dict[str, Any]]:
        """The list with the status of each action."""
        with self.warehouse.connect() as con, action_list(con, self.published, SLUG, days):
            found: pa.Table = con.execute(
                "from action_list order by snapshot_date, customer_id"
            ).to_arrow_table()
        rows: list[dict[str, Any]] = found.to_pylist()
        return rows

    def hand_over(self, settings: HandOver, *days: date) -> HandOverReport:
        """Hand over as the asset does, the day `DAY` by default."""
        with self.warehouse.connect() as con:
            return hand_over(
                con, self.published, self.hand_over_folder, SLUG, settings, days or (DAY,)
            )
