from __future__ import annotations

import pytest

from ml.texts.scripts import NO_LETTERS, script_of


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("Où est mon colis? ﬁn", "Latin"),
        ("ＷＩＤＥ letters", "Latin"),
        ("外卖很差 ok", "Han"),
        ("配達が遅い", "Japanese"),
        ("배송이 늦어요", "Hangul"),
        ("ужасно, very", "Cyrillic"),
        ("سيء جدا", "Arabic"),
        ("αβ ab", "Greek"),
        ("😡😡 4711 …", NO_LETTERS),
        ("", NO_LETTERS),
        ("\ue001\ud800", NO_LETTERS),
    ],
)
def test_the_script_is_that_of_most_letters(text: str, script: str) -> None:
    assert script_of(text) == script
