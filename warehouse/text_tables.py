"""Texts that pass between the warehouse and `ml/`: what customers wrote out, what was read in."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date

import duckdb
import pyarrow as pa

from warehouse.row_replacement import replace_rows, replacement

# Texts of a ticket share its rating, so that a model which has learned one has learned them all.
_LABEL_GROUP = """
    texts.source
    || coalesce(':ticket:' || texts.source_ticket_id, ':text:' || texts.source_feedback_id)
"""
_IS_TEXT = "texts._reject_reason is null and trim(texts.text) != ''"


def texts_to_learn(con: duckdb.DuckDBPyConnection, day: date) -> pa.Table:
    """Texts that the company knew on a day and that somebody has rated or filed.

    A ticket's score counts from the day on which it was solved, as in `feat_service`. The writer
    is null where nobody knows who wrote it.
    """
    return con.execute(
        f"""
        with tickets as (
            select
                source,
                source_ticket_id,
                topic,
                case
                    when coalesce(cast(resolved_at as date), known_from) <= $day then csat_score
                end as csat_score
            from intermediate.int_tickets_versions
            where
                _reject_reason is null
                and known_from <= $day and $day < known_to
                and cast(opened_at as date) <= $day
        ),

        texts as (
            select *
            from intermediate.int_feedback_versions as texts
            where
                {_IS_TEXT}
                and known_from <= $day and $day < known_to
                and cast(created_at as date) <= $day
        ),

        identities as (
            from intermediate.int_identity_history
            where valid_from <= $day and $day < valid_to
        ),

        names as (
            select
                identities.customer_no,
                list(distinct records.full_name) as names
            from intermediate.int_customers_versions as records
            inner join identities using (source, source_customer_id)
            where records.full_name is not null
            group by identities.customer_no
        )

        select
            {_LABEL_GROUP} as label_group,
            cast(texts.created_at as date) as written_on,
            texts.text,
            texts.rating,
            tickets.csat_score,
            row_number() over in_ticket = 1 as is_first,
            row_number() over in_ticket = count(*) over (partition by label_group) as is_last,
            tickets.topic,
            identities.customer_no,
            names.names
        from texts
        left join tickets using (source, source_ticket_id)
        left join identities using (source, source_customer_id)
        left join names using (customer_no)
        where texts.rating is not null or tickets.csat_score is not null
            or tickets.topic is not null
        window in_ticket as (
            partition by label_group order by texts.created_at, texts.source_feedback_id
        )
        """,
        {"day": day},
    ).to_arrow_table()


def texts_to_score(
    con: duckdb.DuckDBPyConnection, in_use: Mapping[date, str], last: date
) -> dict[str, pa.Table]:
    """Texts known by a day that lack the score of the model of their time, by version.

    The model of a text's time is the one in use on the day when the text became known, and the
    first one for what was written before it; so what was once read of a text stays what it is.

    Args:
        con: the warehouse.
        in_use: versions by the date from which each is in use; none reads nothing.
        last: the last day of the run.
    """
    starts = sorted(in_use)
    periods = pa.table(
        {
            "starts_on": pa.array([date.min, *starts[1:]] if starts else [], pa.date32()),
            "model_version": pa.array([in_use[day] for day in starts], pa.string()),
        }
    )
    con.register("periods", periods)
    unread = con.execute(
        f"""
        with texts as (
            select
                *,
                greatest(known_from, cast(created_at as date)) as known_on
            from intermediate.int_feedback_versions as texts
            where {_IS_TEXT}
        ),

        unread as (
            select texts.*, periods.model_version
            from texts
            asof join periods on texts.known_on >= periods.starts_on
            anti join ml.text_scores as scores
                on
                    texts._load_id = scores.load_id
                    and texts._row = scores.row_no
                    and periods.model_version = scores.model_version
            where texts.known_on <= $last
        ),

        -- A topic counts from the day on which it was delivered.
        topics as (
            select
                texts._load_id,
                texts._row,
                arg_max(tickets.topic, tickets.known_from) as topic
            from unread as texts
            inner join intermediate.int_tickets_versions as tickets
                using (source, source_ticket_id)
            where
                tickets._reject_reason is null
                and tickets.topic is not null
                and tickets.known_from <= texts.known_on
            group by texts._load_id, texts._row
        )

        select
            texts.model_version,
            texts._load_id as load_id,
            texts._row as row_no,
            texts.known_on,
            {_LABEL_GROUP} as label_group,
            texts.text,
            topics.topic
        from unread as texts
        left join topics using (_load_id, _row)
        order by texts._load_id, texts._row
        """,
        {"last": last},
    ).to_arrow_table()
    con.unregister("periods")
    versions = unread["model_version"].unique().to_pylist()
    return {version: _of_version(unread, version) for version in sorted(versions)}


def replace_text_scores(con: duckdb.DuckDBPyConnection, scores: pa.Table) -> None:
    """Write the scores of texts, in place of what was read of them before."""
    with replacement(con, scores):
        con.execute(
            """
            delete from ml.text_scores as old using new_rows as new
            where old.load_id = new.load_id and old.row_no = new.row_no
            """
        )
        con.execute("insert into ml.text_scores by name from new_rows")


def texts_of_months(
    con: duckdb.DuckDBPyConnection, months: Collection[date], last: date
) -> pa.Table:
    """Scored texts that became known in some months, up to a day, with their writers' names."""
    return con.execute(
        f"""
        with identities as (
            from intermediate.int_identity_history
            where valid_from <= $last and $last < valid_to
        ),

        texts as (
            select
                identities.customer_no,
                greatest(texts.known_from, cast(texts.created_at as date)) as known_on,
                texts.text,
                cast(scores.sentiment as double) as sentiment,
                scores.is_negative,
                scores.topic
            from intermediate.int_feedback_versions as texts
            inner join identities using (source, source_customer_id)
            inner join ml.text_scores as scores
                on texts._load_id = scores.load_id and texts._row = scores.row_no
            where {_IS_TEXT} and known_on <= $last
                and list_contains($months, date_trunc('month', known_on))
        ),

        names as (
            select
                identities.customer_no,
                list(distinct records.full_name) as names
            from intermediate.int_customers_versions as records
            inner join identities using (source, source_customer_id)
            where
                records.full_name is not null
                and identities.customer_no in (select texts.customer_no from texts)
            group by identities.customer_no
        )

        select
            cast(date_trunc('month', texts.known_on) as date) as month,
            texts.* exclude (known_on),
            names.names
        from texts
        left join names using (customer_no)
        """,
        {"months": list(months), "last": last},
    ).to_arrow_table()


def replace_complaints(
    con: duckdb.DuckDBPyConnection, months: Collection[date], terms: pa.Table, examples: pa.Table
) -> None:
    """Replace the terms and the examples of some months."""
    replace_rows(con, "ml.complaint_terms", "month", list(months), terms)
    replace_rows(con, "ml.complaint_examples", "month", list(months), examples)


def _of_version(unread: pa.Table, version: str) -> pa.Table:
    import pyarrow.compute as pc

    return unread.filter(pc.equal(unread["model_version"], version))
