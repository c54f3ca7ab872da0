"""SQL of a canonical column that is read from one column of the staged table."""

from __future__ import annotations

from collections.abc import Iterable

from ingestion.connect.drafts.quoting import dbt_text, jinja_literal
from ingestion.connect.origins.table_names import normalised
from ingestion.connect.profiling.entities import AMOUNT, FLAG, ID, NUMBER, TIME
from ingestion.connect.profiling.names import order_statuses
from ingestion.connect.profiling.parsing import MILLISECONDS, SECONDS, number_sql, timestamp_sql
from ingestion.connect.profiling.profile import DECIMAL, ColumnProfile
from ingestion.connect.profiling.value_types import NO, YES
from warehouse.quoting import literal

STATUS = "order status"
_CASTABLE = {"true", "false", "t", "f", "yes", "no", "y", "n", "1", "0"}
_EPOCHS = (SECONDS, MILLISECONDS)


def is_parsed(role: str, column: ColumnProfile) -> bool:
    """Return whether the values are parsed, so that staging rejects an unreadable one."""
    if role == STATUS:
        return True
    if role == TIME and column.formats[:1] and column.formats[0] in _EPOCHS:
        return True
    if role == FLAG:
        return column.type != "BOOLEAN"
    return column.is_text and role in (TIME, AMOUNT, NUMBER)


def parsed_expression(role: str, kind: str, column: ColumnProfile, sql: str) -> str:
    """Return dbt SQL that parses a column.

    Args:
        role: kind of the canonical column, or `STATUS`.
        kind: DuckDB type of the canonical column.
        column: the column.
        sql: the column's name in SQL.
    """
    if role == STATUS:
        return _status_case(dbt_text(sql), column)
    if role == FLAG:
        return _flag_case(dbt_text(sql), column)
    if role in (AMOUNT, NUMBER):
        return dbt_text(number_sql(column, sql, kind))
    if column.formats and column.formats[0] not in _EPOCHS:
        formats = ", ".join(map(jinja_literal, column.formats))
        return f"{{{{ try_timestamp({jinja_literal(sql)}, [{formats}]) }}}}"
    return dbt_text(timestamp_sql(sql, column.formats))


def local_time(column: ColumnProfile, name: str) -> str:
    """Return dbt SQL of a parsed time in the deployment's time zone."""
    return f"{{{{ to_local('{name}') }}}}" if column.has_zone else name


def cast_expression(role: str, kind: str, column: ColumnProfile, sql: str) -> str:
    """Return dbt SQL that casts a column; every value can be cast."""
    if role == TIME:
        if column.type == "TIMESTAMP WITH TIME ZONE":
            return f"timezone('{{{{ var(\"time_zone\") }}}}', {dbt_text(sql)})"
        return dbt_text(sql if column.type == "TIMESTAMP" else f"cast({sql} as timestamp)")
    if role in (AMOUNT, NUMBER):
        return dbt_text(number_sql(column, sql, kind))
    if role == ID and column.fits == DECIMAL:
        return dbt_text(f"cast(try_cast({sql} as bigint) as varchar)")
    is_varchar = column.is_text or role == FLAG
    return dbt_text(sql if is_varchar else f"cast({sql} as varchar)")


def _status_case(sql: str, column: ColumnProfile) -> str:
    known = order_statuses()
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


def _case(head: str, branches: Iterable[tuple[str, str]]) -> str:
    lines = [f"            when {condition} then {value}" for condition, value in branches]
    return "\n".join([head, *lines, "        end"])
