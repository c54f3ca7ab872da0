"""Identity models on rows of customers, without the rest of a run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa

from warehouse.identity.phone_numbers import e164

MODELS = ("int_identity_keys", "int_identity_history", "customer_identities")
BEGINNING = date(1, 1, 1)
SCHEMAS = ("intermediate", "seeds", "ops", "marts")

TABLES = """
create table intermediate.int_customers_versions (
    source varchar, source_customer_id varchar, email varchar, phone varchar, full_name varchar,
    created_at timestamp, birth_year integer, country varchar, external_ids varchar[],
    _load_id bigint default 1, _reject_reason varchar, known_from date
);
create table intermediate.int_orders_versions (
    source varchar, source_customer_id varchar, ordered_at timestamp, _reject_reason varchar,
    known_from date
);
create table intermediate.int_suppressions_versions (
    phone varchar, _load_id bigint, _reject_reason varchar
);
create table intermediate.int_phone_numbers (phone varchar, country varchar, number varchar);
create table ops.identity_decisions (
    decision varchar, source_a varchar, source_customer_id_a varchar, source_b varchar,
    source_customer_id_b varchar, decided_on date, fault varchar
);
create table ops.snapshot_dates as select date '2026-06-30' as snapshot_date;
create view intermediate.int_customer_records as
select source, source_customer_id, min(known_from) as known_from, min(created_at) as first_seen_at
from intermediate.int_customers_versions
group by all;
"""


# As the demo's staging reads them; the first drop is known from the beginning.
_DEMO_RECORDS = """
create temp table files as
select 'crm' as source, customer_no as record, email, phone, name, birth_year, country,
    shop_account, filename
from read_csv('{landing}/crm/customers/**/*.csv', delim = ';', all_varchar = true, filename = true)
union all by name
select 'shop' as source, account_no as record, email, phone, full_name as name, filename
from read_csv('{landing}/shop/accounts/**/*.csv', all_varchar = true, filename = true)
union all by name
select 'helpdesk' as source, id::varchar as record, email, phone, name, filename
from read_ndjson('{landing}/helpdesk/requesters/**/*.jsonl', filename = true);

insert into intermediate.int_customers_versions by name
select source, record as source_customer_id, email, phone, name as full_name,
    try_cast(birth_year as integer) as birth_year, country,
    case when shop_account is not null then ['shop:' || shop_account] end as external_ids,
    case when drop_date > min(drop_date) over () then drop_date else date '0001-01-01' end
        as known_from
from (
    select *, regexp_extract(filename, '\\d{{4}}-\\d{{2}}-\\d{{2}}')::date as drop_date
    from files where record is not null
);
"""


@dataclass(frozen=True)
class Identity:
    """A warehouse with the inputs of the identity models; `resolve` builds the models."""

    con: duckdb.DuckDBPyConnection
    compiled: Mapping[str, str]
    country: str = "DE"

    def deliver(self, rows: Iterable[Mapping[str, object]]) -> None:
        """Add versions of customer records; without a source `shop`, without a day the first."""
        for row in rows:
            full = {"source": "shop", "known_from": BEGINNING, **row}
            self.con.execute(
                f"insert into intermediate.int_customers_versions ({', '.join(full)})"
                f" values ({', '.join('?' * len(full))})",
                list(full.values()),
            )

    def order(self, *orders: tuple[str, date]) -> None:
        """Add orders of the shop: id of the customer record and day."""
        self.con.executemany(
            "insert into intermediate.int_orders_versions values ('shop', ?, ?, null, ?)",
            [(record, day, BEGINNING) for record, day in orders],
        )

    def deliver_demo(self, landing: Path) -> None:
        """Add the demo company's customer records, each version from the day of its drop."""
        self.con.execute(_DEMO_RECORDS.format(landing=landing))

    def decide(self, decision: str, a: str, b: str, decided_on: date | None = None) -> None:
        """Add a decision on two records, each as source:id."""
        row = [decision, *a.split(":", 1), *b.split(":", 1), decided_on]
        self.con.execute("insert into ops.identity_decisions values (?, ?, ?, ?, ?, ?, null)", row)

    def resolve(self, models: Iterable[str] = MODELS) -> None:
        """Build the identity models."""
        self.con.execute("delete from intermediate.int_phone_numbers")
        pairs = self.con.execute(
            "select distinct phone, coalesce(country, ?) from intermediate.int_customers_versions"
            " where phone is not null",
            [self.country],
        ).fetchall()
        numbers = pa.table(
            {
                "phone": pa.array([phone for phone, _ in pairs], pa.string()),
                "country": pa.array([country for _, country in pairs], pa.string()),
                "number": pa.array([e164(*pair) for pair in pairs], pa.string()),
            }
        )
        self.con.register("numbers", numbers)
        self.con.execute("insert into intermediate.int_phone_numbers from numbers")
        for model in models:
            schema = "marts" if model == "customer_identities" else "intermediate"
            self.con.execute(f"create or replace table {schema}.{model} as {self.compiled[model]}")

    def people(self, day: date = date(2026, 6, 30)) -> set[frozenset[str]]:
        """Customers as sets of record ids on a day."""
        rows = self.con.execute(
            "select list(source_customer_id) from intermediate.int_identity_history"
            " where valid_from <= ? and ? < valid_to group by customer_id",
            [day, day],
        ).fetchall()
        return {frozenset(ids) for (ids,) in rows}

    def keys_of(self, record: str) -> dict[str, str]:
        """Key types and values of a record, without its traits; only int_identity_keys is built."""
        self.resolve(MODELS[:1])
        return dict(
            self.con.execute(
                "select key_type, key_value from intermediate.int_identity_keys"
                " where source_customer_id = ? and key_type not in ('name', 'birth_year')",
                [record],
            ).fetchall()
        )
