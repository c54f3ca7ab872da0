"""Other tables of the source that a staging model joins: lookups of a column, and sums."""

from __future__ import annotations

from dataclasses import dataclass, field

from ingestion.connect.drafts.quoting import column_sql
from ingestion.connect.mapping.proposal import Hop, LookedUp, Summed
from ingestion.connect.profiling.parsing import number_sql
from ingestion.connect.profiling.source_profile import SourceProfile

_OWN_NAMES = {"source", "parsed", "renamed", "final", "lines"}


@dataclass
class Lookup:
    """CTE with one row a key of another table."""

    cte: str
    table: str
    key: str
    columns: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Total:
    """CTEs with the newest rows of another table, and with their sum by a column."""

    cte: str
    table: str
    keys: list[str]
    amounts: str
    by: str
    product: str


class JoinedTables:
    """CTEs and joins of one staging model, collected column by column."""

    def __init__(self, profile: SourceProfile, table: str) -> None:
        """Join other tables of a source to `table`."""
        self.lookups: list[Lookup] = []
        self.totals: list[Total] = []
        self.lookup_joins: list[tuple[str, str]] = []
        self.total_joins: list[tuple[str, str]] = []
        self._profile = profile
        self._table = table
        self._by_hop: dict[tuple[str, str, str], Lookup] = {}
        self._taken = set(_OWN_NAMES)
        self._keywords = reserved_words(profile)

    def look_up(self, value: LookedUp) -> str:
        """Return SQL of a column of another table as text."""
        at = f"source.{self.sql(value.column)}"
        kind = self._type(self._table, value.column)
        for hop in value.hops:
            lookup = self._lookup(at, kind, hop)
            column = self.sql(hop.column)
            if column not in (lookup.key, *lookup.columns):
                lookup.columns.append(column)
            at = f"{lookup.cte}.{column}"
            kind = self._type(hop.table, hop.column)
        return at if kind == "VARCHAR" else f"cast({at} as varchar)"

    def add_up(self, value: Summed) -> str:
        """Return SQL of the sum of another table's rows."""
        cte = self._cte_name(value.table)
        amounts = self._cte_name("amounts")
        keys = [self.sql(column) for column in self._profile.keys[value.table].columns]
        by = self.sql(value.by)
        product = self.product(value, "decimal(18, 2)")
        self.totals.append(Total(cte, value.table, keys, amounts, by, product))
        is_cast = self._type(self._table, value.column) != self._type(value.table, value.by)
        condition = _condition(f"source.{self.sql(value.column)}", f"{amounts}.{by}", is_cast)
        self.total_joins.append((amounts, condition))
        return f"{amounts}.amount"

    def product(self, value: Summed, kind: str) -> str:
        """Return SQL of the amount of one row, in the type `kind` for its price."""
        columns = self._profile.tables[value.table].columns
        amount = number_sql(columns[value.amount], self.sql(value.amount), kind)
        if not value.quantity:
            return amount
        quantity = columns[value.quantity]
        return f"{number_sql(quantity, self.sql(value.quantity), 'decimal(18, 3)')} * {amount}"

    def sql(self, column: str) -> str:
        """Return a column's name in SQL."""
        return column_sql(column, self._keywords)

    def _type(self, table: str, column: str) -> str:
        return self._profile.tables[table].columns[column].type

    def _lookup(self, at: str, kind: str, hop: Hop) -> Lookup:
        found = self._by_hop.get((at, hop.table, hop.key))
        if found is None:
            found = Lookup(self._cte_name(hop.table), hop.table, self.sql(hop.key))
            self._by_hop[at, hop.table, hop.key] = found
            self.lookups.append(found)
            is_cast = kind != self._type(hop.table, hop.key)
            self.lookup_joins.append(
                (found.cte, _condition(at, f"{found.cte}.{found.key}", is_cast))
            )
        return found

    def _cte_name(self, table: str) -> str:
        name = table if table not in self._keywords else f"{table}_rows"
        while name in self._taken:
            name = f"other_{name}"
        self._taken.add(name)
        return name


def reserved_words(profile: SourceProfile) -> frozenset[str]:
    """Return the words that DuckDB accepts as a column's name only in quotes."""
    rows = profile.con.execute(
        "select keyword_name from duckdb_keywords() where keyword_category != 'unreserved'"
    ).fetchall()
    return frozenset(word for (word,) in rows)


def _condition(here: str, there: str, is_cast: bool) -> str:
    if is_cast:
        return f"cast({here} as varchar) = cast({there} as varchar)"
    return f"{here} = {there}"
