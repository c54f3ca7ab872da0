"""Staging model of an entity: the SQL that a person would have written, with TODOs."""

from __future__ import annotations

from dataclasses import dataclass

from ingestion.connect.drafts.column_expressions import (
    STATUS,
    cast_expression,
    is_parsed,
    local_time,
    parsed_expression,
)
from ingestion.connect.drafts.joined_tables import JoinedTables
from ingestion.connect.drafts.quoting import comment_text, dbt_text
from ingestion.connect.drafts.templates import rendered
from ingestion.connect.mapping.proposal import (
    ColumnProposal,
    Constant,
    EntityProposal,
    FromColumn,
    FromColumns,
    LookedUp,
    Summed,
)
from ingestion.connect.profiling.entities import SCHEMAS, TIME
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

    def text(self) -> str:
        """Return the model's SQL."""
        columns = self.proposal.columns.values()
        missing = [each for each in columns if each.value is None]
        return rendered(
            self.template,
            source=self.name,
            table=self.proposal.table,
            questions=self.proposal.questions,
            columns=[self.column(each) for each in columns if each.value is not None],
            missing=missing,
            unmapped=[each.name for each in missing if not each.questions],
            **self.context(),
        )

    def context(self) -> dict[str, object]:
        """Return the variables of the template beside the columns."""
        joined = self.joined
        return {
            "lookups": joined.lookups,
            "totals": joined.totals,
            "joins": [*joined.lookup_joins, *joined.total_joins],
            "parsed": self.parsed,
            "checks": self.checks,
        }

    def column(self, proposal: ColumnProposal) -> _Column:
        """Return a canonical column, after its tables are joined and its values parsed."""
        return _Column(self.expression(proposal), proposal.name, proposal.questions)

    def expression(self, proposal: ColumnProposal) -> str:
        """Return dbt SQL of a canonical column."""
        value = proposal.value
        kind, role = SCHEMAS[self.proposal.entity].columns[proposal.name]
        if isinstance(value, Constant):
            return f"cast({value.sql} as double)" if kind == "double" else value.sql
        if isinstance(value, FromColumns):
            return dbt_text(" || '-' || ".join(map(self.joined.sql, value.columns)))
        if isinstance(value, LookedUp):
            return self.in_parsed(proposal.name, dbt_text(self.joined.look_up(value)))
        if isinstance(value, Summed):
            return self.in_parsed(proposal.name, self.joined.add_up(value))
        assert isinstance(value, FromColumn)
        if (self.proposal.entity, proposal.name) == ("orders", "status"):
            role = STATUS
        return self.from_column(proposal.name, kind, role, value.column)

    def from_column(self, name: str, kind: str, role: str, column: str) -> str:
        """Return dbt SQL of one column of the table."""
        raw = self.raw[column]
        sql = self.joined.sql(column)
        if not is_parsed(role, raw):
            return cast_expression(role, kind, raw, sql)
        # In the CTE `parsed` other tables are joined, which may have a column of the same name.
        qualified = f"source.{sql}" if self._is_joined() else sql
        alias = self.in_parsed(name, parsed_expression(role, kind, raw, qualified))
        self.checks.append((sql, alias, comment_text(column)))
        return local_time(raw, alias) if role == TIME else alias

    def in_parsed(self, name: str, expression: str) -> str:
        """Select an expression in the CTE `parsed`; return its name there."""
        taken = {column.casefold() for column in self.raw}
        while name in taken:
            name = f"{name}_read"
        self.parsed.append((expression, name))
        return name

    def _is_joined(self) -> bool:
        return any(
            isinstance(each.value, LookedUp | Summed) for each in self.proposal.columns.values()
        )


class _GroupedModel(_Model):
    """Orders grouped from their lines."""

    template = "grouped_orders.sql"
    _GROUPED = ("source_order_id", "source_customer_id", "ordered_at")

    def context(self) -> dict[str, object]:
        """Return the variables of the template beside the columns."""
        proposals = self.proposal.columns
        amount = proposals["net_amount"].value
        assert isinstance(amount, Summed)
        lines = [
            _Column(super(_GroupedModel, self).expression(each), each.name, each.questions)
            for each in map(proposals.__getitem__, self._GROUPED)
            if each.value is not None
        ]
        return {
            "line_columns": lines,
            "product": dbt_text(self.joined.product(amount, "decimal(18, 4)")),
        }

    def column(self, proposal: ColumnProposal) -> _Column:
        """Return a canonical column of the grouped orders."""
        if isinstance(proposal.value, Constant):
            return super().column(proposal)
        return _Column(proposal.name, proposal.name, ())

    def from_column(self, name: str, kind: str, role: str, column: str) -> str:
        """Return dbt SQL of a column of the lines, parsed in place."""
        raw = self.raw[column]
        sql = self.joined.sql(column)
        if not is_parsed(role, raw):
            return cast_expression(role, kind, raw, sql)
        return parsed_expression(role, kind, raw, sql)
