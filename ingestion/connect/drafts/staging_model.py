"""Staging model of an entity: the SQL that a person would have written, with TODOs."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ingestion.connect.drafts.column_expressions import (
    PRICE,
    STATUS,
    amount_expression,
    cast_expression,
    is_parsed,
    padded_expression,
    parsed_expression,
    words_expression,
)
from ingestion.connect.drafts.joined_tables import JoinedTables
from ingestion.connect.drafts.quoting import comment_text, dbt_text
from ingestion.connect.drafts.templates import rendered
from ingestion.connect.mapping.proposal import (
    Added,
    ColumnProposal,
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
    Numbered,
    PerPiece,
    Summed,
    Value,
)
from ingestion.connect.profiling.entities import AMOUNT, SCHEMAS, TIME
from ingestion.connect.profiling.profile import ColumnProfile
from ingestion.connect.profiling.source_profile import SourceProfile


@dataclass(frozen=True)
class _Column:
    """A selected column: dbt SQL, name and open questions."""

    expression: str
    name: str
    questions: tuple[str, ...]


def staging_model(name: str, profile: SourceProfile, proposal: EntityProposal) -> str:
    """Return the SQL of `stg_<source>__<entity>`.

    Args:
        name: the source's name.
        profile: the source.
        proposal: the entity.
    """
    model = _GroupedModel if proposal.is_grouped else _Model
    return model(name, profile, proposal).text()


class _Model:
    """One row of the entity for each row of its table."""

    template = "staging_model.sql"

    def __init__(self, name: str, profile: SourceProfile, proposal: EntityProposal) -> None:
        self.name = name
        self.proposal = proposal
        self.raw = profile.tables[proposal.table].columns
        self.joined = JoinedTables(profile, proposal.table)
        self.parsed: list[tuple[str, str]] = []
        self.checks: list[tuple[str, str, str]] = []
        self.optional_checks: list[tuple[str, str, str]] = []

    def text(self) -> str:
        """Return the model's SQL."""
        columns = self.proposal.columns.values()
        missing = [each for each in columns if each.value is None]
        return rendered(
            self.template,
            source=self.name,
            table=self.proposal.table,
            questions=self.proposal.questions,
            notes=self.proposal.notes,
            columns=[self.column(each) for each in columns if each.value is not None],
            missing=missing,
            unmapped=[each.name for each in missing if not each.questions],
            **self.context(),
        )

    def context(self) -> dict[str, object]:
        """Return the variables of the template beside the columns."""
        joined = self.joined
        first = self.proposal.first_rows_of
        group, condition = self._first_rows(first) if first else (None, None)
        return {
            "lookups": joined.lookups,
            "totals": joined.totals,
            "matches": joined.matches,
            "joins": [*joined.lookup_joins, *joined.total_joins],
            "parsed": self.parsed,
            "checks": self.checks,
            "optional_checks": self.optional_checks,
            "first_rows_of": group,
            "first_rows_where": condition,
        }

    def _first_rows(self, column: str) -> tuple[str, str | None]:
        """Return SQL by which rows are grouped of which the first counts, and their condition."""
        sql = self.joined.sql(column)
        if self.proposal.entity == "customers":
            return f"lower(trim({sql}))", f"trim({sql}) != ''"
        return sql, None

    def column(self, proposal: ColumnProposal) -> _Column:
        """Return a canonical column, after its tables are joined and its values parsed."""
        return _Column(self.expression(proposal), proposal.name, proposal.questions)

    def expression(self, proposal: ColumnProposal) -> str:
        """Return dbt SQL of a canonical column."""
        value = proposal.value
        kind, role = SCHEMAS[self.proposal.entity].columns[proposal.name]
        match value:
            case Constant(sql):
                return f"cast({sql} as double)" if kind == "double" else sql
            case FromColumns() | FromNames():
                return dbt_text(self.concatenated(value))
            case Numbered(column, beside):
                names = list(map(self.joined.sql, (column, *beside)))
                number = (
                    f"row_number() over (partition by _load_id, {', '.join(names)} order by _row)"
                )
                return dbt_text(" || '-' || ".join([*names, number]))
            case Hashed(column):
                return dbt_text(f"md5(nullif(lower(trim({self.joined.sql(column)})), ''))")
            case LookedUp():
                return self.looked_up(proposal.name, role, value)
            case FromColumn():
                return self.from_column(proposal.name, kind, self._role(proposal.name, role), value)
        return self.in_parsed(proposal.name, self.computed(value))

    def computed(self, value: Value | None) -> str:
        """Return dbt SQL of a value that is selected in `parsed`."""
        match value:
            case Summed():
                return self.joined.add_up(value)
            case Latest(total, time):
                return self.joined.latest(total, time)
            case FirstMatch():
                return self.joined.first_match(value)
            case Added():
                return self.added(value)
            case PerPiece(amount, quantity):
                return self.per_piece(amount, quantity)
        assert isinstance(value, FromWords)
        # Other words than those of the question mean nothing here, and are not lost.
        return words_expression(value, self.qualified(value.column))

    def looked_up(self, name: str, role: str, value: LookedUp) -> str:
        """Return the name in `parsed` of a column of another table; a time is checked."""
        alias = self.in_parsed(name, self.joined.look_up(value, role))
        if role == TIME:
            column = value.hops[-1].column
            raw = self.in_parsed(f"{name}_delivered", self.joined.delivered(value))
            is_required = name in SCHEMAS[self.proposal.entity].required
            checks = self.checks if is_required else self.optional_checks
            checks.append((raw, alias, comment_text(column) if is_required else name))
        return alias

    def added(self, value: Added) -> str:
        """Return dbt SQL of the sum of amounts, of which an empty one is zero."""
        reads = [amount_expression(self.raw[each], self.qualified(each)) for each in value.columns]
        sign = "-" if value.is_negated else ""
        return f" {sign or '+'} ".join(
            f"{sign if not at else ''}coalesce({each}, 0)" for at, each in enumerate(reads)
        )

    def per_piece(self, amount: str, quantity: str) -> str:
        """Return dbt SQL of a line's total divided by its quantity."""
        total, pieces = (
            amount_expression(self.raw[each], self.qualified(each)) for each in (amount, quantity)
        )
        total, pieces = (each.removeprefix("{{ ").removesuffix(" }}") for each in (total, pieces))
        return f"{{{{ per_piece({total}, {pieces}) }}}}"

    def _role(self, name: str, kind: str) -> str:
        """Return how a canonical column of a kind is read."""
        entity = self.proposal.entity
        if kind == AMOUNT and entity in ("order_lines", "touches"):
            return PRICE
        if name == "status" and entity in ("orders", "subscriptions"):
            return f"{entity}{STATUS}"
        return kind

    def concatenated(self, value: FromColumns | FromNames) -> str:
        """Return SQL of several columns as one text: a key, or a name that may lack a part."""
        columns = map(self.joined.sql, value.columns)
        if isinstance(value, FromColumns):
            return " || '-' || ".join(columns)
        return f"nullif(trim(concat_ws(' ', {', '.join(columns)})), '')"

    def from_column(self, name: str, kind: str, role: str, value: FromColumn) -> str:
        """Return dbt SQL of one column of the table."""
        raw = self.raw[value.column]
        if not is_parsed(role, raw) and not value.width:
            return cast_expression(role, kind, raw, self.joined.sql(value.column))
        sql, currency = self.qualified(value.column), value.currency
        if currency:
            # Qualified, because the macro looks the code up in a table with a column of this name.
            currency = f"source.{self.joined.sql(currency)}"
        expression = read_expression(role, kind, raw, replace(value, currency=currency), sql)
        return self.checked(name, value.column, expression)

    def qualified(self, column: str) -> str:
        """Return a column's name in the CTE `parsed`.

        Other tables are joined there, which may have a column of the same name.
        """
        sql = self.joined.sql(column)
        return f"source.{sql}" if self._is_joined() else sql

    def checked(self, name: str, column: str, expression: str) -> str:
        """Select a parsed column in `parsed`, so that unreadable values are reported."""
        alias = self.in_parsed(name, expression)
        sql = self.joined.sql(column)
        if name in SCHEMAS[self.proposal.entity].required:
            self.checks.append((sql, alias, comment_text(column)))
        else:
            self.optional_checks.append((sql, alias, name))
        return alias

    def in_parsed(self, name: str, expression: str) -> str:
        """Select an expression in the CTE `parsed`; return its name there."""
        taken = {column.casefold() for column in self.raw}
        while name in taken:
            name = f"{name}_read"
        self.parsed.append((expression, name))
        return name

    def _is_joined(self) -> bool:
        return any(
            isinstance(each.value, LookedUp | Summed | Latest | FirstMatch)
            for each in self.proposal.columns.values()
        )


def read_expression(role: str, kind: str, raw: ColumnProfile, value: FromColumn, sql: str) -> str:
    """Return dbt SQL that reads a column by the macro of its kind.

    Args:
        role: kind of the canonical column, or the field of its words.
        kind: DuckDB type of the canonical column.
        raw: the column.
        value: the column as the proposal has it, its currency as SQL.
        sql: the column's name in SQL.
    """
    if value.currency is not None:
        return amount_expression(raw, sql, value.currency)
    if value.width is not None:
        return padded_expression(sql, value.width)
    return parsed_expression(role, kind, raw, sql)


class _GroupedModel(_Model):
    """Orders grouped from their lines."""

    template = "grouped_orders.sql"
    _GROUPED = ("source_order_id", "source_customer_id", "ordered_at")

    def context(self) -> dict[str, object]:
        """Return the variables of the template beside the columns."""
        proposals = self.proposal.columns
        amount = proposals["net_amount"].value
        # The total of an order that is on each of its lines is read as a column of the order.
        of_order = [*self._GROUPED, *(["net_amount"] if isinstance(amount, FromColumn) else [])]
        lines = [
            _Column(super(_GroupedModel, self).expression(each), each.name, each.questions)
            for each in map(proposals.__getitem__, of_order)
            if each.value is not None
        ]
        sums = [
            _Column(self.added(each.value), name, each.questions)
            for name, each in proposals.items()
            if isinstance(each.value, Added)
        ]
        return {
            "line_columns": lines,
            "sum_columns": sums,
            "amount_questions": proposals["net_amount"].questions,
            "product": self.joined.product(amount) if isinstance(amount, Summed) else None,
        }

    def column(self, proposal: ColumnProposal) -> _Column:
        """Return a canonical column of the grouped orders."""
        if isinstance(proposal.value, Constant):
            return super().column(proposal)
        return _Column(proposal.name, proposal.name, ())

    def from_column(self, name: str, kind: str, role: str, value: FromColumn) -> str:
        """Return dbt SQL of a column of the lines, parsed in place."""
        raw = self.raw[value.column]
        sql = self.joined.sql(value.column)
        if not is_parsed(role, raw):
            return cast_expression(role, kind, raw, sql)
        return read_expression(role, kind, raw, value, sql)
