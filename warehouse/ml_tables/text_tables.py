"""Texts that pass between the warehouse and `ml/`: delivered texts out, scores and terms in."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date

import duckdb
import pyarrow as pa

from warehouse.row_replacement import replace_rows, replacement


def texts_to_learn(con: duckdb.DuckDBPyConnection) -> pa.Table:
    """Rated, scored or filed texts as known on the run's last date, in a defined order.

    The writer is null for a source record that belongs to no known customer.
    """
    return con.execute(
        """
        select * exclude (created_at, source_feedback_id)
        from texts.labelled_texts
        order by written_on, label_group, created_at, source_feedback_id
        """
    ).to_arrow_table()


def texts_to_score(
    con: duckdb.DuckDBPyConnection, in_use: Mapping[date, str], last: date
) -> dict[str, pa.Table]:
    """Texts known by a date that the model of their time has not scored, by model version.

    The model of a text's time is the one in use on the date on which the text became known. Texts
    known before the first model are scored by the first model. So scores of a text never change
    because a newer model is promoted.

    Args:
        con: the warehouse.
        in_use: model versions by the first date of their use; without any, no text is returned.
        last: the last date of the run.
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
        """
        with unread as (
            select texts.*, periods.model_version
            from texts.delivered_texts as texts
            asof join periods on texts.known_on >= periods.starts_on
            anti join ml.text_scores as scores
                on
                    texts.load_id = scores.load_id
                    and texts.row_no = scores.row_no
                    and periods.model_version = scores.model_version
            where texts.known_on <= $last
        ),

        -- A topic counts from the date on which it was delivered.
        topics as (
            select
                texts.load_id,
                texts.row_no,
                arg_max(tickets.topic, tickets.known_from) as topic
            from unread as texts
            inner join texts.ticket_topics as tickets using (source, source_ticket_id)
            where tickets.known_from <= texts.known_on
            group by texts.load_id, texts.row_no
        )

        select
            texts.model_version,
            texts.load_id,
            texts.row_no,
            texts.known_on,
            texts.label_group,
            texts.text,
            topics.topic
        from unread as texts
        left join topics using (load_id, row_no)
        order by texts.load_id, texts.row_no
        """,
        {"last": last},
    ).to_arrow_table()
    con.unregister("periods")
    versions = unread["model_version"].unique().to_pylist()
    return {version: _of_version(unread, version) for version in sorted(versions)}


def replace_text_scores(con: duckdb.DuckDBPyConnection, scores: pa.Table) -> None:
    """Write the scores of texts in place of earlier scores of the same texts."""
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
    """Scored texts that became known in some months, up to a date, with their writers' names."""
    return con.execute(
        """
        with texts as (
            select
                texts.load_id,
                texts.row_no,
                writers.customer_no,
                cast(date_trunc('month', texts.known_on) as date) as month,
                texts.text,
                cast(scores.sentiment as double) as sentiment,
                scores.is_negative,
                scores.topic
            from texts.delivered_texts as texts
            inner join texts.text_writers as writers using (source, source_customer_id)
            inner join ml.text_scores as scores using (load_id, row_no)
            where texts.known_on <= $last
                and list_contains($months, date_trunc('month', texts.known_on))
        ),

        names as (
            select customer_no, list(distinct full_name) as names
            from texts.writer_names
            where customer_no in (select texts.customer_no from texts)
            group by customer_no
        )

        select
            texts.month,
            texts.* exclude (load_id, row_no, month),
            names.names
        from texts
        left join names using (customer_no)
        order by texts.load_id, texts.row_no
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
