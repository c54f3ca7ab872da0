"""Rules of the Python packages: which may import which, how full a folder is, and its tests."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
# What each package may import of the others. `ml` is shipped with each stored model and runs alone.
MAY_IMPORT: dict[str, set[str]] = {
    "ml": set(),
    "demo": set(),
    "golden": set(),
    "deployment": {"ml"},
    "alerts": {"deployment"},
    "brief": {"deployment", "ml"},
    "warehouse": {"deployment", "ml"},
    "spark": {"warehouse", "deployment", "ml"},
    "ingestion": {"warehouse", "deployment", "ml"},
    "erasure": {"brief", "ingestion", "warehouse", "deployment", "ml"},
    "orchestration": {
        "alerts",
        "brief",
        "erasure",
        "ingestion",
        "spark",
        "warehouse",
        "deployment",
        "ml",
    },
    "simulation": {"demo", "orchestration", "deployment", "ml"},
    "cli": {
        "alerts",
        "brief",
        "erasure",
        "simulation",
        "orchestration",
        "ingestion",
        "spark",
        "warehouse",
        "deployment",
        "ml",
    },
    "bi": {"brief", "cli", "orchestration", "warehouse", "deployment", "ml"},
    "evaluation": {"demo", "cli", "orchestration", "ingestion", "warehouse", "deployment", "ml"},
    "benchmarks": {"demo", "cli", "orchestration", "ingestion", "warehouse", "deployment", "ml"},
}
# Libraries with one home: the modules or folders that may import each.
HOME_OF = {
    "altair": ("brief/charts.py",),
    "vl_convert": ("brief/charts.py",),
    "dagster": ("orchestration/", "cli/", "evaluation/", "benchmarks/"),
    "dagster_dbt": ("orchestration/",),
    "dbt": ("orchestration/runtime/dbt.py",),
    "mlflow": ("ml/registry/",),
    "pyspark": ("spark/",),
    "sqlglot": ("spark/",),
}
TESTED = (
    "alerts",
    "bi",
    "ml",
    "demo",
    "brief",
    "deployment",
    "warehouse",
    "ingestion",
    "erasure",
    "orchestration",
    "simulation",
    "spark",
    "cli",
)
# Modules without a test of their own name, and the test that shows them. Glue of Dagster does
# nothing that can be seen without a run.
TESTED_ELSEWHERE = {
    "alerts/fault.py": "unit/alerts/test_delivery.py",
    "alerts/messages.py": "unit/alerts/test_delivery.py",
    "bi/superset/bundle.py": "contracts/test_superset_bundle.py",
    "bi/superset/charts.py": "contracts/test_superset_bundle.py",
    "bi/superset/datasets.py": "contracts/test_superset_bundle.py",
    "bi/superset/description.py": "contracts/test_superset_bundle.py",
    "bi/superset/layout.py": "contracts/test_superset_bundle.py",
    "bi/superset/local_server.py": "bi/test_superset.py",
    "bi/superset/placeholders.py": "bi/test_superset.py",
    "bi/superset/superset_config.py": "bi/test_superset.py",
    "brief/errors.py": "unit/brief/test_archive.py",
    "cli/data_dictionary.py": "contracts/test_data_dictionary.py",
    "cli/doctor/finding.py": "unit/cli/doctor/test_diagnosis.py",
    "cli/erasure_display.py": "integration/test_erasure.py",
    "cli/servers.py": "browser/test_dagster_ui.py",
    "cli/status.py": "unit/cli/test_commands.py",
    "demo/exports.py": "unit/demo/test_generator.py",
    "erasure/erase.py": "integration/test_erasure.py",
    "erasure/errors.py": "integration/test_erasure.py",
    "erasure/kept_files.py": "unit/erasure/test_redeliveries.py",
    "erasure/places/duckdb_files.py": "integration/test_erasure.py",
    "erasure/places/hand_over_files.py": "integration/test_erasure.py",
    "erasure/places/delivered_files.py": "unit/erasure/test_redeliveries.py",
    "erasure/places/landing_files.py": "unit/erasure/test_redeliveries.py",
    "erasure/places/other_files.py": "integration/test_erasure.py",
    "erasure/places/published_file.py": "integration/test_erasure.py",
    "erasure/places/waiting_files.py": "integration/test_erasure.py",
    "erasure/places/warehouse_rows.py": "integration/test_erasure.py",
    "erasure/remains.py": "integration/test_erasure.py",
    "erasure/request.py": "integration/test_erasure.py",
    "erasure/search/person.py": "integration/test_erasure.py",
    "erasure/search/queries.py": "integration/test_erasure.py",
    "erasure/search/rows.py": "integration/test_erasure.py",
    "erasure/search/tables.py": "integration/test_erasure.py",
    "erasure/trained_models.py": "integration/test_erasure.py",
    "ingestion/connect/jinja_text.py": "unit/ingestion/connect/drafts/test_quoting.py",
    "ingestion/connect/mapping/amounts/named_currencies.py": (
        "unit/ingestion/connect/test_named_values.py"
    ),
    "ml/shapley/stored_trees.py": "unit/ml/shapley/test_shapley_tables.py",
    "orchestration/assets/actions.py": "integration/test_actions.py",
    "orchestration/assets/behaviour_groups.py": "integration/test_first_day.py",
    "orchestration/assets/drift.py": "integration/test_drift.py",
    "orchestration/assets/hand_over.py": "integration/test_failing_day.py",
    "orchestration/assets/published.py": "integration/test_failing_day.py",
    "orchestration/assets/published_copies.py": "integration/test_failing_day.py",
    "orchestration/assets/raw.py": "integration/test_failing_day.py",
    "orchestration/assets/scoring.py": "integration/test_first_day.py",
    "orchestration/assets/texts.py": "integration/test_first_day.py",
    "orchestration/assets/training.py": "integration/test_first_day.py",
    "orchestration/assets/uplift.py": "integration/test_actions.py",
    "orchestration/assets/warehouse.py": "integration/test_repeatability.py",
    "orchestration/resources.py": "unit/cli/test_commands.py",
    "orchestration/training/text_model.py": "integration/test_first_day.py",
    "spark/engine/errors.py": "unit/spark/engine/test_builds.py",
    "spark/dialect/errors.py": "unit/spark/dialect/test_expressions.py",
    "spark/scalar_types.py": "unit/spark/engine/test_column_types.py",
    "spark/dialect/same.py": "unit/spark/dialect/test_expressions.py",
    "warehouse/hand_over/outcomes.py": "unit/warehouse/hand_over/test_delivery.py",
    "warehouse/published/copies/copy_report.py": "unit/warehouse/published/copies/test_parquet.py",
    "warehouse/published/copies/postgres_catalogue.py": (
        "unit/warehouse/published/copies/test_postgres.py"
    ),
    "warehouse/pruning/account.py": "unit/warehouse/pruning/test_past_days.py",
    "warehouse/pruning/rows_of_days.py": "integration/test_pruning.py",
}
# A folder that holds more has more than one subject.
FILES_IN_A_FOLDER = 12


def files(*packages: str) -> list[Path]:
    return sorted(path for name in packages for path in (ROOT / name).rglob("*.py"))


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imports(path: Path) -> Iterator[str]:
    """Modules that a file imports, anywhere in it, a name taken from a package included."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def own_imports(path: Path) -> set[str]:
    """Files of this project that a file imports, as paths from the repository's root."""
    modules = (Path(*module.split(".")) for module in imports(path))
    return {
        found.as_posix()
        for module in modules
        for found in (module.with_suffix(".py"), module / "__init__.py")
        if module.parts[0] in MAY_IMPORT and (ROOT / found).exists()
    }


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_a_package_imports_only_those_below_it(package: str) -> None:
    upward = {
        f"{name_of(path)} imports {module}"
        for path in files(package)
        for module in imports(path)
        if (root := module.split(".")[0]) in MAY_IMPORT
        and root not in {package, *MAY_IMPORT[package]}
    }
    assert upward == set()


@pytest.mark.parametrize("library", HOME_OF)
def test_a_library_is_imported_only_where_it_belongs(library: str) -> None:
    elsewhere = {
        name_of(path)
        for path in files(*MAY_IMPORT)
        if any(module.split(".")[0] == library for module in imports(path))
        and not name_of(path).startswith(HOME_OF[library])
    }
    assert elsewhere == set()


def test_no_module_imports_itself_through_others() -> None:
    graph = {name_of(path): own_imports(path) for path in files(*MAY_IMPORT)}
    assert circle(graph) == []


def test_no_folder_imports_itself_through_others() -> None:
    """Folders are units too: two that import each other are one folder with two names.

    A folder and the folders within it are one unit.
    """
    graph: dict[str, set[str]] = {}
    for path in files(*MAY_IMPORT):
        folder = path.parent.relative_to(ROOT).as_posix()
        others = {Path(name).parent.as_posix() for name in own_imports(path)}
        graph.setdefault(folder, set()).update(
            other
            for other in others
            if not f"{other}/".startswith(f"{folder}/") and not f"{folder}/".startswith(f"{other}/")
        )
    assert circle(graph) == []


def circle(graph: dict[str, set[str]]) -> list[str]:
    """The first circle that is found, or nothing."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_a_folder_holds_a_dozen_files_at_most() -> None:
    folders = {path.parent for path in files(*MAY_IMPORT)}
    full = {
        name_of(folder): count
        for folder in folders
        if (count := sum(path.name != "__init__.py" for path in folder.glob("*.py")))
        > FILES_IN_A_FOLDER
    }
    assert full == {}


def test_each_folder_says_in_a_docstring_what_belongs_there_and_what_does_not() -> None:
    silent = [
        name_of(path)
        for path in files(*MAY_IMPORT)
        if path.name == "__init__.py"
        and " not " not in (ast.get_docstring(ast.parse(path.read_text("utf-8"))) or "")
    ]
    without = [
        name_of(folder)
        for folder in {path.parent for path in files(*MAY_IMPORT)}
        if not (folder / "__init__.py").exists()
    ]
    assert (silent, without) == ([], [])


def test_each_module_has_a_test_of_its_own_name_or_is_named_with_another() -> None:
    untested = {
        name_of(path)
        for path in files(*TESTED)
        if path.name not in ("__init__.py", "__main__.py") and not expected_test(path).exists()
    }
    assert untested == set(TESTED_ELSEWHERE)
    assert [
        test for test in TESTED_ELSEWHERE.values() if not (ROOT / "tests" / test).exists()
    ] == []


def expected_test(path: Path) -> Path:
    """Where the tests of a module stand: below tests/unit as the module stands in the tree."""
    return ROOT / "tests/unit" / path.relative_to(ROOT).with_name(f"test_{path.name}")
