from __future__ import annotations

import duckdb

from ingestion.connect.mapping.proposal import EntityProposal, FromWords
from ingestion.connect.mapping.word_columns import unread_states, with_gift_cards
from tests.unit.ingestion.connect.conftest import Deliver, profile_of


def test_payments_without_gift_cards_are_no_question(
    con: duckdb.DuckDBPyConnection, deliver: Deliver
) -> None:
    table = profile_of(con, deliver, payment_method=["card", "paypal"] * 3)
    assert list(with_gift_cards(table)) == []


def test_gift_cards_are_known_in_any_case_and_language(
    con: duckdb.DuckDBPyConnection, deliver: Deliver
) -> None:
    table = profile_of(con, deliver, zahlungsart=["Gutschein", "Kreditkarte", "Punkte"])
    (column,) = with_gift_cards(table)
    assert column.name == "payment_kind"
    assert column.value == FromWords(
        "zahlungsart", (("'gift_card'", ("gutschein",)), ("'money'", ("kreditkarte",)))
    )


def test_a_second_status_and_a_mark_of_tests_are_asked_about(
    con: duckdb.DuckDBPyConnection, deliver: Deliver
) -> None:
    table = profile_of(
        con,
        deliver,
        fulfillment_status=["fulfilled", "lost"] * 3,
        warehouse_state=["ok"] * 6,
        test=["true", "false"] * 3,
        note=["a", "b"] * 3,
    )
    proposal = EntityProposal("orders", "table", 0.0, (), {})
    assert list(unread_states(table, proposal)) == [
        f"{column} is not read: do all its values mean that the row counts?"
        for column in ("fulfillment_status (fulfilled 3, lost 3)", "test (false 3, true 3)")
    ]
    assert list(unread_states(table, proposal, ("fulfillment_status", "test"))) == []
