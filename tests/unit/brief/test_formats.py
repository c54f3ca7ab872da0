from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from brief.formats import Formats

NARROW, FIXED = "\N{NARROW NO-BREAK SPACE}", "\N{NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("value", "form", "english", "chinese"),
    [
        (1234567, "count", "1,234,567", "1,234,567"),
        (8.65, "count", "9", "9"),
        (-0.4, "count", "0", "0"),
        (8.65, "decimal", "8.7", "8.7"),
        (213.0, "plain", "213", "213"),
        (50.82, "plain", "50.8", "50.8"),
        (1.37, "percent", f"1.4{NARROW}%", "1.4%"),
        (Decimal("1234.5"), "money", f"EUR{FIXED}1,235", f"1,235{FIXED}EUR"),
        (Decimal("-3.2"), "cents", f"−EUR{FIXED}3.20", f"−3.20{FIXED}EUR"),
        (191, "signed_money", f"+EUR{FIXED}191", f"+191{FIXED}EUR"),
        (-155, "signed_money", f"−EUR{FIXED}155", f"−155{FIXED}EUR"),
        (0, "signed_count", "0", "0"),
        (0.345, "share", f"35{NARROW}%", "35%"),
        (0.997, "share", f">99{NARROW}%", ">99%"),
        (1, "share", f"100{NARROW}%", "100%"),
        (0.3464, "tenths", f"34.6{NARROW}%", "34.6%"),
        (0.0001, "hundredths", f"0.01{NARROW}%", "0.01%"),
        (0.0872, "signed_points", "+8.7", "+8.7"),
        (date(2026, 6, 3), "day", f"3{FIXED}June 2026", "2026年6月3日"),
        (date(2026, 6, 3), "short_day", f"3{FIXED}Jun", "6月3日"),
        (date(2026, 6, 1), "month", "June 2026", "2026年6月"),
        (date(2026, 6, 1), "month_name", "June", "6月"),
        (date(2026, 6, 1), "year_month", "2026-06", "2026-06"),
        (date(2026, 6, 30), "weekday", "Tuesday", "星期二"),
        ("a text", "text", "a text", "a text"),
        (None, "money", "–", "–"),
    ],
)
def test_a_value_is_written_as_in_the_language(
    value: object, form: str, english: str, chinese: str
) -> None:
    assert Formats("en", "EUR").shown(value, form) == english
    assert Formats("zh", "EUR").shown(value, form) == chinese
