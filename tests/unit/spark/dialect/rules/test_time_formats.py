"""Formats of `strptime` in both engines."""

from __future__ import annotations

import pytest

from spark.dialect import UnsupportedConstructError
from spark.dialect.rules.time_formats import java_format
from tests.unit.spark.dialect.engines import Engines

TEXTS = """
    select
        unnest(range(5)) as row_no,
        unnest(['31/01/2024 10:20', '3/7/2026', '2024-02-30', '7.3.2026 1:02:03', null]) as t
"""


def test_times_in_given_formats_agree(engines: Engines) -> None:
    engines.table("texts", TEXTS)
    engines.assert_same_columns(
        "texts",
        [
            "try_strptime(t, '%d/%m/%Y %H:%M')",
            "try_strptime(t, ['%d/%m/%Y', '%d.%m.%Y %H:%M:%S', '%Y-%m-%d'])",
        ],
    )


def test_constant_letters_are_quoted() -> None:
    assert java_format("%Y-%m-%dT%H:%M") == "yyyy-M-d'T'H:m"


def test_an_unknown_code_is_refused() -> None:
    with pytest.raises(UnsupportedConstructError, match="%j"):
        java_format("%Y-%j")
