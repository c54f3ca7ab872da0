"""The bundle: databases, datasets, charts and dashboards as the files that Superset imports.

The bundle in the repository is written by `python -m bi.superset`; a contract test compares them.
Importing it does not belong here (`local_server.py`).
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from bi.superset import charts, layout
from bi.superset.datasets import DATABASE, bind, stable_uuid
from bi.superset.description import FOLDER, dashboards, datasets
from bi.superset.placeholders import PUBLISHED_FILE
from warehouse.published.metrics import metrics_from_manifest

BUNDLE = FOLDER / "bundle"


def bundle(manifest: Mapping[str, Any]) -> dict[str, str]:
    """The files of the bundle by their path in it.

    Raises:
        BundleError: the descriptions do not fit the dbt project or each other.
        MetricError: a metric cannot be written as SQL.
    """
    return {
        path: yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=100)
        for path, content in _contents(manifest)
    }


def _contents(manifest: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    yield "metadata.yaml", {"version": "1.0.0", "type": "assets"}
    yield f"databases/{DATABASE}.yaml", _database()
    bound = bind(datasets(), manifest, metrics_from_manifest(manifest))
    for name, dataset in bound.items():
        yield f"datasets/{DATABASE}/{name}.yaml", dataset.export()
    for name, dashboard in dashboards().items():
        for chart in dashboard.charts:
            title = "".join(each if each.isalnum() else "_" for each in chart.title.lower())
            yield f"charts/{name}__{title}.yaml", charts.export(name, chart, bound)
        yield f"dashboards/{name}.yaml", layout.export(name, dashboard, bound)


def _database() -> dict[str, Any]:
    return {
        "database_name": DATABASE,
        "sqlalchemy_uri": f"duckdb:///{PUBLISHED_FILE}",
        "cache_timeout": None,
        "expose_in_sqllab": True,
        "allow_run_async": False,
        "allow_ctas": False,
        "allow_cvas": False,
        "allow_dml": False,
        "allow_csv_upload": False,
        "extra": {
            "allows_virtual_table_explore": True,
            "metadata_params": {},
            # Read only, and no other file of the machine through SQL Lab. Superset opens a
            # connection for each query (NullPool), so each query reads the current version.
            "engine_params": {
                "connect_args": {
                    "read_only": True,
                    "config": {"enable_external_access": False},
                }
            },
        },
        "uuid": stable_uuid("database", DATABASE),
        "version": "1.0.0",
    }


def write(manifest: Mapping[str, Any], folder: Path = BUNDLE) -> None:
    """Replace the bundle's folder."""
    shutil.rmtree(folder, ignore_errors=True)
    for name, text in bundle(manifest).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
