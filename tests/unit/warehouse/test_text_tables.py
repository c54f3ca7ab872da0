"""Which texts are read by which model, and that none is read twice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import duckdb
import pyarrow as pa
import pytest

from ml.schemas import TEXT_SCORES
from warehouse.connection import create_tables
from warehouse.text_tables import replace_text_scores, texts_to_learn, texts_to_score

FIRST, SECOND = date(2026, 5, 10), date(2026, 6, 10)
ALWAYS, FOR_EVER = date(1, 1, 1), date(9999, 12, 31)
LAST = date(2026, 6, 30)


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        create_tables(connection)
        connection.execute(
            """
            create schema intermediate;
            create table intermediate.int_feedback_versions (
                _load_id bigint, _row bigint, _reject_reason varchar, source varchar,
                source_feedback_id varchar, source_customer_id varchar, created_at timestamp,
                rating double, text varchar, source_ticket_id varchar,
                known_from date, known_to date
            );
            create table intermediate.int_tickets_versions (
                _reject_reason varchar, source varchar, source_ticket_id varchar, topic varchar,
                csat_score double, opened_at timestamp, resolved_at timestamp,
                known_from date, known_to date
            );
            create table intermediate.int_identity_history (
                source varchar, source_customer_id varchar, customer_no integer,
                valid_from date, valid_to date
            );
            create table intermediate.int_customers_versions (
                source varchar, source_customer_id varchar, full_name varchar
            );
            """
        )
        yield connection


def write(
    con: duckdb.DuckDBPyConnection,
    row: int,
    day: date,
    text: str | None = "late",
    *,
    ticket: str | None = None,
    known_from: date = ALWAYS,
    known_to: date = FOR_EVER,
) -> None:
    con.execute(
        "insert into intermediate.int_feedback_versions values"
        " (1, ?, null, 'desk', 'f' || ?, 'c1', ?, null, ?, ?, ?, ?)",
        [row, row, day, text, ticket, known_from, known_to],
    )


def file(
    con: duckdb.DuckDBPyConnection,
    ticket: str,
    topic: str,
    *,
    csat: float | None = None,
    solved: date | None = None,
    known_from: date = ALWAYS,
) -> None:
    con.execute(
        "insert into intermediate.int_tickets_versions values"
        " (null, 'desk', ?, ?, ?, '2026-05-01', ?, ?, '9999-12-31')",
        [ticket, topic, csat, solved, known_from],
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
    # Written before, delivered after the second model's day.
    write(con, 5, FIRST, known_from=SECOND + timedelta(days=2))

    assert read(con, {FIRST: "1", SECOND: "2"}) == {"1": [1, 2, 3], "2": [4, 5]}


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
        write(con, row, day, known_from=day)
    in_use = {FIRST: "1", SECOND: "2"}
    for day in days:
        read(con, {start: version for start, version in in_use.items() if start <= day}, last=day)
    one_by_one = con.execute("from ml.text_scores order by all").fetchall()
    con.execute("truncate ml.text_scores")
    read(con, in_use)

    assert con.execute("from ml.text_scores order by all").fetchall() == one_by_one


def test_nothing_is_read_without_a_model_or_without_words(con: duckdb.DuckDBPyConnection) -> None:
    write(con, 1, FIRST)
    write(con, 2, FIRST, None)
    write(con, 3, FIRST, "  ")

    assert read(con, {}) == {}
    assert read(con, {FIRST: "1"}) == {"1": [1]}


def test_a_topic_counts_from_the_day_on_which_it_was_delivered(
    con: duckdb.DuckDBPyConnection,
) -> None:
    write(con, 1, FIRST, ticket="t1")
    write(con, 2, SECOND, ticket="t1")
    file(con, "t1", "delivery", known_from=FIRST + timedelta(days=3))

    texts = texts_to_score(con, {FIRST: "1"}, LAST)["1"]
    assert texts["topic"].to_pylist() == [None, "delivery"]


def test_a_model_learns_from_scores_once_they_were_given(con: duckdb.DuckDBPyConnection) -> None:
    write(con, 1, FIRST, ticket="t1")
    write(con, 2, FIRST + timedelta(days=1), ticket="t1")
    write(con, 3, FIRST)
    file(con, "t1", "delivery", csat=1.0, solved=SECOND)

    before = texts_to_learn(con, SECOND - timedelta(days=1)).sort_by("written_on")
    after = texts_to_learn(con, SECOND).sort_by("written_on")
    assert before["csat_score"].to_pylist() == [None, None]
    assert after["csat_score"].to_pylist() == [1.0, 1.0]
    assert after["topic"].to_pylist() == ["delivery", "delivery"]
    assert after["is_first"].to_pylist() == [True, False]
    assert after["is_last"].to_pylist() == [False, True]
    assert len({*after["label_group"].to_pylist()}) == 1


def test_texts_to_learn_say_who_wrote_them_where_that_is_known(
    con: duckdb.DuckDBPyConnection,
) -> None:
    write(con, 1, FIRST, ticket="t1")
    file(con, "t1", "delivery")
    assert texts_to_learn(con, LAST).select(["customer_no", "names"]).to_pylist() == [
        {"customer_no": None, "names": None}
    ]

    con.execute(
        "insert into intermediate.int_identity_history values"
        " ('desk', 'c1', 7, '2026-01-01', '2026-06-01'),"
        " ('desk', 'c1', 3, '2026-06-01', '9999-12-31'),"
        " ('shop', 'c1', 9, '2026-01-01', '9999-12-31')"
    )
    con.execute(
        "insert into intermediate.int_customers_versions values"
        " ('desk', 'c1', 'Anna Keller'), ('desk', 'c1', 'Anna Keller'), ('shop', 'c1', 'Jo Doe')"
    )
    for day, customer in ((FIRST, 7), (LAST, 3)):
        assert texts_to_learn(con, day).select(["customer_no", "names"]).to_pylist() == [
            {"customer_no": customer, "names": ["Anna Keller"]}
        ]
