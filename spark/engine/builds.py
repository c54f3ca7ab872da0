"""Builds of models: a compiled statement becomes files of the lake and the query of their view."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlparse

import duckdb

from spark.engine.column_types import spark_type
from spark.engine.errors import SparkError
from spark.engine.inputs import (
    Inputs,
    Relation,
    address,
    columns_of,
    empty_relations,
    newest_load,
    read_files,
    with_plain_names,
)
from spark.engine.session import Session
from warehouse.lake import Lake

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

# The function of DuckDB by which a materialisation asks for a build.
FUNCTION = "build_on_spark"
_INPUTS = "_inputs"


@dataclass(frozen=True)
class Request:
    """A model to build, as its materialisation asks for it.

    Attributes:
        schema: schema of the model.
        name: its name.
        statement: compiled, in DuckDB's dialect.
        is_incremental: keep the earlier rows, but for those whose key is among the new rows.
        key: columns of the key; none for rows that are only appended.
    """

    schema: str
    name: str
    statement: str
    is_incremental: bool
    key: Sequence[str] = ()

    @property
    def model(self) -> Relation:
        """The model's relation."""
        return Relation(self.schema, self.name)


class Builds:
    """Builds of a run.

    Args:
        con: the working warehouse; each build has a cursor of its own.
        lake: where the files are.
        session: Spark's.
    """

    def __init__(self, con: duckdb.DuckDBPyConnection, lake: Lake, session: Session) -> None:
        """Let the views follow the lake."""
        self._con = con
        self._lake = lake
        self._session = session
        lake.follow(con)

    @contextmanager
    def offered(self) -> Iterator[None]:
        """Offer builds by the function `build_on_spark`, on all connections of the file."""
        # Without declared side effects DuckDB calls it while it plans, in the calling thread. At
        # execution another thread of DuckDB would wait for it in a loop that keeps a core busy. A
        # build that fails is called once more, at execution.
        self._con.create_function(FUNCTION, self._answer, ["VARCHAR"], "VARCHAR")
        try:
            yield
        finally:
            self._con.remove_function(FUNCTION)
            self._session.stop()

    def cancel(self) -> None:
        """Cancel what Spark is doing; the models fail."""
        self._session.cancel()

    def _answer(self, request: str) -> str:
        return self.build(Request(**json.loads(request)))

    def build(self, request: Request) -> str:
        """Build a model, and return the query of its view.

        Nothing that is read changes: the new files count once the view has the query.

        Raises:
            SparkError: Spark cannot start, or the statement failed.
        """
        from py4j.protocol import Py4JError
        from pyspark.errors import PySparkException

        model, lake = request.model, self._lake
        with self._con.cursor() as con:
            lake.sweep(con, model.schema, model.name)
            columns = columns_of(con, request.statement)
            inputs = Inputs(con, lake, lake.root / _INPUTS / model.alias)
            try:
                kept = self._earlier_files(con, inputs, request)
                target = lake.new_folder(model.schema, model.name)
                rows = self._rows(con, inputs, request, columns)
                rows.write.mode("append").parquet(address(target))
                if kept and request.key:
                    kept = _without_keys(self._session.get(), kept, target, columns, request.key)
            except (PySparkException, Py4JError) as error:
                raise SparkError(f"Spark could not build {model.name}: {error}") from error
            finally:
                shutil.rmtree(lake.root / _INPUTS / model.alias, ignore_errors=True)
            return lake.view([*kept, *sorted(target.glob("*.parquet"))], columns)

    def _earlier_files(
        self, con: duckdb.DuckDBPyConnection, inputs: Inputs, request: Request
    ) -> list[Path]:
        """Files with the model's earlier rows, of which a table of the working file becomes one."""
        if not request.is_incremental:
            return []
        model = request.model
        files = self._lake.files(con, model.schema, model.name)
        if files is None:
            path = inputs.write(model, model.columns(con), "true")
            folder = self._lake.new_folder(model.schema, model.name)
            folder.mkdir(mode=0o700, parents=True)
            files = [path.rename(folder / path.name)]
        return files

    def _rows(
        self,
        con: duckdb.DuckDBPyConnection,
        inputs: Inputs,
        request: Request,
        columns: Mapping[str, str],
    ) -> DataFrame:
        """The rows of the statement, with the types that DuckDB gives them."""
        from spark.dialect import to_spark

        # Views of its own, because models are built side by side.
        session = self._session.get().newSession()
        statement, relations = with_plain_names(request.statement)
        after = (
            newest_load(con, request.model, statement)
            if request.is_incremental and "_load_id" in columns
            else None
        )
        for relation in relations:
            inputs.provide(session, relation, after)
        with empty_relations(con, relations) as empty:
            translated = to_spark(statement, empty)
        return session.sql(translated).selectExpr(
            *(f"cast(`{name}` as {spark_type(kind)}) as `{name}`" for name, kind in columns.items())
        )


def _without_keys(
    session: SparkSession,
    files: Sequence[Path],
    new: Path,
    columns: Mapping[str, str],
    key: Sequence[str],
) -> list[Path]:
    """Write the rows of files that have a key of the new rows again, without these keys.

    Args:
        session: the session.
        files: of the earlier rows.
        new: folder of the new rows, into which the other rows of the touched files are written.
        columns: DuckDB type by name.
        key: names of the key's columns.

    Returns:
        The files without any of the keys, which stay as they are.
    """
    keys = read_files(session, [new], columns).select(*key).distinct()
    placed = read_files(session, files, columns).select("*", "_metadata.file_path")
    touched = {
        Path(unquote(urlparse(row.file_path).path))
        for row in placed.join(keys, list(key), "left_semi")
        .select("file_path")
        .distinct()
        .collect()
    }
    if touched:
        rest = read_files(session, sorted(touched), columns).join(keys, list(key), "left_anti")
        rest.select(*columns).write.mode("append").parquet(address(new))
    return [path for path in files if path not in touched]
