"""The dbt project as dbt compiles it, parsed once for the tests of this folder."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest

PROJECT = Path(__file__).parents[3] / "dbt_project"


class Staging:
    """The dbt project, parsed once; without variables every source is enabled."""

    def __init__(self, folder: Path, **variables: Any) -> None:
        self._flags = [
            *(("--vars", json.dumps(variables)) if variables else ()),
            *("--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)),
            *("--target-path", str(folder / "target"), "--log-path", str(folder / "logs")),
            *("--log-level", "none", "--log-level-file", "none"),
        ]
        self.manifest: Manifest = self._invoke(dbtRunner(), "parse")

    def compiled(self, *arguments: str) -> dict[str, str]:
        """SQL by name of the node, of what `dbt compile` with these arguments compiles."""
        done = self._invoke(dbtRunner(self.manifest), "compile", *arguments)
        return {result.node.name: result.node.compiled_code for result in done.results}

    def query(self, sql: str, **variables: Any) -> str:
        """SQL of an inline query, compiled with these dbt variables."""
        arguments = ("--inline", sql, "--vars", json.dumps(variables))
        (compiled,) = self.compiled(*arguments).values()
        return compiled

    def _invoke(self, runner: dbtRunner, *arguments: str) -> Any:
        done = runner.invoke([*arguments, *self._flags])
        DuckDBConnectionManager.close_all_connections()
        assert done.success, done.exception
        return done.result


@pytest.fixture(scope="module")
def staging(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Staging]:
    folder = tmp_path_factory.mktemp("staging")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOLDFAST_WAREHOUSE", str(folder / "warehouse.duckdb"))
        yield Staging(folder)
