"""DuckDB's type of each expression of a qualified statement, noted at its node."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sqlglot import exp

import spark.dialect.types as types
from spark.dialect.binding.expression_types import ExpressionTypes
from spark.dialect.binding.relations import Columns
from spark.dialect.errors import UnsupportedConstructError
from spark.dialect.tree import note_type, type_of

# Sources by their names, each with its columns.
Sources = Mapping[str, Columns]
# Conditions in sqlglot's sense that have no type of their own.
_PARTS = (exp.Boolean, exp.If, exp.Literal, exp.Null, exp.Paren)
_ROW = "row"
# They change which rows are counted, and not the type.
_AROUND = (exp.Filter, exp.IgnoreNulls, exp.Window, exp.WithinGroup)


class StatementTypes:
    """Notes the types of a statement, each query after those that it reads."""

    def __init__(self, expressions: ExpressionTypes, tables: Sources) -> None:
        """Begin without types.

        Args:
            expressions: the types of operators and functions.
            tables: columns of the tables that the statement reads, by their full names.
        """
        self._expressions = expressions
        self._tables = tables

    def note(self, query: exp.Expr) -> None:
        """Note the types of all expressions of a statement."""
        self._query(query, {}, {})

    def _query(self, query: exp.Expr, named: Sources, outer: Sources) -> Columns:
        """Note the types within a query, and return those of its columns."""
        named = {**named}
        with_ = query.args.get("with_")
        for cte in with_.expressions if with_ else ():
            found = self._query(cte.this, named, outer)
            named[cte.alias] = _renamed(found, cte.args.get("alias"))
        if isinstance(query, exp.Subquery):
            return self._query(query.this, named, outer)
        if isinstance(query, exp.SetOperation):
            return self._set_operation(query, named, outer)
        if isinstance(query, exp.Select):
            return self._select(query, named, outer)
        raise UnsupportedConstructError(type(query).__name__, "No query of this kind is translated")

    def _set_operation(self, query: exp.SetOperation, named: Sources, outer: Sources) -> Columns:
        left = self._query(query.this, named, outer)
        right = self._query(query.expression, named, outer)
        if query.args.get("by_name"):
            pairs = [
                (name, left.get(name, types.NULL), right.get(name, types.NULL))
                for name in dict.fromkeys((*left, *right))
            ]
        else:
            pairs = [
                (name, kind, other)
                for (name, kind), other in zip(left.items(), right.values(), strict=True)
            ]
        return {name: self._expressions.of_union(kind, other) for name, kind, other in pairs}

    def _select(self, select: exp.Select, named: Sources, outer: Sources) -> Columns:
        visible = dict(outer)
        for source in _sources(select):
            visible[source.alias_or_name] = self._source(source, named, visible)
        outputs: dict[str, str] = {}
        visit = _Visit(self, named, visible, outputs)
        for projection in select.expressions:
            visit.expression(projection)
            outputs[projection.alias_or_name] = type_of(projection)
        for key, value in select.args.items():
            if key in ("joins", "laterals"):
                for join in value or ():
                    visit.parts(join, without=("this",))
            elif key not in ("expressions", "from_", "with_"):
                visit.argument(value)
        return outputs

    def _source(self, source: exp.Expr, named: Sources, visible: Sources) -> Columns:
        alias = source.args.get("alias")
        if isinstance(source, exp.Table) and isinstance(source.this, exp.Identifier):
            known = named.get(source.name) if not source.db else None
            return _renamed(known or self._tables[table_key(source)], alias)
        if isinstance(source, exp.Subquery):
            return _renamed(self._query(source, named, visible), alias)
        if isinstance(source, exp.Values):
            return self._values(source, named, visible)
        if isinstance(source, exp.Lateral | exp.Table):
            return self._function(source, source.this, named, visible)
        if isinstance(source, exp.Unnest):
            return self._function(source, source.expressions[0], named, visible)
        raise UnsupportedConstructError(type(source).__name__, "No source of this kind is known")

    def _values(self, values: exp.Values, named: Sources, visible: Sources) -> Columns:
        visit = _Visit(self, named, visible, {})
        kinds: list[str] = []
        for row in values.expressions:
            visit.parts(row)
            found = [type_of(each) for each in row.expressions]
            kinds = (
                [self._expressions.of_union(*pair) for pair in zip(kinds, found, strict=True)]
                if kinds
                else found
            )
        names = [f"col{place}" for place in range(len(kinds))]
        return _renamed(dict(zip(names, kinds, strict=True)), values.args.get("alias"))

    def _function(
        self, source: exp.Expr, function: exp.Expr, named: Sources, visible: Sources
    ) -> Columns:
        """A table function: its rows are the elements of a list."""
        if isinstance(function, exp.Subquery):
            return _renamed(self._query(function, named, visible), source.args.get("alias"))
        _Visit(self, named, visible, {}).expression(function)
        name = series_column(function)
        return _renamed({name: types.element_type(type_of(function))}, source.args.get("alias"))


class _Visit:
    """The expressions of one select."""

    def __init__(
        self, statement: StatementTypes, named: Sources, visible: Sources, outputs: Columns
    ) -> None:
        self._statement = statement
        self._named = named
        self._visible = visible
        self._outputs = outputs
        self._parameters: dict[str, str] = {}

    def expression(self, node: exp.Expr) -> None:
        """Note the type of an expression and of its parts."""
        if isinstance(node, exp.Column):
            note_type(node, self._column(node))
        elif isinstance(node, exp.Identifier):
            if node.name in self._parameters:
                note_type(node, self._parameters[node.name])
        elif isinstance(node, exp.Query):
            columns = self._statement._query(node, self._named, self._visible)  # noqa: SLF001
            note_type(node, next(iter(columns.values())))
        elif isinstance(node, exp.Alias | exp.Lambda):
            self.expression(node.this)
        else:
            self._operator(node)

    def _operator(self, node: exp.Expr) -> None:
        lambdas = [each for each in node.iter_expressions() if isinstance(each, exp.Lambda)]
        if lambdas and isinstance(node.this, exp.Expr):
            self.expression(node.this)
            self._bind(lambdas[0], type_of(node.this))
        self.parts(node)
        if isinstance(node, exp.Tuple) or node.name == _ROW:
            note_type(node, _row_type(node))
        elif isinstance(node, exp.Explode):
            note_type(node, types.element_type(type_of(node.this)))
        elif isinstance(node, _AROUND):
            note_type(node, type_of(node.this))
        elif isinstance(node, exp.Condition) and not isinstance(node, _PARTS):
            note_type(node, self._statement._expressions.of(node))  # noqa: SLF001

    def _bind(self, function: exp.Lambda, of_list: str) -> None:
        kinds = [types.element_type(of_list) if types.is_list(of_list) else "", types.BIGINT]
        for parameter, kind in zip(function.expressions, kinds, strict=False):
            self._parameters[parameter.name] = kind

    def parts(self, node: exp.Expr, without: tuple[str, ...] = ()) -> None:
        """Note the types of a node's parts."""
        for key, value in node.args.items():
            if key not in without:
                self.argument(value)

    def argument(self, value: object) -> None:
        """Note the types within an argument, which may be a list."""
        for each in value if isinstance(value, list) else (value,):
            if isinstance(each, exp.Expr):
                self.expression(each)

    def _column(self, column: exp.Column) -> str:
        if column.table:
            found = self._visible.get(column.table, {}).get(column.name)
        else:
            found = self._parameters.get(column.name) or self._outputs.get(column.name)
        if found is None:
            raise UnsupportedConstructError(column.sql("duckdb"), "no source has this column")
        return found


def _row_type(node: exp.Expr) -> str:
    """The type of a row without names; no cast can name it, so its fields get some."""
    kinds = [type_of(each) for each in node.expressions]
    if types.UNKNOWN in kinds:
        return types.UNKNOWN
    fields = [f"f{place} {kind}" for place, kind in enumerate(kinds)]
    return f"STRUCT({', '.join(fields)})"


def table_key(table: exp.Table) -> str:
    """The name of a table with its schema."""
    return f"{table.db}.{table.name}"


def series_column(function: exp.Expr) -> str:
    """The name that DuckDB gives the column of a table function."""
    if isinstance(function, exp.GenerateSeries):
        return "range" if function.args.get("is_end_exclusive") else "generate_series"
    return "unnest"


def _sources(select: exp.Select) -> Iterator[exp.Expr]:
    from_ = select.args.get("from_")
    if from_ is not None:
        yield from_.this
    for join in select.args.get("joins") or ():
        yield join.this
    yield from select.args.get("laterals") or ()


def _renamed(columns: Columns, alias: exp.Expr | None) -> Columns:
    """Columns under the names that an alias gives the first of them."""
    names = [each.name for each in alias.args.get("columns") or ()] if alias else []
    return dict(zip([*names, *list(columns)[len(names) :]], columns.values(), strict=True))
