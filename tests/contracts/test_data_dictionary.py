"""The data dictionary equals the contracts of the published tables."""

from __future__ import annotations

from typing import Any

from cli.data_dictionary import PAGE, data_dictionary


def test_the_page_is_the_one_that_the_contracts_give(manifest: dict[str, Any]) -> None:
    assert PAGE.read_text(encoding="utf-8") == data_dictionary(manifest), "run `make dictionary`"
