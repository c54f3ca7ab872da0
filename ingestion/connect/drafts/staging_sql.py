"""Staging models, written from a mapping: what a person would have written, with TODOs."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field

from ingestion.connect.drafts.jinja_text import column_sql, in_comment, in_template, jinja_literal
from ingestion.connect.drafts.todo import MARKER
from ingestion.connect.mapping.across_tables import number
from ingestion.connect.mapping.guesses import (
    EntityGuess,
    FieldGuess,
    Findings,
    FromColumn,
    FromColumns,
    Hop,
    LookedUp,
    Summed,
    Written,
)
from ingestion.connect.profiling.entities import AMOUNT, FLAG, ID, NUMBER, SHAPES, TIME
from ingestion.connect.profiling.names import normalised, status_words
from ingestion.connect.profiling.profile import (
    DECIMAL,
    MILLISECONDS,
    NO,
    SECONDS,
    YES,
    ColumnProfile,
    moment,
)
from warehouse.quoting import literal

_WIDTH = 98
_OWN_NAMES = {"source", "parsed", "renamed", "final", "lines"}


def staging_model(name: str, findings: Findings, guess: EntityGuess) -> str:
    """The SQL of `stg_<source>__<entity>`.

    Args:
        name: the source's name.
        findings: what is known of its tables.
        guess: what the model is to say.
    """
    writer = _Writer(name, findings, guess)
    return writer.grouped() if guess.is_grouped else writer.model()


def reserved_words(findings: Findings) -> frozenset[str]:
    """The words that DuckDB does not take for a column's name unless they are quoted."""
    rows = findings.con.execute(
        "select keyword_name from duckdb_keywords() where keyword_category != 'unreserved'"
    ).fetchall()
    return frozenset(word for (word,) in rows)


@dataclass
class _Join:
    """A table that is looked into: its CTE, by what, and for which columns."""

    name: str
    on: str
    table: str
    key: str
    columns: list[str] = field(default_factory=list)


class _Writer:
    """Collects what the fields of one model need, and writes it down."""

    def __init__(self, name: str, findings: Findings, guess: EntityGuess) -> None:
        self.name = name
        self.findings = findings
        self.guess = guess
        self.shape = SHAPES[guess.entity]
        self.keywords = reserved_words(findings)
        self.columns = findings.tables[guess.table].columns
        self.joins: dict[tuple[str, str, str], _Join] = {}
        self.sums: list[str] = []
        self.sum_joins: list[str] = []
        self.parsed: list[str] = []
        self.checks: list[tuple[str, str, str]] = []
        self.cte_names = set(_OWN_NAMES)

    def model(self) -> str:
        """A model with one row a row of its table."""
        renamed = []
        for name in self.shape.fields:
            guess = self.guess.fields[name]
            renamed += _todos(guess.doubts, 8)
            renamed.append(f"        {self._field(name, guess)},")
        renamed[-1] = renamed[-1].removesuffix(",")
        ctes = [_cte("source", [f"    select * from {self._source(self.guess.table)}"])]
        ctes += [self._lookup(join) for join in self.joins.values()]
        ctes += self.sums
        origin = "source"
        if self.parsed or self.joins or self.sum_joins:
            every = "source.*" if self.joins or self.sum_joins else "*"
            lines = ["    select", *(f"        {each}," for each in [every, *self.parsed])]
            lines[-1] = lines[-1].removesuffix(",")
            lines.append("    from source")
            lines += [self._join(join) for join in self.joins.values()]
            lines += self.sum_joins
            ctes.append(_cte("parsed", lines))
            origin = "parsed"
        ctes.append(_cte("renamed", [*self._head(), *renamed, f"    from {origin}"]))
        return self._written(ctes)

    def grouped(self) -> str:
        """A model with one row a group of rows: orders out of their lines."""
        amount = self.guess.fields["net_amount"].value
        order = self.guess.fields["source_order_id"].value
        assert isinstance(amount, Summed)
        assert isinstance(order, FromColumn)
        product = self._number(amount.amount, "decimal(18, 4)")
        if amount.quantity:
            product = f"{self._number(amount.quantity, 'decimal(18, 3)')} * {product}"
        line_fields = ["source_order_id", "source_customer_id", "ordered_at"]
        lines = ["    select", "        _load_id,", "        _row,"]
        for name in line_fields:
            guess = self.guess.fields[name]
            lines += _todos(guess.doubts, 8)
            lines.append(f"        {self._expression(name, guess)} as {name},")
        lines += [f"        {product} as amount", "    from source"]
        grouped = [
            "    select",
            "        _load_id,",
            "        source_order_id,",
            "        min(_row) as _row,",
            "        min(source_customer_id) as source_customer_id,",
            "        min(ordered_at) as ordered_at,",
            "        cast(sum(amount) as decimal(18, 2)) as net_amount",
            "    from lines",
            "    where source_order_id is not null",
            "    group by _load_id, source_order_id",
        ]
        renamed = []
        for name, (kind, _) in self.shape.fields.items():
            guess = self.guess.fields[name]
            if name in (*line_fields, "net_amount"):
                renamed.append(f"        {name},")
            else:
                renamed += _todos(guess.doubts, 8)
                value = guess.value.sql if isinstance(guess.value, Written) else _null(kind)
                renamed.append(f"        {value} as {name},")
        renamed[-1] = renamed[-1].removesuffix(",")
        head = self._head(prefix="")
        ctes = [
            _cte("source", [f"    select * from {self._source(self.guess.table)}"]),
            _cte("lines", lines),
            _cte("orders", grouped),
            _cte("renamed", [*head, *renamed, "    from orders"]),
        ]
        return self._written(ctes)

    def _written(self, ctes: list[str]) -> str:
        ctes.append(_cte("final", ["    select * from renamed"]))
        doubts = "".join(f"{line}\n" for line in _todos(self.guess.doubts, 0))
        return doubts + "with\n\n" + ",\n\n".join(ctes) + "\n\nselect * from final\n"

    def _head(self, prefix: str = "") -> list[str]:
        reason = "cast(null as varchar) as _reject_reason"
        if self.checks:
            checks = [
                f"            ({jinja_literal(raw)}, {jinja_literal(read)},"
                f" {jinja_literal(name.replace(chr(39), chr(39) * 2))}),"
                for raw, read, name in self.checks
            ]
            reason = "\n".join(["{{ first_failed([", *checks, "        ]) }} as _reject_reason"])
        return [
            "    select",
            f"        {prefix}_load_id,",
            f"        {prefix}_row,",
            f"        {reason},",
            f"        {literal(self.name)} as source,",
        ]

    def _source(self, table: str) -> str:
        return f"{{{{ source('{self.name}', '{table}') }}}}"

    def _sql(self, column: str) -> str:
        return column_sql(column, self.keywords)

    # A field

    def _field(self, name: str, guess: FieldGuess) -> str:
        expression = self._expression(name, guess)
        return name if expression == name else f"{expression} as {name}"

    def _expression(self, name: str, guess: FieldGuess) -> str:
        kind, role = self.shape.fields[name]
        value = guess.value
        if value is None:
            return _null(kind)
        if isinstance(value, Written):
            return f"cast({value.sql} as double)" if kind == "double" else value.sql
        if isinstance(value, FromColumns):
            return in_template(" || '-' || ".join(map(self._sql, value.columns)))
        if isinstance(value, LookedUp):
            return self._looked_up(name, value)
        if isinstance(value, Summed):
            return self._summed(name, value)
        return self._column(name, kind, role, self.columns[value.column])

    def _column(self, name: str, kind: str, role: str, column: ColumnProfile) -> str:
        sql = self._sql(column.name)
        if column.is_text and self._is_parsed(name, role) and self._is_joined():
            sql = f"source.{sql}"
        if (self.guess.entity, name) == ("orders", "status"):
            return self._read(name, column, _status_case(in_template(sql), column))
        if role == TIME:
            return self._moment(name, column, sql)
        if role in (AMOUNT, NUMBER):
            read = number(column, sql, kind)
            return (
                self._read(name, column, in_template(read))
                if column.is_text
                else (in_template(read))
            )
        if role == FLAG:
            if column.type == "BOOLEAN":
                return in_template(sql)
            return self._read(name, column, _flag_case(in_template(sql), column))
        if role == ID and column.fits == DECIMAL:
            return in_template(f"cast(try_cast({sql} as bigint) as varchar)")
        return in_template(sql if column.is_text else f"cast({sql} as varchar)")

    def _is_parsed(self, name: str, role: str) -> bool:
        """Whether a text is read as a value, beside the joined tables, or only renamed."""
        is_status = (self.guess.entity, name) == ("orders", "status")
        return is_status or role in (TIME, AMOUNT, NUMBER, FLAG)

    def _is_joined(self) -> bool:
        return any(
            isinstance(guess.value, LookedUp | Summed) for guess in self.guess.fields.values()
        )

    def _moment(self, name: str, column: ColumnProfile, sql: str) -> str:
        if column.formats and column.formats[0] in (SECONDS, MILLISECONDS):
            alias = self._read(name, column, in_template(moment(sql, column.formats)))
            return f"{{{{ to_local('{alias}') }}}}"
        if column.type == "TIMESTAMP WITH TIME ZONE":
            return f"timezone('{{{{ var(\"time_zone\") }}}}', {in_template(sql)})"
        if not column.is_text:
            return in_template(sql if column.type == "TIMESTAMP" else f"cast({sql} as timestamp)")
        if column.formats:
            formats = ", ".join(map(jinja_literal, column.formats))
            read = f"{{{{ try_timestamp({jinja_literal(sql)}, [{formats}]) }}}}"
        else:
            read = in_template(f"try_cast({sql} as timestamp)")
        alias = self._read(name, column, read)
        return f"{{{{ to_local('{alias}') }}}}" if column.has_zone else alias

    def _read(self, name: str, column: ColumnProfile, expression: str) -> str:
        """A parsed column with the check that it could be read; its name, or the expression."""
        if self.guess.is_grouped:
            return expression
        alias = self._alias(name)
        self.parsed.append(f"{expression} as {alias}")
        self.checks.append((self._sql(column.name), alias, in_comment(column.name)))
        return alias

    def _alias(self, name: str) -> str:
        raw = {column.casefold() for column in self.columns}
        while name in raw:
            name = f"{name}_read"
        return name

    def _number(self, column: str, kind: str) -> str:
        return in_template(number(self.columns[column], self._sql(column), kind))

    # Other tables

    def _looked_up(self, name: str, value: LookedUp) -> str:
        at = f"source.{self._sql(value.column)}"
        kind = self.columns[value.column].type
        for hop in value.hops:
            join = self._joined(at, kind, hop)
            if hop.column not in join.columns:
                join.columns.append(hop.column)
            at = f"{join.name}.{self._sql(hop.column)}"
            kind = self.findings.tables[hop.table].columns[hop.column].type
        alias = self._alias(name)
        cast = at if kind == "VARCHAR" else f"cast({at} as varchar)"
        self.parsed.append(f"{in_template(cast)} as {alias}")
        return alias

    def _joined(self, at: str, kind: str, hop: Hop) -> _Join:
        found = self.joins.get((at, hop.table, hop.key))
        if found is None:
            cte = self._cte_name(hop.table)
            there = f"{cte}.{self._sql(hop.key)}"
            on = f"{at} = {there}"
            if kind != self.findings.tables[hop.table].columns[hop.key].type:
                on = f"cast({at} as varchar) = cast({there} as varchar)"
            found = self.joins[at, hop.table, hop.key] = _Join(cte, on, hop.table, hop.key)
        return found

    def _cte_name(self, table: str) -> str:
        name = table if table not in self.keywords else f"{table}_rows"
        while name in self.cte_names:
            name = f"other_{name}"
        self.cte_names.add(name)
        return name

    def _lookup(self, join: _Join) -> str:
        key = in_template(self._sql(join.key))
        taken = [
            f"        {in_template(f'arg_max({self._sql(each)}, (_load_id, _row))')}"
            f" as {in_template(self._sql(each))},"
            for each in join.columns
            if each != join.key
        ]
        lines = ["    select", f"        {key},", *taken]
        lines[-1] = lines[-1].removesuffix(",")
        lines += [f"    from {self._source(join.table)}", f"    group by {key}"]
        return f"-- As it was delivered last.\n{_cte(join.name, lines)}"

    def _join(self, join: _Join) -> str:
        return f"    left join {join.name} on {in_template(join.on)}"

    def _summed(self, name: str, value: Summed) -> str:
        newest = self._cte_name(value.table)
        key = self.findings.keys[value.table].columns
        lines = [f"    select * from {self._source(value.table)}"]
        if key:
            # Rows delivered again must not count twice.
            names = in_template(", ".join(map(self._sql, key)))
            lines += [
                "    qualify",
                "        row_number() over (",
                f"            partition by {names} order by _load_id desc, _row desc",
                "        ) = 1",
            ]
        self.sums.append(f"-- Each row as it was delivered last.\n{_cte(newest, lines)}")
        columns = self.findings.tables[value.table].columns
        amount = number(columns[value.amount], self._sql(value.amount), "decimal(18, 2)")
        if value.quantity:
            pieces = number(columns[value.quantity], self._sql(value.quantity), "decimal(18, 3)")
            amount = f"{pieces} * {amount}"
        by = self._sql(value.by)
        summed = [
            "    select",
            f"        {in_template(by)},",
            f"        cast({in_template(f'sum({amount})')} as decimal(18, 2)) as amount",
            f"    from {newest}",
            f"    group by {in_template(by)}",
        ]
        amounts = self._cte_name("amounts")
        self.sums.append(_cte(amounts, summed))
        here, there = f"source.{self._sql(value.column)}", f"{amounts}.{by}"
        if self.columns[value.column].type != columns[value.by].type:
            here, there = f"cast({here} as varchar)", f"cast({there} as varchar)"
        self.sum_joins.append(f"    left join {amounts} on {in_template(f'{here} = {there}')}")
        alias = self._alias(name)
        self.parsed.append(f"{amounts}.amount as {alias}")
        return alias


def _status_case(sql: str, column: ColumnProfile) -> str:
    known: Mapping[str, str] = status_words()["orders.status"]
    lines = [f"case {sql}"]
    for word in column.words:
        meaning = known.get(normalised(word))
        if meaning:
            lines.append(f"            when {in_template(literal(word))} then '{meaning}'")
    if len(lines) == 1:
        return "cast(null as varchar)"
    return "\n".join([*lines, "        end"])


def _flag_case(sql: str, column: ColumnProfile) -> str:
    """A text of yes and no in the words that the column has."""
    words = {word.lower() for word in column.words}
    if not words or words <= {"true", "false", "t", "f", "yes", "no", "y", "n", "1", "0"}:
        return f"try_cast({sql} as boolean)"
    yes, no = (
        ", ".join(literal(word) for word in known if word in words) or "''" for known in (YES, NO)
    )
    return (
        f"case\n            when lower({sql}) in ({yes}) then true\n"
        f"            when lower({sql}) in ({no}) then false\n        end"
    )


def _null(kind: str) -> str:
    return f"cast(null as {kind})"


def _cte(name: str, lines: list[str]) -> str:
    return "\n".join([f"{name} as (", *lines, ")"])


def _todos(doubts: tuple[str, ...], indent: int) -> list[str]:
    """Comments with the marker in the first line of each."""
    margin = " " * indent
    found = []
    for doubt in doubts:
        found += textwrap.wrap(
            f"{MARKER}: {in_comment(doubt)}",
            _WIDTH,
            initial_indent=f"{margin}-- ",
            subsequent_indent=f"{margin}-- ",
            break_long_words=False,
            break_on_hyphens=False,
        )
    return found
