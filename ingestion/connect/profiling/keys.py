"""What tells the rows of a table apart, and which columns point at another table's rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import duckdb

from ingestion.connect.profiling.names import normalised, singular
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
# Of a key that a few rows repeat, the newest row counts; of one that more repeat, it is no key.
_NEARLY_ALL, _MOST = 0.999, 0.97
_LEAST_CONTAINED = 0.9


@dataclass(frozen=True)
class Key:
    """The columns that tell rows apart.

    Attributes:
        columns: one or two; empty where no one or two do.
        repeats: rows that have the key of another row.
        others: further single columns and pairs that tell all rows apart.
        is_declared: whether the source says so itself.
    """

    columns: tuple[str, ...]
    repeats: int = 0
    others: tuple[tuple[str, ...], ...] = ()
    is_declared: bool = False


@dataclass(frozen=True)
class Reference:
    """A column that points at another table's rows.

    Attributes:
        table: the table that points.
        column: its column.
        target: the table that is pointed at.
        target_column: its key.
        share: how much of the column's different values is there.
        is_declared: whether the source says so itself.
        is_one_to_one: whether no value comes twice in the column.
    """

    table: str
    column: str
    target: str
    target_column: str
    share: float
    is_declared: bool
    is_one_to_one: bool

    @property
    def told(self) -> str:
        """The evidence in words."""
        if self.is_declared:
            return f"a declared foreign key to {self.target}.{self.target_column}"
        return f"{self.share:.1%} of its values are in {self.target}.{self.target_column}"


def is_id_like(column: ColumnProfile) -> bool:
    """Whether a column could hold the ids of something: short, of no kind, and called like one."""
    if column.fits not in (INTEGER, TEXT) or column.personal or column.mean_length > _LONGEST_ID:
        return False
    name = normalised(column.name)
    if set(name.split("_")) & _ID_WORDS or name.endswith(_ID_ENDINGS):
        return True
    # Hexadecimal or digits behind a letter, and never a space: A4711, 9ef432eb6251297304e7.
    return bool(column.shapes) and all(
        "9" in shape and "a" in shape and " " not in shape for shape in column.shapes
    )


def find_key(con: duckdb.DuckDBPyConnection, table: TableProfile) -> Key:
    """What tells a table's rows apart: declared, one column, or two of those like an id."""
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
        # Rows that come twice leave no key whole.
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
    """The table's own id first, then the others in the order of the columns."""
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


def find_references(
    con: duckdb.DuckDBPyConnection, tables: Mapping[str, TableProfile], keys: Mapping[str, Key]
) -> list[Reference]:
    """The columns of each table whose values are another table's keys, the fullest first."""
    found = []
    for name, table in tables.items():
        for column in table.columns.values():
            for target_name, target in tables.items():
                key = keys[target_name].columns
                if target_name == name or len(key) != 1 or keys[name].columns == (column.name,):
                    continue
                reference = _reference(con, table, column, target, key[0])
                if reference is not None:
                    found.append(reference)
    return sorted(found, key=lambda each: (not each.is_declared, -each.share))


def _reference(
    con: duckdb.DuckDBPyConnection,
    table: TableProfile,
    column: ColumnProfile,
    target: TableProfile,
    key: str,
) -> Reference | None:
    is_one_to_one = column.distinct == column.rows - column.nulls
    if (column.name, target.name, key) in table.table.references:
        return Reference(table.name, column.name, target.name, key, 1.0, True, is_one_to_one)
    if not is_id_like(column) or column.distinct < 2 or not _could_be(column, target, key):
        return None
    row = con.execute(
        f"""
        with pointing as (
            select distinct cast({identifier(column.name)} as varchar) as value
            from {table.table.relation}
            where nullif(cast({identifier(column.name)} as varchar), '') is not null
        )

        select count(*) / (select count(*) from pointing)
        from pointing
        semi join (
            select cast({identifier(key)} as varchar) as value from {target.table.relation}
        ) as targets using (value)
        """
    ).fetchone()
    share = float(row[0]) if row and row[0] is not None else 0.0
    if share < _LEAST_CONTAINED:
        return None
    return Reference(table.name, column.name, target.name, key, share, False, is_one_to_one)


def _could_be(column: ColumnProfile, target: TableProfile, key: str) -> bool:
    """Whether a containment would mean anything: 1, 2 and 3 are in every column of numbers."""
    if column.fits != target.columns[key].fits:
        return False
    if column.fits == TEXT:
        return True
    name, there = normalised(column.name), normalised(key)
    own = {singular(word) for word in normalised(target.name).split("_")}
    return name == there or bool(own & {singular(word) for word in name.split("_")})
