"""Selection of texts by model; no text is read twice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import duckdb
import pyarrow as pa
import pytest

from ml.schemas import TEXT_SCORES
from warehouse.connection import create_tables
from warehouse.ml_tables.text_tables import replace_text_scores, texts_to_learn, texts_to_score

FIRST, SECOND = date(2026, 5, 10), date(2026, 6, 10)
LAST = date(2026, 6, 30)


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        create_tables(connection)
        connection.execute(
            """
            create schema texts;
            create table texts.delivered_texts (
                load_id bigint, row_no bigint, source varchar, source_customer_id varchar,
                source_ticket_id varchar, label_group varchar, text varchar, known_on date
            );
            create table texts.ticket_topics (
                source varchar, source_ticket_id varchar, topic varchar, known_from date
            );
            create table texts.labelled_texts (
                label_group varchar, created_at timestamp, source_feedback_id varchar,
                written_on date, text varchar
            );
            """
        )
        yield connection


def write(
    con: duckdb.DuckDBPyConnection,
    row: int,
    known_on: date,
    text: str = "late",
    *,
    ticket: str | None = None,
) -> None:
    con.execute(
        "insert into texts.delivered_texts values (1, ?, 'desk', 'c1', ?, 'f' || ?, ?, ?)",
        [row, ticket, row, text, known_on],
    )


def read(
    con: duckdb.DuckDBPyConnection, in_use: dict[date, str], last: date = LAST
) -> dict[str, list[int]]:
    """Rows to be read by version, marked as read."""
    unread = texts_to_score(con, in_use, last)
    for version, texts in unread.items():
        rows = [
            {
                "load_id": load,
                "row_no": row,
                "model_version": version,
                "sentiment": 0.0,
                "is_negative": False,
                "topic": None,
            }
            for load, row in zip(
                texts["load_id"].to_pylist(), texts["row_no"].to_pylist(), strict=True
            )
        ]
        replace_text_scores(con, pa.Table.from_pylist(rows, schema=TEXT_SCORES))
    return {version: texts["row_no"].to_pylist() for version, texts in unread.items()}


def test_a_text_is_read_by_the_model_of_the_day_on_which_it_became_known(
    con: duckdb.DuckDBPyConnection,
) -> None:
    write(con, 1, FIRST - timedelta(days=100))
    write(con, 2, FIRST)
    write(con, 3, SECOND - timedelta(days=1))
    write(con, 4, SECOND)

    assert read(con, {FIRST: "1", SECOND: "2"}) == {"1": [1, 2, 3], "2": [4]}


def test_a_second_run_reads_only_what_is_new(con: duckdb.DuckDBPyConnection) -> None:
    write(con, 1, FIRST)
    assert read(con, {FIRST: "1"}, last=FIRST) == {"1": [1]}
    assert read(con, {FIRST: "1"}, last=FIRST) == {}

    write(con, 2, FIRST + timedelta(days=1))
    assert read(con, {FIRST: "1"}, last=FIRST) == {}
    assert read(con, {FIRST: "1"}) == {"1": [2]}


def test_a_newer_model_reads_later_texts_and_leaves_the_past_as_it_was(
    con: duckdb.DuckDBPyConnection,
) -> None:
    write(con, 1, FIRST)
    read(con, {FIRST: "1"}, last=FIRST)
    write(con, 2, SECOND)

    assert read(con, {FIRST: "1", SECOND: "2"}) == {"2": [2]}


def test_what_a_model_read_that_was_rolled_back_is_read_again(
    con: duckdb.DuckDBPyConnection,
) -> None:
    write(con, 1, FIRST)
    write(con, 2, SECOND)
    read(con, {FIRST: "1", SECOND: "2"})

    assert read(con, {FIRST: "1"}) == {"1": [2]}
    assert con.execute("select count(*) from ml.text_scores").fetchall() == [(2,)]


def test_days_one_by_one_and_all_at_once_give_the_same(con: duckdb.DuckDBPyConnection) -> None:
    days = [FIRST + timedelta(days=3 * step) for step in range(15)]
    for row, day in enumerate(days):
        write(con, row, day)
    in_use = {FIRST: "1", SECOND: "2"}
    for day in days:
        read(con, {start: version for start, version in in_use.items() if start <= day}, last=day)
    one_by_one = con.execute("from ml.text_scores order by all").fetchall()
    con.execute("truncate ml.text_scores")
    read(con, in_use)

    assert con.execute("from ml.text_scores order by all").fetchall() == one_by_one


def test_nothing_is_read_without_a_model(con: duckdb.DuckDBPyConnection) -> None:
    write(con, 1, FIRST)

    assert read(con, {}) == {}
    assert read(con, {FIRST: "1"}) == {"1": [1]}


def test_a_topic_counts_from_the_day_on_which_it_was_delivered(
    con: duckdb.DuckDBPyConnection,
) -> None:
    write(con, 1, FIRST, ticket="t1")
    write(con, 2, SECOND, ticket="t1")
    con.execute(
        "insert into texts.ticket_topics values ('desk', 't1', 'delivery', ?)",
        [FIRST + timedelta(days=3)],
    )

    texts = texts_to_score(con, {FIRST: "1"}, LAST)["1"]
    assert texts["topic"].to_pylist() == [None, "delivery"]


def test_texts_to_learn_have_a_defined_order(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(
        """
        insert into texts.labelled_texts values
        ('b', '2026-05-02 10:00', 'f1', '2026-05-02', 'fourth'),
        ('a', '2026-05-02 11:00', 'f1', '2026-05-02', 'third'),
        ('a', '2026-05-02 10:00', 'f2', '2026-05-02', 'second'),
        ('c', '2026-05-01 10:00', 'f3', '2026-05-01', 'first')
        """
    )

    texts = texts_to_learn(con)
    assert texts.column_names == ["label_group", "written_on", "text"]
    assert texts["text"].to_pylist() == ["first", "second", "third", "fourth"]
