"""The working warehouse: one DuckDB file, one writer, one company.

Creates the tables that Python writes (dbt makes all the others, `ingestion` the raw
ones) and knows the dates of the current run. What the tables hold is said in their comments.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from ingestion.landing.ledger import create_ledger
from warehouse.errors import WarehouseError, missing_error, opening_error
from warehouse.quoting import literal
from warehouse.transaction import transaction

_TABLES = """
create schema if not exists ops;
create schema if not exists ml;

create table if not exists ops.deployment (
    slug varchar not null, company varchar not null, created_at timestamptz not null
);
comment on table ops.deployment is 'The company this warehouse belongs to: one row, written once.';

create table if not exists ops.run_dates (
    snapshot_date date not null,
    purpose varchar not null check (purpose in ('daily', 'training')),
    primary key (snapshot_date, purpose)
);
comment on table ops.run_dates is 'The dates that the current run builds; replaced by each run.';

create table if not exists ops.snapshot_dates (
    snapshot_date date primary key, revision uuid not null
);
comment on table ops.snapshot_dates is
    'Every daily date ever run. The latest is the warehouse''s as-of date; the revision changes'
    ' whenever the date is run again, which tells the publication what to replace.';

create table if not exists ml.churn_scores (
    snapshot_date date not null,
    customer_id varchar not null,
    model_version varchar not null,
    churn_probability double not null,
    main_cause varchar,
    reason_feature_1 varchar,
    reason_feature_2 varchar,
    reason_feature_3 varchar,
    value_factor double
);
-- A warehouse from before trees told what customers are worth lacks it; there it is null, as 1.
alter table ml.churn_scores add column if not exists value_factor double;
comment on table ml.churn_scores is
    'What the model of the day said of each eligible customer; replaced by snapshot_date.';

create table if not exists ml.churn_hazards (
    snapshot_date date not null,
    customer_id varchar not null,
    model_version varchar not null,
    month_ahead integer not null,
    hazard double not null,
    survival double not null
);
comment on table ml.churn_hazards is
    'When each eligible customer under contract may leave, a row a month ahead; empty without'
    ' contracts; replaced by snapshot_date.';

create table if not exists ml.value_parameters (
    model_version varchar primary key,
    r double not null,
    alpha double not null,
    p double not null,
    q double not null,
    gamma double not null,
    "level" double not null
);
comment on table ml.value_parameters is
    'How often customers buy and what they spend, fitted with each model; see ml/value/value.py.';

create table if not exists ml.behaviour_groups (
    as_of_date date not null,
    behaviour_group varchar not null,
    measure varchar not null,
    location double not null,
    scale double not null,
    unknown double not null,
    centre double not null,
    share double not null,
    primary key (as_of_date, behaviour_group, measure)
);
comment on table ml.behaviour_groups is
    'Groups of customers who behave alike, as found on a date, by the measures they are told apart'
    ' by; see ml/segments/behaviour_groups.py. In use from the date on until the next.';

create table if not exists ml.holdout_scores (
    snapshot_date date not null,
    customer_id varchar not null,
    model_version varchar not null,
    churn_probability double not null
);
comment on table ml.holdout_scores is
    'What a model said of dates after its training, to be held against what came true;'
    ' replaced by model_version.';

create table if not exists ml.feature_reference (
    model_version varchar not null,
    feature varchar not null,
    bin integer not null,
    kind varchar not null check (kind in ('range', 'value', 'other', 'unknown')),
    lower double,
    upper double,
    category varchar,
    share double not null,
    sample_size bigint not null,
    first_date date not null,
    last_date date not null,
    weight double not null
);
comment on table ml.feature_reference is
    'The distribution of each feature where a model was trained, and of its score on its holdout,'
    ' by bin; written once a version. The weight is the feature''s share of what the model says.';

create table if not exists ml.feature_counts (
    snapshot_date date not null,
    model_version varchar not null,
    feature varchar not null,
    bin integer not null,
    customers bigint not null,
    earlier_date date,
    earlier_customers bigint
);
comment on table ml.feature_counts is
    'Eligible customers of a date in each bin of the reference of the model in use, and how many'
    ' they were on an earlier date that was scored; replaced by snapshot_date.';

-- The sentiment is no double: means of a double depend on the order in which rows come.
create table if not exists ml.text_scores (
    load_id bigint not null,
    row_no bigint not null,
    model_version varchar not null,
    sentiment decimal(7, 6) not null,
    is_negative boolean not null,
    topic varchar
);
comment on table ml.text_scores is
    'What was read out of each delivered text, by the model in use on the day it became known;'
    ' written once, and again where another model is then said to have been in use on that day.';

create table if not exists ml.complaint_terms (
    "month" date not null,
    topic varchar,
    "rank" integer not null,
    term varchar not null,
    customers bigint not null
);
comment on table ml.complaint_terms is
    'The words by which the complaints of a month and topic stand out, each written by at least'
    ' five customers; replaced by month.';

create table if not exists ml.complaint_examples (
    "month" date not null,
    topic varchar,
    phrase varchar not null,
    sentiment double not null
);
comment on table ml.complaint_examples is
    'The most negative texts of a month and topic, without addresses, numbers and the writer''s'
    ' name; never published; replaced by month.';

create table if not exists ops.accepted_drift (
    snapshot_date date not null,
    feature varchar not null,
    model_version varchar not null,
    psi double not null,
    accepted_at timestamptz not null,
    accepted_by varchar not null,
    reason varchar,
    primary key (snapshot_date, feature)
);
comment on table ops.accepted_drift is
    'Features whose shift a person has let pass, from which date on, who, when and why.';
"""


@dataclass(frozen=True)
class Warehouse:
    """The working DuckDB file and how it is opened.

    Args:
        path: the file; its folder must exist.
        time_zone: IANA name, in which timestamps with a zone become local ones.
        threads: DuckDB's threads; None leaves its default, the number of cores.
        memory_limit: such as "2GB"; None leaves DuckDB's default, 80 % of the machine.
    """

    path: Path
    time_zone: str = "UTC"
    threads: int | None = None
    memory_limit: str | None = None

    @contextmanager
    def connect(self, *, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
        """Open the file; close it on leaving.

        Raises:
            WarehouseBusyError: another process holds the file.
            WarehouseError: there is no file to read, or DuckDB cannot open it.
        """
        settings: dict[str, str | bool | int | float | list[str]] = {
            "preserve_insertion_order": True
        }
        if self.threads is not None:
            settings["threads"] = self.threads
        if self.memory_limit is not None:
            settings["memory_limit"] = self.memory_limit
        con = open_file(self.path, read_only=read_only, settings=settings)
        try:
            con.execute("set enable_progress_bar = false")  # it would write into a program's output
            con.execute(f"set global TimeZone = {literal(self.time_zone)}")
            yield con
        finally:
            con.close()

    def require(self) -> None:
        """Check that a run has made the warehouse: opening it for writing would make an empty one.

        Raises:
            WarehouseError: it is not there.
        """
        if not self.path.exists():
            raise missing_error(self.path)

    def initialise(self, slug: str, company: str) -> None:
        """Create what Python writes, empty, and take the warehouse for a company.

        Raises:
            WarehouseError: the warehouse belongs to another company.
        """
        with self.connect() as con:
            create_tables(con)
            claim(con, slug, company)


def open_file(
    path: Path,
    *,
    read_only: bool = False,
    settings: dict[str, str | bool | int | float | list[str]] | None = None,
) -> duckdb.DuckDBPyConnection:
    """Open the working file as DuckDB does, with these settings and no other.

    Connections of one process share one instance of the file and must have equal settings.

    Raises:
        WarehouseBusyError: another process holds the file.
        WarehouseError: there is no file to read, or DuckDB cannot open it.
    """
    try:
        return duckdb.connect(str(path), read_only=read_only, config=settings or {})
    except duckdb.IOException as error:
        raise opening_error(path, error) from error


def create_tables(con: duckdb.DuckDBPyConnection) -> None:
    """Create the schemas and the tables that Python writes, where they do not exist."""
    con.execute(_TABLES)
    create_ledger(con)


def claim(con: duckdb.DuckDBPyConnection, slug: str, company: str) -> None:
    """Write whose warehouse this is, or check that it is still the same company's.

    Raises:
        WarehouseError: it belongs to another slug: two companies' customers must never meet.
    """
    owner = warehouse_owner(con)
    if owner is None:
        con.execute("insert into ops.deployment values (?, ?, now())", [slug, company])
    elif owner != slug:
        raise WarehouseError(
            f"this home holds the warehouse of {owner!r}, and the configuration is for {slug!r}:"
            " set HOLDFAST_HOME to another folder"
        )


def warehouse_owner(con: duckdb.DuckDBPyConnection) -> str | None:
    """Slug of the company that the warehouse belongs to, None if nobody has claimed it."""
    row = con.execute("select slug from ops.deployment").fetchone()
    return None if row is None else str(row[0])


def write_run_dates(
    con: duckdb.DuckDBPyConnection, daily: Sequence[date], training: Sequence[date] = ()
) -> None:
    """Replace the dates of the current run, and remember the daily ones for ever.

    Each daily date gets a new revision, so that what this run changes is published again.
    """
    with transaction(con):
        con.execute("delete from ops.run_dates")
        for purpose, dates in (("daily", daily), ("training", training)):
            con.execute(
                "insert into ops.run_dates select distinct unnest(?::date[]), ?",
                [list(dates), purpose],
            )
        con.execute(
            """
            insert or replace into ops.snapshot_dates
            select snapshot_date, uuid() from ops.run_dates where purpose = 'daily'
            """
        )


def as_of_date(con: duckdb.DuckDBPyConnection) -> date | None:
    """The latest daily date ever run, None before the first."""
    row = con.execute("select max(snapshot_date) from ops.snapshot_dates").fetchone()
    return row[0] if row else None
