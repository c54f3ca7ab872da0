import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pytest
from dagster_dbt import dbt_assets

from deployment.config import DeploymentConfig, deployment_vars
from deployment.home import Home
from orchestration.runtime import dbt
from orchestration.runtime.dbt import Dbt, TransformError
from orchestration.translator import LayerTranslator

# With statistics on, dbt writes a file of its own beside the project's.
PROJECT = """
name: small
profile: holdfast
model-paths: [models]
flags: {send_anonymous_usage_stats: false}
"""
PROFILE = "holdfast: {target: w, outputs: {w: {type: duckdb, path: ':memory:'}}}\n"
WAREHOUSE_PROFILE = PROFILE.replace("':memory:'", "\"{{ env_var('HOLDFAST_WAREHOUSE') }}\"")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A dbt project of one model."""
    folder = tmp_path / "project"
    (folder / "models").mkdir(parents=True)
    (folder / "dbt_project.yml").write_text(PROJECT)
    (folder / "profiles.yml").write_text(PROFILE)
    (folder / "models" / "one.sql").write_text("select 1 as a")
    return folder


def models(manifest: Mapping[str, Any]) -> list[str]:
    return sorted(node["name"] for node in manifest["nodes"].values())


@pytest.fixture
def parses(monkeypatch: pytest.MonkeyPatch) -> list[Dbt]:
    """The projects that were parsed, in a process that has read none before."""
    parsed: list[Dbt] = []
    parse = Dbt.parse

    def counted(self: Dbt) -> dbt.ParsedProject:
        parsed.append(self)
        return parse(self)

    monkeypatch.setattr(Dbt, "parse", counted)
    monkeypatch.setattr(dbt, "_READ", {})
    return parsed


def test_a_project_is_parsed_once_and_again_when_a_file_changes(
    project: Path, tmp_path: Path, parses: list[Dbt], monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Home(tmp_path / "home").create()
    first = Dbt(home, {}, project).manifest()
    assert models(first) == ["one"]
    monkeypatch.setattr(dbt, "_READ", {})
    assert Dbt(home, {}, project).manifest() == first
    assert len(parses) == 1

    (project / "models" / "two.sql").write_text("select 2 as b")
    assert models(Dbt(home, {}, project).manifest()) == ["one", "two"]
    assert len(parses) == 2


def test_another_home_of_the_same_process_stores_the_project_without_parsing(
    project: Path, tmp_path: Path, parses: list[Dbt]
) -> None:
    homes = [Home(tmp_path / name).create() for name in ("one", "other")]
    assert len({json.dumps(Dbt(home, {}, project).manifest()) for home in homes}) == 1
    assert len(parses) == 1
    assert all((home.dbt_target / "manifest.json").exists() for home in homes)


def test_an_interrupted_write_is_parsed_again(
    project: Path, tmp_path: Path, parses: list[Dbt], monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Home(tmp_path / "home").create()
    Dbt(home, {}, project).manifest()
    (home.dbt_target / "manifest.stamp").unlink()
    (home.dbt_target / "manifest.msgpack").write_bytes(b"half")
    monkeypatch.setattr(dbt, "_READ", {})
    assert models(Dbt(home, {}, project).manifest()) == ["one"]
    assert len(parses) == 2


def test_a_project_that_cannot_be_parsed_is_named_with_the_reason(
    project: Path, tmp_path: Path, parses: list[Dbt]
) -> None:
    (project / "models" / "one.sql").write_text("select * from {{ ref('nowhere') }}")
    with pytest.raises(TransformError, match=r"cannot parse .*project: (.|\n)*nowhere"):
        Dbt(Home(tmp_path / "home").create(), {}, project).manifest()


def test_the_demo_project_is_the_same_whether_parsed_or_stored(
    demo_config: DeploymentConfig,
    empty_home: Home,
    manifest: Mapping[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(dbt, "_READ", {})
    stored = Dbt(empty_home, deployment_vars(demo_config))
    assert stored.manifest() == manifest


def unchanged_assets(build: dg.AssetsDefinition, dbt: Dbt) -> dict[str, bool]:
    """Build all, and return for each asset whether it was left as it was."""
    result = dg.materialize([build], resources={"dbt": dbt})
    return {
        event.materialization.asset_key.path[-1]: "unchanged" in event.materialization.metadata
        for event in result.get_asset_materialization_events()
    }


def test_seeds_and_views_are_built_when_the_project_has_changed(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Home(tmp_path / "home").create()
    monkeypatch.setenv("HOLDFAST_WAREHOUSE", str(home.warehouse))
    (project / "profiles.yml").write_text(WAREHOUSE_PROFILE)
    (project / "seeds").mkdir()
    (project / "seeds" / "words.csv").write_text("word\nrefund\n")
    (project / "models" / "one.sql").write_text(
        "{{ config(materialized='table') }} select * from {{ ref('words') }}"
    )
    view = project / "models" / "shown.sql"
    view.write_text("{{ config(materialized='view') }} select * from {{ ref('one') }}")
    dbt_project = Dbt(home, {}, project)
    manifest, translator = dbt_project.manifest(), LayerTranslator("analytics")

    @dbt_assets(manifest=manifest, dagster_dbt_translator=translator)
    def build(context: dg.AssetExecutionContext, dbt: dg.ResourceParam[Dbt]) -> Iterator[Any]:
        yield from dbt.build(context, manifest, translator)

    everything = {"words": False, "one": False, "shown": False}
    kept = {"words": True, "one": False, "shown": True}
    assert unchanged_assets(build, dbt_project) == everything
    assert unchanged_assets(build, dbt_project) == kept
    view.write_text("{{ config(materialized='view') }} select word as w from {{ ref('one') }}")
    assert unchanged_assets(build, dbt_project) == everything
    assert unchanged_assets(build, dbt_project) == kept
    with duckdb.connect(str(home.warehouse)) as con:
        assert con.execute("select w from main.shown").fetchall() == [("refund",)]
