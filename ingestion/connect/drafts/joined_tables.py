"""Other tables of the source that a staging model joins: lookups of a column, and sums."""

from __future__ import annotations

from dataclasses import dataclass, field

from ingestion.connect.drafts.column_expressions import (
    amount_expression,
    is_read_id,
    parsed_expression,
)
from ingestion.connect.drafts.quoting import column_sql, dbt_text
from ingestion.connect.jinja_text import jinja_literal
from ingestion.connect.mapping.proposal import FirstMatch, Hop, LookedUp, Summed
from ingestion.connect.profiling.entities import ID, TIME
from ingestion.connect.profiling.profile import ColumnProfile
from ingestion.connect.profiling.source_profile import SourceProfile
from warehouse.quoting import literal

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
    """CTEs with the newest rows of another table, and with their sum by a column.

    The texts but for `keys` and `by` are dbt SQL.
    """

    cte: str
    table: str
    keys: list[str]
    amounts: str
    by: str
    product: str
    conditions: list[str]
    times: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Match:
    """CTE with the earliest time of another table's rows by several columns; `time` is dbt SQL."""

    cte: str
    table: str
    keys: list[str]
    time: str


class JoinedTables:
    """CTEs and joins of one staging model, collected column by column."""

    def __init__(self, profile: SourceProfile, table: str) -> None:
        """Join other tables of a source to `table`."""
        self.lookups: list[Lookup] = []
        self.totals: list[Total] = []
        self.matches: list[Match] = []
        self.lookup_joins: list[tuple[str, str]] = []
        self.total_joins: list[tuple[str, str]] = []
        self._profile = profile
        self._table = table
        self._by_hop: dict[tuple[str, str, str], Lookup] = {}
        self._by_sum: dict[Summed, Total] = {}
        self._taken = set(_OWN_NAMES)
        self._keywords = reserved_words(profile)

    def look_up(self, value: LookedUp, role: str) -> str:
        """Return dbt SQL of a column of another table as text.

        Args:
            value: the column.
            role: kind of the canonical column.
        """
        at = f"source.{self.sql(value.column)}"
        known = self._column(self._table, value.column)
        for hop in value.hops:
            lookup = self._lookup(at, known, hop)
            column = self.sql(hop.column)
            if column not in (lookup.key, *lookup.columns):
                lookup.columns.append(column)
            at = f"{lookup.cte}.{column}"
            known = self._column(hop.table, hop.column)
        if role == TIME:
            return parsed_expression(TIME, "timestamp", known, at)
        if is_read_id(known) and role == ID:
            return f"{{{{ read_id({jinja_literal(at)}) }}}}"
        return dbt_text(at if known.is_text else f"cast({at} as varchar)")

    def delivered(self, value: LookedUp) -> str:
        """Return dbt SQL of a column of another table as it was delivered."""
        at = f"source.{self.sql(value.column)}"
        known = self._column(self._table, value.column)
        for hop in value.hops:
            lookup = self._lookup(at, known, hop)
            at = f"{lookup.cte}.{self.sql(hop.column)}"
            known = self._column(hop.table, hop.column)
        return dbt_text(at)

    def first_match(self, value: FirstMatch) -> str:
        """Return SQL of the earliest time of another table's rows that agree in several columns."""
        name = self._cte_name(value.table)
        time = self._column(value.table, value.time)
        keys = [self.sql(there) for _, there in value.pairs]
        self.matches.append(
            Match(
                name,
                value.table,
                keys,
                parsed_expression(TIME, "timestamp", time, self.sql(value.time)),
            )
        )
        conditions = [
            _condition(
                f"source.{self.sql(here)}",
                self._column(self._table, here),
                f"{name}.{self.sql(there)}",
                self._column(value.table, there),
            )
            for here, there in value.pairs
        ]
        self.total_joins.append((name, " and ".join(conditions)))
        return f"{name}.first_at"

    def add_up(self, value: Summed) -> str:
        """Return SQL of the sum of another table's rows."""
        return f"{self._total(value).amounts}.amount"

    def latest(self, value: Summed, time: str) -> str:
        """Return SQL of the latest time of the rows that a sum adds up."""
        total = self._total(value)
        column = self._profile.tables[value.table].columns[time]
        if not total.times:
            total.times.append(parsed_expression(TIME, "timestamp", column, self.sql(time)))
        return f"{total.amounts}.latest_at"

    def _total(self, value: Summed) -> Total:
        """Return the total of a sum, whose tables are joined once."""
        if value in self._by_sum:
            return self._by_sum[value]
        cte = self._cte_name(value.table)
        amounts = self._cte_name("amounts")
        keys = [self.sql(column) for column in self._profile.keys[value.table].columns]
        by = self.sql(value.by)
        conditions = [
            dbt_text(f"lower({self.sql(column)}) in ({', '.join(map(literal, words))})")
            for column, words in value.kept
        ]
        total = Total(cte, value.table, keys, amounts, by, self.product(value, cte), conditions)
        self.totals.append(total)
        left, right = self._column(self._table, value.column), self._column(value.table, value.by)
        condition = _condition(f"source.{self.sql(value.column)}", left, f"{amounts}.{by}", right)
        self.total_joins.append((amounts, condition))
        self._by_sum[value] = total
        return total

    def product(self, value: Summed, cte: str = "source") -> str:
        """Return dbt SQL of the amount of one row of a CTE."""
        columns = self._profile.tables[value.table].columns
        currency = value.currency
        if currency:
            currency = f"{cte}.{self.sql(currency)}"
        price, sql = columns[value.amount], self.sql(value.amount)
        if not value.quantity:
            return amount_expression(price, sql, currency)
        amount = amount_expression(price, sql, currency, scale=4)
        pieces = amount_expression(columns[value.quantity], self.sql(value.quantity))
        return f"{pieces} * {amount}"

    def sql(self, column: str) -> str:
        """Return a column's name in SQL."""
        return column_sql(column, self._keywords)

    def _column(self, table: str, column: str) -> ColumnProfile:
        return self._profile.tables[table].columns[column]

    def _lookup(self, at: str, known: ColumnProfile, hop: Hop) -> Lookup:
        found = self._by_hop.get((at, hop.table, hop.key))
        if found is None:
            found = Lookup(self._cte_name(hop.table), hop.table, self.sql(hop.key))
            self._by_hop[at, hop.table, hop.key] = found
            self.lookups.append(found)
            key = self._column(hop.table, hop.key)
            self.lookup_joins.append(
                (found.cte, _condition(at, known, f"{found.cte}.{found.key}", key))
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


def _condition(here: str, left: ColumnProfile, there: str, right: ColumnProfile) -> str:
    """Return dbt SQL of a join; ids that a spreadsheet has rewritten are read first."""
    if left.ids.is_damaged or right.ids.is_damaged:
        return " = ".join(f"{{{{ read_id({jinja_literal(each)}) }}}}" for each in (here, there))
    if left.type != right.type:
        return dbt_text(f"cast({here} as varchar) = cast({there} as varchar)")
    return dbt_text(f"{here} = {there}")
