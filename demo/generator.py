"""Generator of the demo company's exports and its truth.

People are simulated in batches of fixed size, entirely in SQL (`demo/sql`, one file a subject).
Memory therefore depends on the batch and not on the number of people. Every random draw is a
function of seed and person, so neither batches nor threads change a row.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa

from demo.decisions import TOUCH, load_decisions
from demo.dirt import plant
from demo.exports import EXPORTS
from demo.sql_files import batches, run_files, set_company, set_variables

# A shared key needs more records than any household has, at any scale.
LEAST_RECORDS_OF_A_SHARED_KEY = 24
USUAL_SHARED_KEY_STRIDE = 125

FOR_ALL = ("random", "calendar", "words")
FOR_A_BATCH = (
    "people",
    "episodes",
    "departures",
    "complaints",
    "behaviour",
    "tickets",
    "contacts",
    "records",
    "permissions",
    "baseline_orders",
    "potential_outcomes",
    "campaign",
    "orders",
    "order_lines",
    "events",
    "reviews",
    "deliveries_crm",
    "deliveries_shop",
    "deliveries_helpdesk",
    "truth",
)
NO_DECISIONS = pa.schema(
    [
        ("person_id", pa.int64()),
        ("sent_on", pa.date32()),
        ("action_id", pa.string()),
        ("contact_id", pa.string()),
        ("arm", pa.string()),
    ]
).empty_table()
# Files that run after another one where dirt is planted.
DIRT_AFTER = {
    "contacts": "dirty_contacts",
    "records": "dirty_records",
    "deliveries_shop": "dirty_orders",
    "truth": "dirty_deliveries",
}
TRUTH = (
    ("people", "person_id"),
    ("records", "person_id, source, source_record_id"),
    ("episodes", "person_id, starts_on, cause"),
    ("touch_outcomes", "contact_id"),
    ("potential_outcomes", "contact_id, action_id"),
    ("action_effects", "action_id, answers_cause, is_coupon_hunter"),
    ("competitor_openings", "city"),
    ("dirt", "source, table_name, kind"),
)
TRUTH_OF_DIRT = (
    ("orders", "order_no"),
    ("times", "source, table_name, row_key"),
)


@dataclass(frozen=True)
class GenerationReport:
    """Summary of a generation; `rows` counts by '<source>.<table>', all drops and dirt included."""

    people: int
    seed: int
    first_date: date
    last_date: date
    drops: tuple[date, ...]
    rows: Mapping[str, int]
    seconds: float

    @property
    def total_rows(self) -> int:
        """Rows of all tables."""
        return sum(self.rows.values())


def generate(
    landing: Path,
    truth: Path,
    *,
    people: int = 5000,
    seed: int = 7,
    first_date: date = date(2024, 7, 1),
    last_date: date = date(2026, 6, 30),
    daily_drops: int = 14,
    dirt: float = 0.0,
    christmas: bool = False,
    campaigns_until: date | None = None,
    decisions: pa.Table | None = None,
    drops_until: date | None = None,
) -> GenerationReport:
    """Write the exports of a company with `people` people, and the truth about them.

    The same arguments give the same bytes. Under `landing`, `<source>/<table>/<table>_<date>.<ext>`
    is one drop. The first is the history as known at the end of `last_date - daily_drops`; each
    later drop has the new and changed rows of one day. Above 25,000 people the history has several
    parts. Existing files of the three systems and of `truth` are replaced.

    `dirt` from 0 to 1 scales the share of people in households with one phone or mailbox, of office
    mailboxes, of guest checkouts with a new account for each order, of erased people, of damaged
    phones, of orders with a trouble about money, and of times in other or unreadable spellings
    (`sql/dirty_*.sql`). Dirt has two more tables of truth, and `landing/exchange_rates.csv` has the
    rates of its currencies. With 0 the files are those of a company without it.

    With `christmas`, trade from 1 November to 23 December is two to three times that of other
    weeks, and a third of the churned people return for one order.

    Past campaigns touch people at random until `campaigns_until`, by default `last_date`. Later
    touches come as `decisions` (`person_id`, `sent_on`, `action_id`, `contact_id`, `arm`). They
    have the effects of `demo.oracle`, if 90 days lie between two touches of a person, and change
    nothing of the days up to their own. The CRM delivers those of people whom it knows. Drops after
    `drops_until` are not written, and do not change the ones before.

    Raises:
        ValueError: fewer than 100 people, a period too short for its daily drops or too long for
            its Christmas seasons, dirt outside 0 to 1, or a decision for a person, a day, an action
            or an arm that it does not have.
    """
    days = (last_date - first_date).days + 1
    if people < 100:
        raise ValueError(f"people: at least 100 are needed to hide in, found {people}")
    if not 0 <= daily_drops < days - 90:
        raise ValueError(
            f"daily_drops: a number from 0 to {days - 91}, which leaves 90 days of history, "
            f"was expected; found {daily_drops}"
        )
    if not 0 <= dirt <= 1:
        raise ValueError(f"dirt: a share from 0 to 1 was expected; found {dirt}")
    started = time.perf_counter()
    history_day = days - 1 - daily_drops
    last_drop = max((min(drops_until or last_date, last_date) - first_date).days, history_day)
    drops = tuple(first_date + timedelta(day) for day in range(history_day, last_drop + 1))

    with duckdb.connect(config={"preserve_insertion_order": True}) as connection:
        connection.execute("set enable_progress_bar = false")
        set_company(connection, seed, first_date, last_date, christmas)
        set_variables(
            connection,
            {
                "history_day": history_day,
                "dirt": dirt,
                "campaign_day": ((campaigns_until or last_date) - first_date).days,
                "shared_key_stride": max(
                    6, min(USUAL_SHARED_KEY_STRIDE, people // LEAST_RECORDS_OF_A_SHARED_KEY)
                ),
            },
        )
        run_files(connection, FOR_ALL)
        load_decisions(connection, NO_DECISIONS if decisions is None else decisions, people, TOUCH)
        _empty(landing, truth)
        rows = {f"{export.source}.{export.table}": 0 for export in EXPORTS}
        for part in batches(connection, people):
            run_files(connection, FOR_A_BATCH if dirt == 0 else _with_dirt(FOR_A_BATCH))
            if part == 0:
                plant(connection, history_day)
            if dirt:
                run_files(connection, ("dirty_times",))
            _write_history(connection, landing, drops[0], history_day, part, rows)
        _write_daily_drops(connection, landing, drops, history_day)
        run_files(connection, ("truth_summary",))
        _write_truth(connection, truth, TRUTH)
        if dirt:
            _write_truth(connection, truth, TRUTH_OF_DIRT)
            _write_exchange_rates(connection, landing / "exchange_rates.csv")

    return GenerationReport(
        people=people,
        seed=seed,
        first_date=first_date,
        last_date=last_date,
        drops=drops,
        rows=rows,
        seconds=time.perf_counter() - started,
    )


def _empty(landing: Path, truth: Path) -> None:
    """Remove an earlier generation, whose files would mix with the new ones."""
    for export in EXPORTS:
        shutil.rmtree(landing / export.source / export.table, ignore_errors=True)
    (landing / "exchange_rates.csv").unlink(missing_ok=True)
    shutil.rmtree(truth, ignore_errors=True)
    truth.mkdir(parents=True)


def _with_dirt(names: tuple[str, ...]) -> tuple[str, ...]:
    """The files of a batch, with those that plant dirt after the files that they change."""
    return tuple(
        name
        for clean in names
        for name in (clean, *((DIRT_AFTER[clean],) if clean in DIRT_AFTER else ()))
    )


def _write_history(
    connection: duckdb.DuckDBPyConnection,
    landing: Path,
    drop: date,
    history_day: int,
    part: int,
    rows: dict[str, int],
) -> None:
    """Write this batch's part of the history, and store its later rows for the daily drops."""
    for export in EXPORTS:
        path = export.path(landing, drop.isoformat(), part)
        export.write(connection, export.relation, history_day, path)
        if export.has_byte_order_mark:
            export.prepend_byte_order_mark(path)
        later = f"select * from {export.relation} where drop_day > {history_day}"
        connection.execute(
            f"insert into {export.later} {later}"
            if part
            else f"create table {export.later} as {later}"
        )
        (delivered,) = connection.execute(f"select count(*) from {export.relation}").fetchone() or (
            0,
        )
        rows[f"{export.source}.{export.table}"] += delivered


def _write_daily_drops(
    connection: duckdb.DuckDBPyConnection,
    landing: Path,
    drops: tuple[date, ...],
    history_day: int,
) -> None:
    for export in EXPORTS:
        for number, drop in enumerate(drops[1:], start=1):
            path = export.path(landing, drop.isoformat())
            export.write(connection, export.later, history_day + number, path)


def _write_truth(
    connection: duckdb.DuckDBPyConnection, truth: Path, tables: tuple[tuple[str, str], ...]
) -> None:
    for name, order in tables:
        connection.execute(
            f"copy (select * from truth_{name} order by {order})"
            f" to '{truth / f'{name}.parquet'}' (format parquet)"
        )


def _write_exchange_rates(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    connection.execute(
        "copy (select rated_on as date, currency, rate from exchange_rates order by all)"
        f" to '{path}' (format csv, header)"
    )
