"""A SELECT of DuckDB as one of Apache Spark."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable

import duckdb
import sqlglot
from sqlglot import exp
from sqlglot.errors import ErrorLevel, SqlglotError
from sqlglot.optimizer.qualify import qualify
from sqlglot.schema import MappingSchema

from spark.dialect.binding.expression_types import ExpressionTypes
from spark.dialect.binding.relations import Columns, columns_of
from spark.dialect.binding.statement_types import StatementTypes, table_key
from spark.dialect.errors import UnsupportedConstructError
from spark.dialect.expressions import apply_rules
from spark.dialect.queries.asof_joins import join_nearest
from spark.dialect.queries.by_name import unite_by_position
from spark.dialect.queries.named_windows import write_out_windows
from spark.dialect.queries.nested_names import name_apart
from spark.dialect.queries.qualified_rows import filter_outside
from spark.dialect.queries.row_generators import generate_rows
from spark.dialect.queries.semi_joins import join_by_exists
from spark.dialect.queries.type_branches import keep_branch_of_type
from spark.dialect.queries.variables import write_out_variables

# A table without a schema gets this one while names are resolved.
_NO_SCHEMA = "no_schema"
# Concatenations of hundreds of texts are trees of that depth.
_RECURSION = 20_000
_STACK_BYTES = 512 * 1024 * 1024


def to_spark(sql: str, relations: duckdb.DuckDBPyConnection) -> str:
    """Translate a SELECT of DuckDB for Spark 4 in ANSI mode and the session time zone UTC.

    The rows are those of DuckDB, floating-point numbers to a relative difference of 1e-9. Tables
    are named by schema and name, without a catalog.

    Args:
        sql: one SELECT, with its CTEs.
        relations: has the tables or views that the statement reads, of which only the columns'
            types are read, so all may be empty; and the variables that it reads.

    Raises:
        UnsupportedConstructError: a part has no translation with the same result.
    """
    return _deep(lambda: _translated(sql, relations))


def _translated(sql: str, relations: duckdb.DuckDBPyConnection) -> str:
    tree = _parsed(sql)
    write_out_variables(tree, relations)
    join_by_exists(tree)
    write_out_windows(tree)
    tables = _columns_of_tables(tree, relations)
    tree = _qualified(tree, tables)
    tree = filter_outside(tree)
    StatementTypes(ExpressionTypes(relations), tables).note(tree)
    keep_branch_of_type(tree)
    generate_rows(tree)
    join_nearest(tree)
    tree = apply_rules(tree)
    unite_by_position(tree)
    name_apart(tree)
    for table in tree.find_all(exp.Table):
        if table.db == _NO_SCHEMA:
            table.set("db", None)
    return tree.sql("spark", identify=True, pretty=True, unsupported_level=ErrorLevel.RAISE)


def _parsed(sql: str) -> exp.Expr:
    try:
        tree = sqlglot.parse_one(sql, read="duckdb")
    except SqlglotError as error:
        raise UnsupportedConstructError("the statement", "sqlglot cannot read it") from error
    for node in tree.walk():
        node.comments = None
    for table in tree.find_all(exp.Table):
        table.set("catalog", None)
    for with_ in tree.find_all(exp.With):
        if with_.recursive:
            raise UnsupportedConstructError("with recursive", "No single query does the same")
    return tree


def _tables(tree: exp.Expr) -> list[exp.Table]:
    """Tables that are no CTE; one without a schema could be either."""
    names = {each.alias for each in tree.find_all(exp.CTE)}
    return [
        each
        for each in tree.find_all(exp.Table)
        if isinstance(each.this, exp.Identifier) and (each.db or each.name not in names)
    ]


def _columns_of_tables(tree: exp.Expr, relations: duckdb.DuckDBPyConnection) -> dict[str, Columns]:
    """Columns of the tables that a statement reads; each of them gets a schema."""
    found: dict[str, Columns] = {}
    for table in _tables(tree):
        columns = columns_of(table, relations)
        if not table.db:
            table.set("db", exp.to_identifier(_NO_SCHEMA))
        found[table_key(table)] = columns
    return found


def _qualified(tree: exp.Expr, tables: dict[str, Columns]) -> exp.Expr:
    """The tree with every column under its table's name and every star written out."""
    schema = MappingSchema(dialect="duckdb")
    for key, columns in tables.items():
        db, _, name = key.partition(".")
        named = exp.table_(name, db=db, quoted=True)
        schema.add_table(named, dict(columns), dialect="duckdb", normalize=False)
    try:
        return qualify(
            tree, schema=schema, dialect="duckdb", identify=False, quote_identifiers=False
        )
    except SqlglotError as error:
        raise UnsupportedConstructError("a name", f"It cannot be resolved ({error})") from error


def _deep(work: Callable[[], str]) -> str:
    """The result of work that recurs deeply, done in a thread with a stack for it."""
    results: list[str] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(work())
        except BaseException as error:
            errors.append(error)

    before = sys.getrecursionlimit()
    size = threading.stack_size(_STACK_BYTES)
    try:
        sys.setrecursionlimit(_RECURSION)
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
    finally:
        sys.setrecursionlimit(before)
        threading.stack_size(size)
    if errors:
        raise errors[0]
    return results[0]
