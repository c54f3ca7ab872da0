"""Output of `holdfast connect`: the profile, the mapping with its evidence, and the files."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ingestion.connect.connection import Connection
from ingestion.connect.drafts.todo import MARKER
from ingestion.connect.mapping.proposal import (
    Added,
    Constant,
    EntityProposal,
    FirstMatch,
    FromColumn,
    FromColumns,
    FromNames,
    FromWords,
    Hashed,
    Latest,
    LookedUp,
    NearMiss,
    Numbered,
    PerPiece,
    Proposal,
    Summed,
    Value,
)
from ingestion.connect.mapping.shapes.by_shape import unused_tables
from ingestion.connect.profiling.profile import BOOLEAN, ColumnProfile, TableProfile
from ingestion.connect.profiling.source_profile import SourceProfile

_MAX_WORDS = 6


def show_connection(console: Console, connection: Connection, *, is_dry: bool) -> None:
    """Print the profile of each table, the mapping of each entity, and the files written."""
    proposal = connection.proposal
    for table in proposal.profile.tables.values():
        console.print(_profile_table(table, proposal.profile))
    for line in connection.catalog.skipped:
        console.print(f"[yellow]![/] skipped: {escape(line)}", soft_wrap=True)
    for entity in proposal.entities:
        console.print(_mapping_table(entity))
    _show_the_others(console, proposal)
    if is_dry:
        console.print("Nothing was written (--dry-run).")
        return
    for path in connection.written:
        console.print(f"[green]✓[/] wrote {escape(_relative(path))}", soft_wrap=True)
    for path in connection.unchanged:
        console.print(f"  unchanged {escape(_relative(path))}", soft_wrap=True)
    if connection.open_questions:
        console.print(
            f"{len(connection.open_questions)} {MARKER} to decide; holdfast doctor lists them."
        )


def _show_the_others(console: Console, proposal: Proposal) -> None:
    """Print the tables without an entity: looked up, kept out, or an entity's near miss."""
    without = [table for table in proposal.profile.tables if not proposal.of_table(table)]
    unused = unused_tables(proposal.profile, proposal.entities)
    looked_up = [table for table in without if table not in unused]
    if looked_up:
        console.print(f"Tables that other tables look up: {', '.join(looked_up)}")
    if unused:
        console.print(f"Tables without an entity: {', '.join(unused)}")
    for line in proposal.kept_out:
        console.print(f"  {escape(line)}", soft_wrap=True)
    for miss in proposal.near_misses:
        console.print(f"  {escape(_near_miss(miss))}", soft_wrap=True)
        for line in miss.lines:
            console.print(f"    {escape(line)}", soft_wrap=True)
    if not proposal.entities:
        console.print(
            "[yellow]![/] No table has the shape of purchases: an id that repeats over days, a time"
            " and an amount. Name the columns by a line above in"
            " ingestion/connect/profiling/names.csv and run the command again, or write the staging"
            " by hand (docs/connect_your_data.md, part 2).",
            soft_wrap=True,
        )


def _near_miss(miss: NearMiss) -> str:
    found = ", ".join(f"{name} = {column}" for name, column in miss.found.items())
    lacks = " and ".join(" or ".join(group) for group in miss.missing) or "the table's name"
    remedy = (
        "One of these lines in names.csv settles it:" if miss.lines else "No column has its kind."
    )
    return f"{miss.table} could be {miss.entity} ({found}), but for {lacks}. {remedy}"


def _profile_table(table: TableProfile, profile: SourceProfile) -> Table:
    key = profile.keys[table.name]
    columns = " + ".join(key.columns) or "none found"
    others = "".join(f" or {' + '.join(each)}" for each in key.others[:3])
    repeats = f", repeated in {key.repeats} rows" if key.repeats else ""
    rows = f"{table.rows:,} rows{' (sample)' if table.table.is_sample else ''}"
    shown = _table(
        f"{table.name}: {rows}; key {columns}{others}{repeats}",
        ("column", "type", "empty", "different", "holds"),
    )
    for column in table.columns.values():
        references = "".join(
            f"; → {each.target}.{each.target_column} ({each.share:.0%})"
            for each in profile.references_of(table.name, column.name)
        )
        shown.add_row(
            escape(column.name),
            column.fits if column.is_text else column.type.lower(),
            f"{column.null_share:.1%}" if column.nulls else "",
            f"{column.distinct:,}",
            escape(_content(column) + references),
        )
    return shown


def _mapping_table(entity: EntityProposal) -> Table:
    shown = _table(
        f"{entity.table} → {entity.entity} ({entity.points:.1f} points)",
        ("canonical column", "from", "because", "to decide"),
    )
    shown.caption = "\n".join(f"? {escape(each)}" for each in entity.questions) or None
    shown.caption_justify = "left"
    for column in entity.columns.values():
        if column.value is not None or column.questions:
            shown.add_row(
                column.name,
                escape(_origin(column.value)),
                escape("; ".join(each.reason for each in column.evidence)),
                escape("; ".join(column.questions)),
            )
    return shown


def _table(title: str, headings: tuple[str, ...]) -> Table:
    shown = Table(title=escape(title), title_justify="left", title_style="bold")
    for heading in headings:
        shown.add_column(heading, justify="right" if heading in ("empty", "different") else "left")
    return shown


def _content(column: ColumnProfile) -> str:
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
        words = [f"{word} {count:,}" for word, count in list(column.words.items())[:_MAX_WORDS]]
        parts.append(", ".join(words) + (", …" if len(column.words) > _MAX_WORDS else ""))
    elif column.shapes and not column.personal:
        parts.append(f"like {column.shapes[0]}")
    if column.unreadable:
        parts.append(f"{column.unreadable:,} unreadable")
    return "; ".join(parts)


def _origin(value: Value | None) -> str:
    match value:
        case None:
            return "—"
        case FromColumn(column) | FromWords(column):
            return column
        case FromColumns(columns) | FromNames(columns):
            return " + ".join(columns)
        case Hashed(column):
            return f"hash of {column}"
        case Constant(sql):
            return sql
    return _computed(value)


def _computed(value: Value) -> str:
    """Return the origin of a value that is made of several columns, rows or tables."""
    match value:
        case Added(columns):
            return f"sum of {' + '.join(columns)}"
        case PerPiece(amount, quantity):
            return f"{amount} / {quantity}"
        case FirstMatch(table, time):
            return f"first {table}.{time}"
        case Numbered(column, beside):
            return f"{' + '.join((column, *beside))} + number of the row"
        case Latest(total, time):
            return f"latest {total.table}.{time}"
        case LookedUp(column, hops):
            return " → ".join([column, *(f"{hop.table}.{hop.column}" for hop in hops)])
        case Summed(table, _, amount):
            return f"sum of {table}.{amount}"
    return "—"


def _relative(path: Path) -> str:
    working = Path.cwd()
    return str(path.relative_to(working)) if path.is_relative_to(working) else str(path)
