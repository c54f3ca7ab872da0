"""The bundle of dashboards equals what the dbt project and the descriptions give."""

from __future__ import annotations

from typing import Any

import pytest

from bi.superset.bundle import BUNDLE, bundle
from bi.superset.charts import export
from bi.superset.datasets import BundleError, bind
from bi.superset.description import Chart, dashboards, datasets
from warehouse.published.metrics import metrics_from_manifest


def test_the_bundle_is_the_one_that_dbt_and_the_descriptions_give(manifest: dict[str, Any]) -> None:
    written = {
        path.relative_to(BUNDLE).as_posix(): path.read_text(encoding="utf-8")
        for path in BUNDLE.rglob("*.yaml")
    }
    assert written == bundle(manifest), "run `make bundle`"


def test_titles_on_a_dashboard_differ_and_no_title_is_the_name_of_a_column() -> None:
    for name, dashboard in dashboards().items():
        titles = [chart.title for chart in dashboard.charts]
        assert len(set(titles)) == len(titles), name
        assert not [title for title in titles if "_" in title], name


def test_every_dataset_is_read_by_a_chart() -> None:
    used = {chart.dataset for each in dashboards().values() for chart in each.charts}
    assert used == set(datasets())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"dataset": "nothing"}, "no dataset"),
        ({"metrics": ["churn"]}, "has no churn"),
        ({"x": "axis", "by": []}, "must not be summed over snapshot_date"),
    ],
)
def test_a_chart_that_does_not_fit_its_dataset_is_refused(
    manifest: dict[str, Any], changes: dict[str, Any], message: str
) -> None:
    given = {
        "kind": "bars",
        "title": "Warnings",
        "width": 4,
        "dataset": "warnings_history",
        "x": "snapshot_date",
        "metrics": ["warned_customers"],
    }
    bound = bind(datasets(), manifest, metrics_from_manifest(manifest))
    assert export("today", Chart.model_validate(given), bound)
    with pytest.raises(BundleError, match=message):
        export("today", Chart.model_validate({**given, **changes}), bound)
