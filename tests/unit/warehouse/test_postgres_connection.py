"""Words of the driver's errors; tests of the tables meet them on a real server."""

from __future__ import annotations

import pytest

from warehouse.postgres_connection import reason

URL = "postgresql://bi:kelp%20forest@db/bi"


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (
            "IO: Failed to execute 'select\n1': ERROR:  repeats \"k\"\nDETAIL:  Key (id)=(c1)",
            "ERROR:  repeats …",
        ),
        ("IO: [libpq] Failed to connect: no kelp forest, kelp%20forest", "no ***, ***"),
        ("", "ValueError"),
    ],
)
def test_a_reason_has_the_servers_words_and_neither_values_nor_secrets(
    message: str, expected: str
) -> None:
    assert reason(ValueError(message), URL).removeprefix("Failed to connect: ") == expected
