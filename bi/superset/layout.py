"""Dashboards in Superset's export format: the places of charts, and native filters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bi.superset.charts import chart_uuid
from bi.superset.datasets import BoundDataset, BundleError, stable_uuid
from bi.superset.description import Chart, Dashboard, Filter, Row
from brief.links import CUSTOMER_FILTER


def export(name: str, dashboard: Dashboard, datasets: Mapping[str, BoundDataset]) -> dict[str, Any]:
    """The dashboard as Superset exports it.

    Raises:
        BundleError: a filter names an unknown dataset, column or metric; or a row is too wide.
    """
    return {
        "dashboard_title": dashboard.title,
        "description": dashboard.description,
        "css": "",
        "slug": f"holdfast-{name.replace('_', '-')}",
        "certified_by": None,
        "certification_details": None,
        "published": True,
        "uuid": stable_uuid("dashboard", name),
        "position": dict(_position(name, dashboard)),
        "metadata": {
            "color_scheme": "supersetColors",
            "cross_filters_enabled": True,
            "refresh_frequency": 0,
            "native_filter_configuration": [
                _filter(name, each, datasets) for each in dashboard.filters
            ],
            "chart_configuration": {},
            "global_chart_configuration": {
                "scope": {"rootPath": ["ROOT_ID"], "excluded": []},
                "chartsInScope": [],
            },
        },
        "version": "1.0.0",
    }


def _position(name: str, dashboard: Dashboard) -> Iterator[tuple[str, Any]]:
    rows = [f"ROW-{number}" for number, _ in enumerate(dashboard.rows, 1)]
    yield "DASHBOARD_VERSION_KEY", "v2"
    yield "ROOT_ID", {"type": "ROOT", "id": "ROOT_ID", "children": ["GRID_ID"]}
    yield (
        "GRID_ID",
        {"type": "GRID", "id": "GRID_ID", "children": rows, "parents": ["ROOT_ID"]},
    )
    yield "HEADER_ID", {"type": "HEADER", "id": "HEADER_ID", "meta": {"text": dashboard.title}}
    for key, row in zip(rows, dashboard.rows, strict=True):
        yield from _row(name, key, row)


def _row(name: str, key: str, row: Row) -> Iterator[tuple[str, Any]]:
    if sum(chart.width for chart in row.charts) > 12:
        titles = ", ".join(chart.title for chart in row.charts)
        raise BundleError(f"dashboard {name}: wider than twelve columns: {titles}")
    parents = ["ROOT_ID", "GRID_ID"]
    cells = [f"{key}-{number}" for number, _ in enumerate(row.charts, 1)]
    yield (
        key,
        {
            "type": "ROW",
            "id": key,
            "children": cells,
            "parents": parents,
            "meta": {"background": "BACKGROUND_TRANSPARENT"},
        },
    )
    for cell, chart in zip(cells, row.charts, strict=True):
        yield cell, _cell(name, cell, chart, row.height, [*parents, key])


def _cell(name: str, cell: str, chart: Chart, height: int, parents: list[str]) -> dict[str, Any]:
    meta: dict[str, Any] = {"width": chart.width, "height": height}
    if chart.kind == "text":
        kind, meta = "MARKDOWN", {**meta, "code": f"#### {chart.title}\n\n{chart.note}"}
    else:
        kind = "CHART"
        meta = {**meta, "uuid": chart_uuid(name, chart), "chartId": 0, "sliceName": chart.title}
    return {"type": kind, "id": cell, "children": [], "parents": parents, "meta": meta}


def _filter(name: str, given: Filter, datasets: Mapping[str, BoundDataset]) -> dict[str, Any]:
    dataset = datasets.get(given.dataset)
    if dataset is None or given.column not in dataset.columns:
        raise BundleError(f"dashboard {name}, filter {given.title}: no {given.column}")
    if given.order_by_metric and given.order_by_metric not in dataset.metrics:
        raise BundleError(f"dashboard {name}, filter {given.title}: no {given.order_by_metric}")
    is_customer = given.column == "customer_id"
    return {
        "id": CUSTOMER_FILTER if is_customer else f"NATIVE_FILTER-{given.column}",
        "name": given.title,
        "filterType": "filter_select",
        "type": "NATIVE_FILTER",
        "targets": [{"datasetUuid": dataset.uuid, "column": {"name": given.column}}],
        "controlValues": {
            "enableEmptyFilter": given.is_single,
            "defaultToFirstItem": given.is_single,
            "multiSelect": not given.is_single,
            "searchAllOptions": True,
            "inverseSelection": False,
            "sortAscending": given.order_by_metric is None,
        },
        "requiredFirst": given.is_single,
        "sortMetric": given.order_by_metric,
        "defaultDataMask": {"extraFormData": {}, "filterState": {}, "ownState": {}},
        "cascadeParentIds": [],
        "scope": {"rootPath": ["ROOT_ID"], "excluded": []},
        "description": "",
    }
