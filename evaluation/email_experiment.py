"""Hillstrom's public e-mail experiment, given as the demo company's customers, touches and orders.

The rows of the experiment are in no package. Its published counts determine them as far as the
effects on visits need: who was sent which e-mail, and who visited. Kevin Hillstrom, The
MineThatData E-Mail Analytics and Data Mining Challenge, 2008.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb
import yaml

from deployment.home import Home
from deployment.project import CONFIG
from evaluation.effect_coverage import measure_up_to_effects

# Customers and visitors of each arm.
GROUPS = {"mens_email": (21_307, 3_894), "womens_email": (21_387, 3_238), "none": (21_306, 2_262)}
DELIVERED = ("crm/customers", "crm/touches", "shop/accounts", "shop/orders")
# A day in whose quarter all outcomes are known at the demo's last date.
SENT_ON = date(2026, 3, 2)
VISITED_ON = SENT_ON + timedelta(days=7)
AS_OF = date(2026, 6, 30)


@dataclass(frozen=True)
class EmailEffect:
    """Effect of one e-mail on the share of visitors, with its 95 % interval."""

    action_id: str
    treated: int
    control: int
    uplift: float
    low: float
    high: float


def email_effects(root: Path) -> list[EmailEffect]:
    """Measure the effects of both e-mails by the pipeline's own route, in a home below `root`.

    Raises:
        RuntimeError: a step before the effects failed.
    """
    home = Home(root / "email_experiment")
    config_path = _configuration(root)
    _deliver(home.landing)
    measure_up_to_effects(home, config_path, AS_OF)
    with duckdb.connect(str(home.warehouse), read_only=True) as con:
        rows = con.execute(
            """
            select action_id, treated, control, uplift, uplift_low, uplift_high
            from ml.action_effects
            where segment_kind = 'all' and period_kind = 'period'
            order by action_id
            """
        ).fetchall()
    return [EmailEffect(*row) for row in rows]


def _configuration(root: Path) -> Path:
    """The demo's configuration, in which the tables that the experiment lacks are optional."""
    config = yaml.safe_load((CONFIG / "demo.yml").read_text(encoding="utf-8"))
    for source, described in config["sources"].items():
        for name, table in described["tables"].items():
            table["optional"] = f"{source}/{name}" not in DELIVERED
    path = root / "email_experiment.yml"
    path.write_text(yaml.safe_dump(config), encoding="utf-8")
    return path


def _deliver(landing: Path) -> None:
    """Write the experiment's customers and touches for the CRM, and its visits as shop orders."""
    for folder in (*DELIVERED, "helpdesk"):
        (landing / folder).mkdir(parents=True)
    with duckdb.connect() as con:
        groups = ", ".join(
            f"('{arm}', {customers}, {visitors})" for arm, (customers, visitors) in GROUPS.items()
        )
        con.execute(
            f"""
            create table people as
            select
                row_number() over (order by arm, n)::varchar as number,
                arm,
                n < visitors as has_visited
            from (values {groups}) as arms (arm, customers, visitors), range(customers) as rows (n)
            """
        )
        con.execute(
            f"""
            copy (
                select
                    'C' || number as customer_no, null as email, null as phone, null as name,
                    null as created, null as updated, null as birth_year, null as country,
                    null as city, null as channel, null as plan, null as marketing_consent,
                    'A' || number as shop_account
                from people
            ) to '{landing}/crm/customers/customers_{AS_OF}.csv' (header, delimiter ';')
            """
        )
        # The customers without an e-mail are the control of both.
        con.execute(
            f"""
            copy (
                select
                    'T' || number || '-' || action as contact_id, 'C' || number as customer_no,
                    action, '{SENT_ON:%d.%m.%Y} 09:00' as sent_at, 'email' as channel,
                    case when arm = action then 'treatment' else 'control' end as arm,
                    case when arm = action then '0.05' end as cost, null as redeemed_at
                from people, unnest(['mens_email', 'womens_email']) as actions (action)
                where arm in (action, 'none')
            ) to '{landing}/crm/touches/touches_{AS_OF}.csv' (header, delimiter ';')
            """
        )
        con.execute(
            f"""
            copy (
                select
                    'A' || number as account_no, null as email, null as phone, null as full_name,
                    null as created_at, null as newsletter
                from people where has_visited
            ) to '{landing}/shop/accounts/accounts_{AS_OF}.csv' (header)
            """
        )
        con.execute(
            f"""
            copy (
                select
                    'O' || number as order_no, 'A' || number as account_no,
                    timestamptz '{VISITED_ON} 12:00:00+00' as ordered_at, 'completed' as status,
                    'EUR' as currency, 1.0 as gross_amount, 0.0 as discount_amount,
                    1.0 as net_amount, null::varchar as coupon_code,
                    null::varchar as sales_channel, null::timestamptz as cancelled_at,
                    null::timestamptz as refunded_at, null::double as refunded_amount
                from people where has_visited
            ) to '{landing}/shop/orders/orders_{AS_OF}.parquet'
            """
        )
