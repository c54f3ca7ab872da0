"""Numbers, amounts and dates as people of a language write them."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

# Unknown, and never zero.
UNKNOWN = "–"
# Above it a probability is written in words: a hundred per cent would claim more than is known.
_SURE = Decimal("0.995")
_DATE_FORMS = ("day", "short_day", "month", "month_name", "year_month", "weekday")
# Last digit of a form; elsewhere the unit.
_STEPS = {
    "cents": Decimal("0.01"),
    "hundredths": Decimal("0.01"),
    "decimal": Decimal("0.1"),
    "plain": Decimal("0.1"),
    "percent": Decimal("0.1"),
    "tenths": Decimal("0.1"),
    "points": Decimal("0.1"),
}
_MINUS = "−"
_NARROW = "\N{NARROW NO-BREAK SPACE}"
_WEEKDAYS = "一二三四五六日"


@dataclass(frozen=True)
class Formats:
    """Formats of a language (`en`, `zh`) and of a currency (ISO 4217)."""

    language: str
    currency: str

    def shown(self, value: Any, form: str) -> str:
        """A value in a form; an en dash where it is unknown.

        Forms: count; decimal (one digit); plain (one digit where there is one); percent (a number
        of hundredths, one digit); money; cents (money with two digits); share, tenths and
        hundredths (per cent with no, one and two digits); points (a difference of shares, in
        hundredths, one digit); day, short_day, month, month_name (without year),
        year_month, weekday; text. With the prefix signed_ the sign of a gain is shown too.
        """
        if value is None:
            return UNKNOWN
        if form == "text":
            return str(value)
        if form in _DATE_FORMS:
            return str(getattr(self, f"_{form}")(value))
        sign = ""
        number = Decimal(str(value))
        if form.startswith("signed_"):
            form = form.removeprefix("signed_")
            sign = "+" if self._rounded(number, form) > 0 else ""
        return sign + self._number(number, form)

    def _number(self, number: Decimal, form: str) -> str:
        rounded = self._rounded(number, form)
        digits = f"{abs(rounded):,}"
        if form == "plain":
            digits = digits.removesuffix(".0")
        minus = _MINUS if rounded < 0 else ""
        if form in ("share", "tenths", "hundredths"):
            if form == "share" and number > _SURE and number < 1:
                return self._per_cent("99").join((">", ""))
            return minus + self._per_cent(digits)
        if form == "percent":
            return minus + self._per_cent(digits)
        if form in ("money", "cents"):
            return minus + self._money(digits)
        return minus + digits

    def _rounded(self, number: Decimal, form: str) -> Decimal:
        """The number with the digits of its form; shares and points in hundredths."""
        if form in ("share", "tenths", "hundredths", "points"):
            number *= 100
        rounded = number.quantize(_STEPS.get(form, Decimal(1)), rounding=ROUND_HALF_UP)
        # Without the minus of a negative zero.
        return rounded + 0

    def _per_cent(self, digits: str) -> str:
        return f"{digits}%" if self.language == "zh" else f"{digits}{_NARROW}%"

    def _money(self, digits: str) -> str:
        if self.language == "zh":
            return f"{digits}\N{NO-BREAK SPACE}{self.currency}"
        return f"{self.currency}\N{NO-BREAK SPACE}{digits}"

    def _day(self, day: date) -> str:
        if self.language == "zh":
            return f"{day.year}年{day.month}月{day.day}日"
        return f"{day.day}\N{NO-BREAK SPACE}{calendar.month_name[day.month]} {day.year}"

    def _short_day(self, day: date) -> str:
        if self.language == "zh":
            return f"{day.month}月{day.day}日"
        return f"{day.day}\N{NO-BREAK SPACE}{calendar.month_abbr[day.month]}"

    def _month(self, day: date) -> str:
        if self.language == "zh":
            return f"{day.year}年{day.month}月"
        return f"{calendar.month_name[day.month]} {day.year}"

    def _month_name(self, day: date) -> str:
        return f"{day.month}月" if self.language == "zh" else calendar.month_name[day.month]

    def _year_month(self, day: date) -> str:
        return f"{day:%Y-%m}"

    def _weekday(self, day: date) -> str:
        if self.language == "zh":
            return f"星期{_WEEKDAYS[day.weekday()]}"
        return calendar.day_name[day.weekday()]
