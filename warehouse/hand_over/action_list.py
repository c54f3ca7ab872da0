"""List of actions to hand over: published treatments with the contact that their channel needs.

The actions are read from the published file, so that nothing is handed over that was not
published. Contact, consent and suppression are those of `hand_over.action_contacts`, as known on
the as-of date.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa

from warehouse.errors import missing_error
from warehouse.quoting import literal

# Columns of a handed-over action, in the order of the files.
COLUMNS = (
    "decision_id",
    "snapshot_date",
    "customer_id",
    "action_id",
    "arm",
    "chosen_with_probability",
    "channel",
    "cause",
    "expected_uplift",
    "expected_net_value",
    "expires_on",
    "why",
    "email",
    "phone",
    "full_name",
    "city",
    "country",
)
CONTACT_COLUMNS = ("email", "phone", "full_name", "city", "country")

READY = "ready"

# A run of a date takes place after the date has ended, so an action whose last day is the as-of
# date can no longer be carried out.
_LIST = """
create or replace temp table action_list as
with

as_of as (
    select max(snapshot_date) as as_of_date from ops.snapshot_dates
),

treatments as (
    select actions.*
    from published_day.activation.customer_actions_daily as actions
    cross join as_of
    where
        actions.arm = 'treatment'
        and actions.snapshot_date <= as_of.as_of_date
        and (
            actions.expires_on > as_of.as_of_date
            or list_contains($days, actions.snapshot_date)
        )
),

contacts as (
    select * from hand_over.action_contacts
),

addressed as (
    select
        treatments.*,
        sha256(
            concat_ws(
                '/', $slug, treatments.snapshot_date, treatments.customer_id, treatments.action_id
            )
        ) as decision_id,
        treatments.expires_on <= as_of.as_of_date as is_expired,
        coalesce(contacts.is_erased, true) as is_erased,
        coalesce(contacts.is_suppressed, false) as is_suppressed,
        coalesce(contacts.has_consent, false) as has_consent,
        case when treatments.channel = 'email' then contacts.email end as email,
        case when treatments.channel = 'phone' then contacts.phone end as phone,
        case when treatments.channel in ('phone', 'post') then contacts.full_name end as full_name,
        case when treatments.channel = 'post' then contacts.city end as city,
        case when treatments.channel = 'post' then contacts.country end as country
    from treatments
    cross join as_of
    left join contacts using (customer_id, action_id)
),

final as (
    select
        {columns},
        case
            when is_expired then 'expired'
            when is_erased then 'customer_erased'
            when is_suppressed then 'suppressed'
            when not has_consent then 'consent_withdrawn'
            when channel = 'email' and email is null then 'no_contact'
            when channel = 'phone' and phone is null then 'no_contact'
            else 'ready'
        end as status
    from addressed
)

select * from final
"""
_ORDER = "order by snapshot_date, expected_net_value desc nulls last, decision_id"


@contextmanager
def action_list(
    con: duckdb.DuckDBPyConnection, published: Path, slug: str, days: Sequence[date]
) -> Iterator[None]:
    """Make the temporary table `action_list`; drop it at the end of the block.

    It has the published treatments that have not expired, and those of `days`: the columns
    `COLUMNS`, and `status`, which is `ready`, or the reason for which the action is withheld:
    expired, customer_erased, suppressed, consent_withdrawn or no_contact.

    Args:
        con: the warehouse.
        published: the published file.
        slug: the deployment's short name, part of each decision's id.
        days: days whose actions are listed although they may have expired.

    Raises:
        WarehouseError: no run has published a file yet.
    """
    if not published.exists():
        raise missing_error(published)
    # By the resolved path, so that a publication meanwhile changes nothing here.
    con.execute(f"attach {literal(str(published.resolve()))} as published_day (read_only)")
    try:
        con.execute(_LIST.format(columns=", ".join(COLUMNS)), {"slug": slug, "days": list(days)})
    finally:
        con.execute("detach published_day")
    try:
        yield
    finally:
        con.execute("drop table action_list")


def counts_by_status(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Number of listed actions by status."""
    return dict(
        con.execute(
            "select status, count(*) from action_list group by status order by status"
        ).fetchall()
    )


def actions_of(con: duckdb.DuckDBPyConnection, day: date) -> pa.Table:
    """The actions of a day that are ready, with `COLUMNS`, the most valuable first."""
    return con.execute(
        f"""
        select {", ".join(COLUMNS)} from action_list
        where snapshot_date = ? and status = ? {_ORDER}
        """,
        [day, READY],
    ).to_arrow_table()


def actions_not_taken(con: duckdb.DuckDBPyConnection, destination: str) -> pa.Table:
    """Ready actions that a destination has not taken, with `COLUMNS`, the oldest day first."""
    return con.execute(
        f"""
        select {", ".join(COLUMNS)} from action_list
        anti join (
            select decision_id from ops.handed_over
            where destination = ? and handed_over_at is not null
        ) using (decision_id)
        where status = ? {_ORDER}
        """,
        [destination, READY],
    ).to_arrow_table()


def withdrawn_actions(con: duckdb.DuckDBPyConnection) -> pa.Table:
    """Listed actions that must not be carried out although they have not expired.

    Returns:
        Columns decision_id, snapshot_date, customer_id, action_id and status (the reason).
    """
    return con.execute(
        f"""
        select decision_id, snapshot_date, customer_id, action_id, status from action_list
        where status in ('customer_erased', 'suppressed', 'consent_withdrawn') {_ORDER}
        """
    ).to_arrow_table()
