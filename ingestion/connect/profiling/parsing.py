"""SQL that parses texts as numbers and timestamps."""

from __future__ import annotations

from ingestion.connect.profiling.profile import DECIMAL_COMMA, THOUSANDS, ColumnProfile
from warehouse.quoting import literal

SECONDS, MILLISECONDS = "seconds since 1970", "milliseconds since 1970"


def timestamp_sql(column: str, formats: tuple[str, ...]) -> str:
    """Return SQL that reads a text, or a number since 1970, as a timestamp; null if it is none."""
    if formats == (SECONDS,):
        return f"epoch_ms(try_cast({column} as bigint) * 1000)"
    if formats == (MILLISECONDS,):
        return f"epoch_ms(try_cast({column} as bigint))"
    if not formats:
        return f"try_cast({column} as timestamp)"
    return f"try_strptime({column}, [{', '.join(map(literal, formats))}])"


def number_sql(column: ColumnProfile, text: str, kind: str) -> str:
    """Return SQL that reads a column, written as `text`, as the type `kind`; null if it is none."""
    return (
        f"try_cast({plain_digits(column.fits, text)} as {kind})"
        if column.is_text
        else (f"cast({text} as {kind})")
    )


def plain_digits(fits: str, text: str) -> str:
    """Return SQL that writes a number with a decimal point and without separators of thousands."""
    if fits == DECIMAL_COMMA:
        return f"replace(replace({text}, '.', ''), ',', '.')"
    return f"replace({text}, ',', '')" if fits == THOUSANDS else text
