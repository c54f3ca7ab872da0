"""SQL of a canonical column that is read from one column of the staged table.

Times, amounts and numeric ids are read by the macros of dbt_project/macros/staging/, which
refuse a value that they cannot read. A plain cast would drop an offset, round an amount, or keep
the year 26.
"""

from __future__ import annotations

from collections.abc import Iterable

from ingestion.connect.drafts.quoting import dbt_text
from ingestion.connect.jinja_text import jinja_literal
from ingestion.connect.mapping.proposal import FromWords
from ingestion.connect.origins.table_names import normalised
from ingestion.connect.profiling.entities import AMOUNT, FLAG, ID, NUMBER, TIME
from ingestion.connect.profiling.forms.day_formats import is_month_first, is_slashed
from ingestion.connect.profiling.forms.time_forms import SERIALS
from ingestion.connect.profiling.names import meanings
from ingestion.connect.profiling.profile import (
    DECIMAL,
    DECIMAL_COMMA,
    INTEGER,
    THOUSANDS,
    ColumnProfile,
)
from ingestion.connect.profiling.value_types import NO, YES
from warehouse.quoting import literal

STATUS = ".status"
# Price or cost of a piece, which may have a fourth decimal.
PRICE = "price"
_CASTABLE = {"true", "false", "t", "f", "yes", "no", "y", "n", "1", "0"}


def is_parsed(role: str, column: ColumnProfile) -> bool:
    """Return whether the values are parsed, so that staging reports an unreadable one."""
    if role in (TIME, AMOUNT, PRICE) or role.endswith(STATUS):
        return True
    if role == FLAG:
        return column.type != "BOOLEAN"
    if role == ID:
        return is_read_id(column)
    return column.is_text and role == NUMBER


def is_read_id(column: ColumnProfile) -> bool:
    """Return whether an id is a number, which a spreadsheet may rewrite: 12345.0, 9.007E+17."""
    if not column.is_text:
        return column.fits == DECIMAL
    ids = column.ids
    return column.fits in (INTEGER, DECIMAL) or ids.is_damaged or bool(ids.padded or ids.quoted)


def parsed_expression(role: str, kind: str, column: ColumnProfile, sql: str) -> str:
    """Return dbt SQL that parses a column.

    Args:
        role: kind of the canonical column, or the field of its words, such as orders.status.
        kind: DuckDB type of the canonical column.
        column: the column.
        sql: the column's name in SQL.
    """
    if role.endswith(STATUS):
        return _status_case(dbt_text(sql), column, role)
    if role == FLAG:
        return _flag_case(dbt_text(sql), column)
    if role == ID:
        return _call("read_id", sql)
    if role == NUMBER:
        return number_expression(kind, column, sql)
    if role == AMOUNT:
        return amount_expression(column, sql)
    if role == PRICE:
        return amount_expression(column, sql, scale=4)
    return _time_expression(column, sql)


def amount_expression(
    column: ColumnProfile, sql: str, currency: str | None = None, *, scale: int | None = None
) -> str:
    """Return dbt SQL that reads an amount of money.

    Args:
        column: the column.
        sql: the column's name in SQL.
        currency: SQL of the currency of an amount in its smallest unit, empty for the company's
            currency; None for other amounts.
        scale: decimals that an amount may have; the macro's own by default.
    """
    if currency is not None:
        code = jinja_literal(currency) if currency else "\"'\" ~ var('currency') ~ \"'\""
        return f"{{{{ from_minor_units({jinja_literal(sql)}, {code}) }}}}"
    arguments = {"decimals": "','"} if column.fits == DECIMAL_COMMA else {}
    if scale is not None:
        arguments["scale"] = str(scale)
    return _call("read_amount", sql, **arguments)


def number_expression(kind: str, column: ColumnProfile, sql: str) -> str:
    """Return dbt SQL that reads a number that is no money."""
    if not column.is_text:
        return dbt_text(f"cast({sql} as {kind})")
    if column.fits in (DECIMAL_COMMA, THOUSANDS):
        return amount_expression(column, sql)
    return dbt_text(f"try_cast({sql} as {kind})")


def cast_expression(role: str, kind: str, column: ColumnProfile, sql: str) -> str:
    """Return dbt SQL that casts a column; every value can be cast."""
    if role == NUMBER:
        return number_expression(kind, column, sql)
    is_varchar = column.is_text or role == FLAG
    return dbt_text(sql if is_varchar else f"cast({sql} as varchar)")


def has_local_times(column: ColumnProfile) -> bool:
    """Return whether some times have a time of day, and no offset."""
    if column.is_text:
        return column.times.without_offset > 0 or SERIALS in column.formats
    return column.type.startswith("TIMESTAMP") and not column.has_zone


def padded_expression(sql: str, width: int) -> str:
    """Return dbt SQL of an id with the leading zeros that a spreadsheet has deleted."""
    read = _call("read_id", sql)
    return f"case when length({read}) < {width} then lpad({read}, {width}, '0') else {read} end"


def words_expression(value: FromWords, sql: str) -> str:
    """Return dbt SQL of the value that each known word of a column stands for."""
    if {each for each, _ in value.values} == {"true"}:
        ((_, words),) = value.values
        return dbt_text(f"lower({sql}) in ({', '.join(map(literal, words))})")
    branches = [
        (dbt_text(f"lower({sql}) in ({', '.join(map(literal, words))})"), each)
        for each, words in value.values
    ]
    return _case("case", branches, dbt_text(f"lower({sql})") if value.keeps_others else None)


def _time_expression(column: ColumnProfile, sql: str) -> str:
    """Return dbt SQL of a time in the deployment's time zone."""
    arguments = {}
    if has_local_times(column):
        arguments["zone"] = "var('time_zone')"
    if SERIALS in column.formats:
        arguments["formats"] = "'excel_serial'"
    days = list(filter(is_slashed, column.formats))
    if days:
        is_month = any(map(is_month_first, days))
        arguments["order"] = "'month_first'" if is_month else "'day_first'"
    return _call("read_timestamp", sql, **arguments)


def _call(macro: str, sql: str, **arguments: str) -> str:
    """Return the call of a macro with a column and arguments in Jinja."""
    named = "".join(f", {name}={value}" for name, value in arguments.items())
    return f"{{{{ {macro}({jinja_literal(sql)}{named}) }}}}"


def _status_case(sql: str, column: ColumnProfile, field: str) -> str:
    known = meanings(field)
    branches = [
        (dbt_text(literal(word)), f"'{known[normalised(word)]}'")
        for word in column.words
        if normalised(word) in known
    ]
    return _case(f"case {sql}", branches) if branches else "cast(null as varchar)"


def _flag_case(sql: str, column: ColumnProfile) -> str:
    words = {word.lower() for word in column.words}
    if words <= _CASTABLE:
        return f"try_cast({sql} as boolean)"
    yes, no = (
        ", ".join(literal(word) for word in known if word in words) or "''" for known in (YES, NO)
    )
    return _case(
        "case", [(f"lower({sql}) in ({yes})", "true"), (f"lower({sql}) in ({no})", "false")]
    )


def _case(head: str, branches: Iterable[tuple[str, str]], other: str | None = None) -> str:
    lines = [f"            when {condition} then {value}" for condition, value in branches]
    lines += [f"            else {other}"] if other else []
    return "\n".join([head, *lines, "        end"])
