"""Forms in which the numbers of a column are written, each with its number of values."""

from __future__ import annotations

from dataclasses import astuple, dataclass

from ingestion.connect.profiling.column_values import ColumnValues

# Signs, currencies and the brackets of accountants, around the digits.
_BARE = r"^[+−(-]*\s*(?:\p{Sc}|[A-Z]{3})?\s*[+−-]?\s*"
_END = r"\s*(?:\p{Sc}|[A-Z]{3})?\s*[)+-]?$"
_GROUPS = {
    "whole": r"\d+",
    # 12,5 and 1.234,56 mean only a decimal comma; 12.5 and 1,234.56 only a decimal point.
    "comma": (
        r"(?:\d+,(?:\d{1,2}|\d{4,})|0+,\d+|\d{4,},\d+|\d{1,3}(?:[.'’\s]\d{3})+,\d+"
        r"|\d{1,3}(?:\.\d{3}){2,})"
    ),
    "point": (
        r"(?:\d*\.(?:\d{1,2}|\d{4,})|0+\.\d+|\d{4,}\.\d+|\d{1,3}(?:[,'’\s]\d{3})+\.\d+"
        r"|\d{1,3}(?:,\d{3}){2,})"
    ),
    "comma_or_thousands": r"[1-9]\d{0,2},\d{3}",
    "point_or_thousands": r"[1-9]\d{0,2}\.\d{3}",
}
_ID_FORMS = {
    "floats": r"^-?\d+\.0+$",
    "scientific": r"^-?\d(?:[.,]\d+)?[eE]\+?\d+$",
    "padded": r"^'?0\d+$",
    "quoted": r"^'[+\d]",
    "digits": r"^\d+$",
}


@dataclass(frozen=True)
class NumberForms:
    """Number of values by form; a value has at most one.

    Attributes:
        whole: digits without a separator.
        comma: values that only a decimal comma can mean.
        point: values that only a decimal point can mean.
        comma_or_thousands: such as 9,999.
        point_or_thousands: such as 9.999.
    """

    whole: int = 0
    comma: int = 0
    point: int = 0
    comma_or_thousands: int = 0
    point_or_thousands: int = 0

    @property
    def known(self) -> int:
        """Values of any of the forms."""
        return sum(astuple(self))

    @property
    def has_decimal_comma(self) -> bool:
        """True if more values mean a decimal comma than a decimal point."""
        if self.comma or self.point:
            return self.comma > self.point
        return self.comma_or_thousands > 0 and not self.point_or_thousands

    @property
    def unlike(self) -> int:
        """Values that the column's format cannot mean, or means as a number of another size."""
        if self.has_decimal_comma:
            return self.point + self.point_or_thousands * bool(self.point)
        return self.comma + self.comma_or_thousands * bool(self.comma)

    @property
    def is_either(self) -> bool:
        """True if no value shows whether its separator is of decimals or of thousands."""
        return not self.comma + self.point and bool(
            self.comma_or_thousands + self.point_or_thousands
        )


@dataclass(frozen=True)
class IdForms:
    """Forms of ids that a spreadsheet has rewritten.

    Attributes:
        floats: ids such as 12345.0.
        scientific: ids such as 9.007E+17, whose last digits are lost.
        padded: ids with leading zeros, which a spreadsheet deletes.
        quoted: ids after the apostrophe by which a spreadsheet keeps a number as text.
        digits: ids of digits alone.
    """

    floats: int = 0
    scientific: int = 0
    padded: int = 0
    quoted: int = 0
    digits: int = 0

    @property
    def is_damaged(self) -> bool:
        """True if numbers were rewritten; 5E10 among codes of letters and digits is a code."""
        rewritten = self.floats + self.scientific
        return bool(rewritten) and self.floats + self.digits >= self.scientific


NO_NUMBERS, NO_IDS = NumberForms(), IdForms()


def number_forms(values: ColumnValues) -> NumberForms:
    """Count the forms of the numbers of a column."""
    counts = values.counts([f"{_BARE}{group}{_END}" for group in _GROUPS.values()])
    return NumberForms(**dict(zip(_GROUPS, counts, strict=True)))


def id_forms(values: ColumnValues) -> IdForms:
    """Count the forms of ids that a spreadsheet has rewritten."""
    return IdForms(**dict(zip(_ID_FORMS, values.counts(list(_ID_FORMS.values())), strict=True)))
