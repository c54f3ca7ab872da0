"""What `holdfast connect` shows: the profile, the mapping with its evidence, and what is to do."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ingestion.connect.connection import Connection
from ingestion.connect.mapping.guesses import (
    EntityGuess,
    FieldGuess,
    FromColumn,
    FromColumns,
    LookedUp,
    Summed,
)
from ingestion.connect.profiling.profile import BOOLEAN, ColumnProfile, TableProfile

_MOST_WORDS = 6


def show_connection(console: Console, connection: Connection, *, is_dry: bool) -> None:
    """Print everything that a person needs to judge the proposal."""
    findings = connection.proposal.findings
    for table in findings.tables.values():
        console.print(_profile(table, connection))
    for line in connection.offer.passed_over:
        console.print(f"[yellow]![/] passed over: {escape(line)}", soft_wrap=True)
    for guess in connection.proposal.entities:
        console.print(_mapping(guess))
    unused = [table for table in findings.tables if not connection.proposal.of_table(table)]
    if unused:
        console.print(f"No entity, but there to be looked into: {', '.join(unused)}")
    if is_dry:
        console.print("Nothing was written (--dry-run).")
        return
    for path in connection.written:
        console.print(f"[green]✓[/] wrote {escape(_short(path))}", soft_wrap=True)
    for path in connection.left_alone:
        console.print(f"  left as it is {escape(_short(path))}", soft_wrap=True)
    if connection.open_guesses:
        console.print(
            f"{len(connection.open_guesses)} TODO(connect) are yours to decide; holdfast doctor"
            " lists them."
        )


def _profile(table: TableProfile, connection: Connection) -> Table:
    findings = connection.proposal.findings
    key = findings.keys[table.name]
    told = " + ".join(key.columns) or "none found"
    repeats = f", {key.repeats} rows repeat it" if key.repeats else ""
    others = "".join(f" or {' + '.join(each)}" for each in key.others[:3])
    rows = f"{table.rows:,} rows{' (the first)' if table.table.is_sample else ''}"
    shown = Table(
        title=escape(f"{table.name}: {rows}; key {told}{others}{repeats}"),
        title_justify="left",
        title_style="bold",
    )
    for heading in ("column", "type", "empty", "different", "holds"):
        shown.add_column(heading, justify="right" if heading in ("empty", "different") else "left")
    for column in table.columns.values():
        points_at = "".join(
            f"; → {each.target}.{each.target_column} ({each.share:.0%})"
            for each in findings.pointing(table.name, column.name)
        )
        shown.add_row(
            escape(column.name),
            column.fits if column.is_text else f"{column.type.lower()}",
            f"{column.null_share:.1%}" if column.nulls else "",
            f"{column.distinct:,}",
            escape(_holds(column) + points_at),
        )
    return shown


def _holds(column: ColumnProfile) -> str:
    parts = []
    if column.personal:
        parts.append(f"[{column.personal}]")
    if column.first and column.last:
        parts.append(f"{column.first:%Y-%m-%d} … {column.last:%Y-%m-%d}")
    if column.formats:
        parts.append(" or ".join(column.formats))
    if column.low is not None and column.high is not None:
        parts.append(f"{column.low:g} … {column.high:g}")
    if column.words and column.fits != BOOLEAN:
        words = [f"{word} {count:,}" for word, count in list(column.words.items())[:_MOST_WORDS]]
        parts.append(", ".join(words) + (", …" if len(column.words) > _MOST_WORDS else ""))
    elif column.shapes and not column.personal:
        parts.append(f"like {column.shapes[0]}")
    if column.unreadable:
        parts.append(f"{column.unreadable:,} unreadable")
    return "; ".join(parts)


def _mapping(guess: EntityGuess) -> Table:
    shown = Table(
        title=escape(f"{guess.table} → {guess.entity} ({guess.points:.1f} points)"),
        title_justify="left",
        title_style="bold",
        caption="\n".join(f"? {escape(doubt)}" for doubt in guess.doubts) or None,
        caption_justify="left",
    )
    for heading in ("canonical column", "from", "because", "to decide"):
        shown.add_column(heading)
    for field in guess.fields.values():
        if field.value is not None or field.doubts:
            shown.add_row(
                field.field,
                escape(_origin(field)),
                escape("; ".join(each.told for each in field.evidence)),
                escape("; ".join(field.doubts)),
            )
    return shown


def _origin(field: FieldGuess) -> str:
    value = field.value
    if value is None:
        return "—"
    if isinstance(value, FromColumn):
        return value.column
    if isinstance(value, FromColumns):
        return " + ".join(value.columns)
    if isinstance(value, LookedUp):
        return " → ".join([value.column, *(f"{hop.table}.{hop.column}" for hop in value.hops)])
    if isinstance(value, Summed):
        return f"sum of {value.table}.{value.amount}"
    return value.sql


def _short(path: Path) -> str:
    working = Path.cwd()
    return str(path.relative_to(working)) if path.is_relative_to(working) else str(path)
