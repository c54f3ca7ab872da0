"""Rules of all packages: one direction of imports, no clock, no forbidden import."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from deployment.config_file import load_config
from deployment.project import CONFIG

ROOT = Path(__file__).parent.parent.parent
LAYERS = (
    "staging",
    "intermediate",
    "texts",
    "marts",
    "features",
    "labels",
    "warnings",
    "examples",
    "experiments",
    "predictions",
    "calibration",
    "actions",
    "hand_over",
    "activation",
    "feedback",
    "ops",
    "metrics",
)


def modules(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


@pytest.mark.parametrize("path", modules("ml"), ids=lambda path: path.name)
def test_ml_knows_neither_dagster_nor_dbt_nor_the_warehouse(path: Path) -> None:
    roots = {name.split(".")[0] for name in imported(path)}
    assert not roots & {"dagster", "dagster_dbt", "dbt", "duckdb", "orchestration", "demo"}


@pytest.mark.parametrize("path", modules("golden"), ids=lambda path: path.name)
def test_the_comparison_of_trees_imports_nothing_of_the_tree_that_it_judges(path: Path) -> None:
    own = {folder.parent.name for folder in ROOT.glob("*/__init__.py")} - {"golden"}
    assert own >= {"demo", "ml", "orchestration"}
    assert not own & {name.split(".")[0] for name in imported(path)}


def test_only_the_registry_imports_mlflow() -> None:
    users = {
        path.parent.relative_to(ROOT).as_posix()
        for package in ("ml", "orchestration", "demo")
        for path in modules(package)
        if any(name.split(".")[0] == "mlflow" for name in imported(path))
    }
    assert users == {"ml/registry"}


@pytest.mark.parametrize(
    "command",
    [
        ["status"],
        ["doctor"],
        ["brief"],
        ["connect", "shop", "--from", "nowhere", "--dry-run"],
        ["accept-drift", "--date", "2026-06-30", "--feature", "plan"],
    ],
    ids=lambda command: str(command[0]),
)
def test_commands_that_run_no_job_import_neither_dbt_nor_what_models_are_made_of(
    tmp_path: Path, command: list[str]
) -> None:
    script = (
        "import sys; from cli.commands import app\n"
        "try: app()\n"
        "except SystemExit: pass\n"
        "slow = {'altair', 'dagster_dbt', 'dbt', 'mlflow', 'optuna', 'scipy', 'sklearn'}\n"
        "slow.add('xgboost')\n"
        "print(slow & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *command],
        cwd=ROOT,
        env={**os.environ, "HOLDFAST_HOME": str(tmp_path), "HOLDFAST_CONFIG": "config/demo.yml"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.endswith("set()\n")


def test_nothing_saves_a_model_as_a_pickle() -> None:
    users = [
        path.name
        for package in ("ml", "orchestration")
        for path in modules(package)
        if {"pickle", "cloudpickle", "joblib"} & {n.split(".")[0] for n in imported(path)}
    ]
    assert users == []


def test_no_model_calls_the_clock() -> None:
    clocks = re.compile(
        r"\b(current_date|current_timestamp|now\(\)|today\(\)|getdate)", re.IGNORECASE
    )
    callers = [
        path.relative_to(ROOT).as_posix()
        for folder in ("models", "macros", "tests")
        for path in (ROOT / "dbt_project" / folder).rglob("*.sql")
        if clocks.search(
            re.sub(r"\{#.*?#\}|--[^\n]*", "", path.read_text("utf-8"), flags=re.DOTALL)
        )
    ]
    assert callers == []


def test_scores_are_read_by_the_layers_after_predictions_alone(
    manifest: dict[str, Any],
) -> None:
    # Scores of texts describe written texts and predict nothing, so every layer may read them.
    about_texts = (".text_scores", ".complaint_terms", "__text_scores", "__complaint_terms")
    allowed = {"predictions", "calibration", "actions", "hand_over", "activation", "feedback"}
    readers = {
        node["fqn"][1]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model"
        and any(
            (parent.startswith("source.holdfast.ml.") or ".stg_ml__" in parent)
            and not parent.endswith(about_texts)
            for parent in node["depends_on"]["nodes"]
        )
    }
    assert readers <= allowed


def test_models_read_only_from_their_own_layer_and_those_before_it(
    manifest: dict[str, Any],
) -> None:
    backward = []
    for node in manifest["nodes"].values():
        if node["resource_type"] != "model":
            continue
        for parent in node["depends_on"]["nodes"]:
            above = manifest["nodes"].get(parent)
            if above is None or above["resource_type"] != "model":
                continue
            layer, above_layer = node["fqn"][1], above["fqn"][1]
            if LAYERS.index(above_layer) > LAYERS.index(layer):
                backward.append(f"{node['name']} reads {above['name']}")
    assert backward == []


def test_every_source_has_freshness_and_every_model_a_description(
    manifest: dict[str, Any],
) -> None:
    stale = [
        source["unique_id"]
        for source in manifest["sources"].values()
        if source["schema"].startswith("raw_") and not source["freshness"]
    ]
    bare = [
        node["name"]
        for node in manifest["nodes"].values()
        if node["resource_type"] in ("model", "seed") and not node["description"]
    ]
    assert (stale, bare) == ([], [])


def test_a_staging_folder_is_enabled_exactly_where_its_source_is_configured(
    manifest: dict[str, Any],
) -> None:
    wrong = []
    for folder in (ROOT / "dbt_project" / "models" / "staging").iterdir():
        condition = f"{{{{ '{folder.name}' in var('sources', ['{folder.name}']) }}}}"
        described = {
            entry["name"]: entry.get("config", {}).get("enabled")
            for path in folder.glob("*.yml")
            for kind, entries in yaml.safe_load(path.read_text(encoding="utf-8")).items()
            if kind in ("models", "sources")
            for entry in entries
        }
        names = {folder.name, *(path.stem for path in folder.glob("*.sql"))}
        wrong += [name for name in names if described.get(name) != condition]
    assert wrong == []
    built = {
        node["fqn"][2]
        for kind in ("nodes", "sources")
        for node in manifest[kind].values()
        if node["fqn"][1] == "staging" and node["resource_type"] in ("model", "source")
    }
    assert built == set(load_config(CONFIG / "demo.yml").sources)


def test_no_committed_file_names_a_registry_or_a_path_of_a_machine() -> None:
    hosts = re.compile(
        "|".join(map(re.escape, ("py" + "pi.org", "python" + "hosted", "npm" + "js.")))
    )
    named = [
        path.relative_to(ROOT).as_posix()
        for path in (*ROOT.glob("*.lock"), ROOT / "bi/superset/requirements.lock")
        if hosts.search(path.read_text(encoding="utf-8"))
    ]
    assert named == []
