"""Key of a table: declared, or the one or two columns without a repeated value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import duckdb

from ingestion.connect.origins.table_names import normalised
from ingestion.connect.profiling.names import singular
from ingestion.connect.profiling.profile import INTEGER, TEXT, ColumnProfile, TableProfile
from warehouse.quoting import identifier

_ID_WORDS = {
    "id", "ids", "no", "nr", "num", "number", "nummer", "numero", "code", "codigo", "key", "uuid",
    "guid", "ref", "seq", "sequence", "sequential", "position", "line", "invoice", "stockcode",
    "sku", "bianhao", "hao", "cod",
}  # fmt: skip
_ID_ENDINGS = ("编号", "号", "id", "nr", "nummer", "no")
_LONGEST_ID = 64
_MOST_PAIRED = 10
# With a few repeats the newest row of a key counts; with more the column is not a key.
_NEARLY_ALL, _MOST = 0.999, 0.97


@dataclass(frozen=True)
class Key:
    """Columns whose values identify a row.

    Attributes:
        columns: one or two columns; empty if none are unique.
        repeats: rows that have the key of another row.
        others: further unique columns and pairs.
        is_declared: whether the source declares the key.
    """

    columns: tuple[str, ...]
    repeats: int = 0
    others: tuple[tuple[str, ...], ...] = ()
    is_declared: bool = False


def is_id_like(column: ColumnProfile) -> bool:
    """Return whether a column can hold ids: short, named or shaped like ids, not personal."""
    is_number = column.fits == INTEGER or column.ids.is_damaged
    if not (is_number or column.fits == TEXT):
        return False
    if column.personal or column.mean_length > _LONGEST_ID:
        return False
    name = normalised(column.name)
    if set(name.split("_")) & _ID_WORDS or name.endswith(_ID_ENDINGS):
        return True
    # Letters and digits without a space, such as A4711 or 9ef432eb6251297304e7.
    return bool(column.shapes) and all(
        "9" in shape and "a" in shape and " " not in shape for shape in column.shapes
    )


def find_key(con: duckdb.DuckDBPyConnection, table: TableProfile) -> Key:
    """Return a table's key: declared, else one unique column, else two that can hold ids."""
    if table.table.key:
        return Key(tuple(table.table.key), is_declared=True)
    columns = table.columns
    singles = [
        name
        for name, column in columns.items()
        if column.is_complete and is_id_like(column) and _repeats(con, table, (name,)) == 0
    ]
    if singles:
        best = min(singles, key=lambda name: _key_rank(name, table))
        return Key((best,), others=tuple((name,) for name in singles if name != best))
    repeats = {
        name: column.nulls + _repeats(con, table, (name,))
        for name, column in columns.items()
        if is_id_like(column)
    }
    near = [name for name, count in repeats.items() if count <= (1 - _NEARLY_ALL) * table.rows]
    paired = [
        name
        for name, column in columns.items()
        if is_id_like(column) and column.is_complete and column.distinct > 1
    ]
    paired = sorted(paired, key=lambda name: -columns[name].distinct)[:_MOST_PAIRED]
    paired.sort(key=list(columns).index)
    pair_repeats = {pair: _repeats(con, table, pair) for pair in combinations(paired, 2)}
    pairs = [pair for pair, count in pair_repeats.items() if count == 0]
    pairs.sort(key=lambda pair: [_key_rank(name, table) for name in pair])
    if not near and not pairs:
        # Duplicate rows leave no column unique.
        near = [name for name, count in repeats.items() if count <= (1 - _MOST) * table.rows]
    if near:
        best = min(near, key=lambda name: _key_rank(name, table))
        return Key((best,), repeats[best], tuple(pairs))
    if pairs:
        return Key(pairs[0], others=tuple(pairs[1:]))
    pair = min(pair_repeats, key=lambda each: pair_repeats[each], default=())
    if pair and pair_repeats[pair] <= (1 - _MOST) * table.rows:
        return Key(pair, pair_repeats[pair])
    return Key(())


def _key_rank(name: str, table: TableProfile) -> tuple[int, int]:
    """Return the sort key by which the table's own id precedes other columns."""
    own = {singular(word) for word in normalised(table.name).split("_")}
    words = [singular(word) for word in normalised(name).split("_")]
    is_own = words == ["id"] or (len(words) > 1 and words[0] in own)
    return (0 if is_own else 1, list(table.columns).index(name))


def _repeats(con: duckdb.DuckDBPyConnection, table: TableProfile, columns: Sequence[str]) -> int:
    names = ", ".join([table.table.delivery, *map(identifier, columns)])
    row = con.execute(
        f"select count(*) - count(distinct row({names})) from {table.table.relation}"
    ).fetchone()
    return int(row[0]) if row else 0
