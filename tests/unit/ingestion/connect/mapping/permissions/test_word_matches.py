from __future__ import annotations

import duckdb

from ingestion.connect.mapping.permissions.word_matches import (
    from_words,
    unknown_question,
    word_column,
)
from ingestion.connect.mapping.proposal import FromWords
from tests.unit.ingestion.connect.conftest import Deliver, profile_of

CHANNELS = ("contact.channel",)


def test_the_column_with_most_known_rows_is_read_and_every_channel_is_null(
    con: duckdb.DuckDBPyConnection, deliver: Deliver
) -> None:
    table = profile_of(
        con, deliver, a=["sms", "x", "y"] * 3, b=["E-Mail", "any", "telex"] * 3, c=["q"] * 9
    )
    column = word_column(table, CHANNELS)
    assert column is not None
    assert column.name == "b"
    assert word_column(table, CHANNELS, least=0.7) is None
    assert word_column(table, CHANNELS, ("b",)) is None
    words, _ = from_words(column, CHANNELS)
    assert words == FromWords(
        "b", (("'email'", ("e-mail",)), ("null", ("any",))), keeps_others=True
    )
    assert unknown_question(column, CHANNELS, "They stay") == (
        "what do telex 3 in b mean? They stay",
    )
