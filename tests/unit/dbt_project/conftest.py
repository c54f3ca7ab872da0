"""The dbt project as dbt compiles it, parsed once for the tests of this folder."""

from __future__ import annotations

import json
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest

from deployment.project import DBT_PROJECT


class ParsedProject:
    """The dbt project, parsed once; without variables every source is enabled.

    Args:
        folder: where dbt writes, and the warehouse that compiled models are for.
        variables: dbt variables of every invocation.
    """

    def __init__(self, folder: Path, **variables: Any) -> None:
        self.warehouse = folder / "warehouse.duckdb"
        self._variables = variables
        self._flags = [
            *("--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT)),
            *("--target-path", str(folder / "target"), "--log-path", str(folder / "logs")),
            *("--log-level", "none", "--log-level-file", "none", "--no-write-json"),
        ]
        self.manifest: Manifest = self._invoke(dbtRunner(), ["parse"], {})

    def compiled(self, *arguments: str, **variables: Any) -> dict[str, str]:
        """SQL by name of the node, of what `dbt compile` with these arguments compiles."""
        done = self._invoke(dbtRunner(self.own_manifest()), ["compile", *arguments], variables)
        return {result.node.name: str(result.node.compiled_code) for result in done.results}

    def own_manifest(self) -> Manifest:
        """The manifest with a copy of its nodes, for one invocation.

        dbt keeps what it compiled in the nodes, and would use it again with other variables.
        """
        return replace(self.manifest, nodes=deepcopy(self.manifest.nodes))

    def query(self, sql: str, **variables: Any) -> str:
        """SQL of an inline query, compiled with these dbt variables."""
        (compiled,) = self.compiled("--inline", sql, **variables).values()
        return compiled

    def _invoke(self, runner: dbtRunner, arguments: Sequence[str], variables: Any) -> Any:
        variables = {**self._variables, **variables}
        given = ("--vars", json.dumps(variables)) if variables else ()
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("HOLDFAST_WAREHOUSE", str(self.warehouse))
            done = runner.invoke([*arguments, *given, *self._flags])
            DuckDBConnectionManager.close_all_connections()
        assert done.success, done.exception
        return done.result


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> ParsedProject:
    return ParsedProject(tmp_path_factory.mktemp("project"))
