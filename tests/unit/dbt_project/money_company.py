"""Models about money, rendered without dbt and run in DuckDB on the rows of a test.

Each model is a view or a table named as the model. Its inputs are tables that a test fills; an
input without rows is empty. Macros that return other values than text are not rendered here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import jinja2

PROJECT = Path(__file__).parents[3] / "dbt_project"
FOREVER = date(9999, 12, 31)
ALWAYS = date(1, 1, 1)
SETTINGS = {
    "currency": "EUR",
    "currency_decimals": 2,
    "money_type": "decimal(18, 2)",
    "exchange_rates": False,
    "gift_cards": "count_when_spent",
    "past_dates": "as_known",
    "first_date": "2026-01-01",
    "corrections_window_days": 35,
    "churn_kind": "non_contractual",
    "horizon_days": 90,
    "eligible_days": 180,
    "sources_by_entity": {"orders": ["s"], "order_lines": ["s"], "tickets": []},
}
_VERSION = """
    _load_id bigint default 1, _row bigint, _reject_reason varchar, source varchar default 's',
    known_from date default date '0001-01-01', known_to date default date '9999-12-31',
    _known_from date, _known_to date, _batch bigint default 1
"""
TABLES = f"""
create table int_orders_versions (
    source_order_id varchar, source_customer_id varchar, ordered_at timestamp,
    status varchar default 'completed', currency varchar default 'EUR',
    gross_amount decimal(18, 4), discount_amount decimal(18, 4), net_amount decimal(18, 4),
    coupon_code varchar, sales_channel varchar, cancelled_at timestamp, refunded_at timestamp,
    refunded_amount decimal(18, 4), payment_kind varchar, is_gift_card_sale boolean,
    credited_order_id varchar, {_VERSION}
);
create table int_refunds_versions (
    source_refund_id varchar, source_order_id varchar, source_customer_id varchar,
    refunded_at timestamp, amount decimal(18, 4), currency varchar, {_VERSION}
);
create table int_order_lines_versions (
    source_order_line_id varchar, source_order_id varchar, category varchar, quantity double,
    unit_price decimal(18, 4), cost decimal(18, 4), is_gift_card boolean, {_VERSION}
);
create table int_tickets_versions (opened_at timestamp, resolved_at timestamp, {_VERSION});
create table int_identity_history (
    record_no int, source varchar default 's', source_customer_id varchar, customer_no int,
    customer_id varchar, valid_from date default date '0001-01-01',
    valid_to date default date '9999-12-31', is_first_stretch boolean default true
);
create table int_categories (category varchar, category_number bigint, bucket int);
create table exchange_rates (rated_on date, currency varchar, rate decimal(18, 10));
create table run_dates (snapshot_date date, purpose varchar);
create view int_as_of as select max(snapshot_date) as as_of_date from run_dates;
"""
# In the order in which they read each other.
MODELS = (
    "intermediate/orders/int_order_baskets",
    "intermediate/orders/int_order_refunds",
    "intermediate/orders/int_purchases",
    "intermediate/orders/int_order_days",
    "marts/orders/daily_totals",
    "features/feat_purchases",
)

Row = Mapping[str, Any]


class MoneyCompany:
    """A company with one source `s`, one customer a source customer, and rows of a test.

    Args:
        orders: rows of `int_orders_versions`; lacking columns have their defaults.
        dates: dates of the run; the last is the as-of date.
        settings: variables of dbt that differ from `SETTINGS`.
        tables: rows of other inputs by name.
    """

    def __init__(
        self,
        orders: Sequence[Row],
        dates: Sequence[date],
        settings: Mapping[str, Any] | None = None,
        **tables: Sequence[Row],
    ) -> None:
        self._variables = {**SETTINGS, **(settings or {})}
        self._con = duckdb.connect()
        self._con.execute(TABLES)
        numbered = [{"_row": number, **row} for number, row in enumerate(orders, start=1)]
        refunds = [
            {"_load_id": 1000, "_row": number, **row}
            for number, row in enumerate(tables.pop("int_refunds_versions", ()), start=1)
        ]
        self._insert("int_orders_versions", numbered)
        self._insert("int_refunds_versions", refunds)
        self._insert("run_dates", [{"snapshot_date": day, "purpose": "daily"} for day in dates])
        for name, rows in tables.items():
            self._insert(name, rows)
        self._con.execute(
            """
            insert into int_identity_history
                (record_no, source_customer_id, customer_no, customer_id)
            select row_number() over (order by id), id, row_number() over (order by id), id
            from (
                select source_customer_id as id from int_orders_versions
                union select source_customer_id from int_refunds_versions
            ) where id is not null
            """
        )
        for model in MODELS:
            name = model.rpartition("/")[2]
            self._con.execute(f"create table {name} as {self._rendered(model)}")

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of a query of the models."""
        return self._con.execute(sql).fetchall()

    def kept(self, on: date) -> dict[str, Any]:
        """Net revenue by customer as known on a day, as `dim_customers` adds it up."""
        return dict(
            self.query(
                f"""
                select
                    customer_id,
                    (
                        select sum(net_amount) from int_purchases as purchases
                        where
                            purchases.source_customer_id = customer_id
                            and counts_from <= date '{on}' and date '{on}' < counts_to
                    ) - coalesce((
                        select sum(amount) from int_order_refunds as refunds
                        where
                            is_of_customer and refunds.source_customer_id = customer_id
                            and known_from <= date '{on}' and date '{on}' < known_to
                    ), 0)
                from int_identity_history
                """
            )
        )

    def totals(self, metric: str) -> dict[date, Any]:
        """Totals of a metric that are not zero, by day."""
        return dict(
            self.query(
                f"""
                select day, total from daily_totals
                where metric = '{metric}' and total != 0 order by day
                """
            )
        )

    def features(self, customer_id: str) -> dict[str, Any]:
        """Features of purchases of a customer on the as-of date, by name."""
        found = self._con.execute(
            """
            select features.* from feat_purchases as features
            inner join int_identity_history using (customer_no)
            where
                customer_id = ?
                and snapshot_date = (select max(snapshot_date) from feat_purchases)
            """,
            [customer_id],
        )
        names = [column[0] for column in found.description or ()]
        row = found.fetchone()
        return {} if row is None else dict(zip(names, row, strict=True))

    def _insert(self, table: str, rows: Sequence[Row]) -> None:
        for row in rows:
            marks = ", ".join("?" for _ in row)
            self._con.execute(
                f"insert into {table} ({', '.join(row)}) values ({marks})", list(row.values())
            )

    def _rendered(self, model: str) -> str:
        environment = jinja2.Environment(
            extensions=["jinja2.ext.do"], autoescape=False, undefined=jinja2.StrictUndefined
        )
        macros = "".join(
            path.read_text("utf-8")
            for path in sorted((PROJECT / "macros").rglob("*.sql"))
            if path.name
            in ("bounds.sql", "dates.sql", "features.sql", "money.sql", "orders.sql", "windows.sql")
        )
        versions = (PROJECT / "macros" / "entities.sql").read_text("utf-8")
        start = versions.index("{% macro as_known")
        macros += versions[start : versions.index("{%- endmacro %}", start)] + "{%- endmacro %}"
        # dbt returns values of macros; Jinja knows their text only, which is a dictionary here.
        macros = macros.replace("{{ return(columns) }}", "{{ tojson(columns) }}")
        macros = macros.replace(
            "feature_columns(model).items()", "fromjson(feature_columns(model)).items()"
        )
        body = (PROJECT / "models" / f"{model}.sql").read_text("utf-8")
        return environment.from_string(macros + body).render(
            {
                "var": lambda name, default=None: self._variables.get(name, default),
                "ref": lambda name: name,
                "source": lambda _, name: name,
                "config": lambda **_: "",
                "return": lambda value: value,
                "is_incremental": lambda: False,
                "tojson": json.dumps,
                "fromjson": json.loads,
                "execute": True,
            }
        )
