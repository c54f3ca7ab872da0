"""Charts in Superset's export format: what each kind of the description is in Superset.

A chart has its settings twice: `params` for the browser, and `query_context`, the same query for
Superset's REST API. The places of charts do not belong here (`layout.py`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from bi.superset.datasets import (
    FORMATS,
    IN_CURRENCY,
    BoundDataset,
    BundleError,
    currency_format,
    formatted,
    stable_uuid,
)
from bi.superset.description import Chart

_TYPES = {
    "number": "big_number_total",
    "table": "table",
    "summary": "table",
    "bars": "echarts_timeseries_bar",
    "lines": "echarts_timeseries_line",
    "heatmap": "heatmap_v2",
    "flow": "sankey_v2",
}


def chart_uuid(dashboard: str, chart: Chart) -> str:
    """The same in every export."""
    return stable_uuid("chart", dashboard, chart.title)


def export(dashboard: str, chart: Chart, datasets: Mapping[str, BoundDataset]) -> dict[str, Any]:
    """The chart as Superset exports it.

    Raises:
        BundleError: the chart names an unknown dataset, column or metric, or would sum over days
            figures that belong to one day.
    """
    dataset = _dataset(dashboard, chart, datasets)
    params = {
        "viz_type": _TYPES[chart.kind],
        "datasource": "0__table",
        "adhoc_filters": _filters(chart),
        "row_limit": chart.limit,
        **_settings(chart, dataset),
        **chart.options,
    }
    return {
        "slice_name": chart.title,
        "description": chart.note or None,
        "certified_by": None,
        "certification_details": None,
        "viz_type": _TYPES[chart.kind],
        "params": params,
        "query_context": json.dumps(query_context(chart, params)),
        "cache_timeout": None,
        "uuid": chart_uuid(dashboard, chart),
        "version": "1.0.0",
        "dataset_uuid": dataset.uuid,
    }


def groups(chart: Chart) -> list[str]:
    """Columns by which the chart's query groups."""
    return [*([chart.x] if chart.x else []), *chart.by]


def query_context(chart: Chart, params: Mapping[str, Any]) -> dict[str, Any]:
    """The chart's query as Superset's REST API takes it."""
    order = [[name.removeprefix("-"), not name.startswith("-")] for name in chart.order]
    return {
        "datasource": {"id": 0, "type": "table"},
        "force": False,
        "queries": [
            {
                "filters": [],
                "extras": {"having": "", "where": f"({chart.where})" if chart.where else ""},
                "columns": chart.columns or groups(chart),
                "metrics": None if chart.kind == "table" else chart.metrics,
                "orderby": order,
                "row_limit": chart.limit,
                "order_desc": True,
                "post_processing": [],
            }
        ],
        "form_data": params,
        "result_format": "json",
        "result_type": "full",
    }


def _dataset(dashboard: str, chart: Chart, datasets: Mapping[str, BoundDataset]) -> BoundDataset:
    where = f"dashboard {dashboard}, chart {chart.title}"
    dataset = datasets.get(chart.dataset or "")
    if dataset is None:
        raise BundleError(f"{where}: no dataset {chart.dataset}")
    order = [name.removeprefix("-") for name in chart.order]
    unknown = [name for name in (*groups(chart), *chart.columns) if name not in dataset.columns]
    unknown += [name for name in chart.metrics if name not in dataset.metrics]
    unknown += [name for name in order if not {name} & {*dataset.columns, *dataset.metrics}]
    if unknown:
        raise BundleError(f"{where}: {chart.dataset} has no {', '.join(unknown)}")
    if chart.kind == "table" and (both := {*dataset.metrics} & {*chart.columns, *order}):
        raise BundleError(f"{where}: {', '.join(sorted(both))} is a metric of {chart.dataset} too")
    for name in chart.metrics:
        day = dataset.metrics[name].one_day_of
        if day and not dataset.is_of_one_day and day not in groups(chart):
            raise BundleError(f"{where}: {name} must not be summed over {day}")
    return dataset


def _filters(chart: Chart) -> list[dict[str, Any]]:
    if not chart.where:
        return []
    return [{"expressionType": "SQL", "sqlExpression": chart.where, "clause": "WHERE"}]


def _settings(chart: Chart, dataset: BoundDataset) -> dict[str, Any]:
    """The settings of the chart's kind."""
    by_kind = {
        "number": _number,
        "table": _table,
        "summary": _summary,
        "bars": _axes,
        "lines": _axes,
        "heatmap": _heatmap,
        "flow": _flow,
    }
    return by_kind[chart.kind](chart, dataset)


def _number(chart: Chart, dataset: BoundDataset) -> dict[str, Any]:
    (metric,) = chart.metrics
    return {
        "metric": metric,
        "subtitle": chart.note,
        "header_font_size": 0.4,
        "subtitle_font_size": 0.15,
        **_format("y_axis_format", "currency_format", dataset.metrics[metric].format),
    }


def _table(chart: Chart, dataset: BoundDataset) -> dict[str, Any]:
    return {
        "query_mode": "raw",
        "all_columns": chart.columns,
        "order_by_cols": [
            json.dumps([name.removeprefix("-"), not name.startswith("-")]) for name in chart.order
        ],
        **_table_format(chart, dataset),
    }


def _summary(chart: Chart, dataset: BoundDataset) -> dict[str, Any]:
    return {
        "query_mode": "aggregate",
        "groupby": groups(chart),
        "metrics": chart.metrics,
        **_sorted(chart),
        **_table_format(chart, dataset),
    }


def _table_format(chart: Chart, dataset: BoundDataset) -> dict[str, Any]:
    shown = {*chart.columns, *chart.metrics}
    formats: dict[str, dict[str, Any]] = {
        name: _format("d3NumberFormat", "currencyFormat", kind)
        for name, kind in formatted(dataset.columns, dataset.metrics)
        if name in shown
    }
    return {
        "column_config": formats,
        "table_timestamp_format": "%Y-%m-%d",
        "show_cell_bars": False,
        "color_pn": False,
        "allow_render_html": True,
        "page_length": 20 if chart.limit > 20 else 0,
        "include_search": chart.limit > 20,
    }


def _axes(chart: Chart, dataset: BoundDataset) -> dict[str, Any]:
    first = dataset.metrics[chart.metrics[0]]
    is_temporal = dataset.columns[str(chart.x)].is_temporal
    return {
        "x_axis": chart.x,
        "time_grain_sqla": None,
        "groupby": chart.by,
        "metrics": chart.metrics,
        "order_desc": True,
        "orientation": "horizontal" if chart.horizontal else "vertical",
        "stack": "Stack" if chart.stacked else None,
        "show_legend": len(chart.metrics) > 1 or bool(chart.by),
        "legendOrientation": "top",
        "legendType": "scroll",
        "rich_tooltip": True,
        "x_axis_time_format": "%b %d" if is_temporal else None,
        "xAxisForceCategorical": not is_temporal,
        "truncateXAxis": False,
        "show_value": chart.kind == "bars" and not chart.by and len(chart.metrics) == 1,
        "color_scheme": "supersetColors",
        **({} if is_temporal else _axis_order(chart)),
        **_format("y_axis_format", "currency_format", first.format),
    }


def _axis_order(chart: Chart) -> dict[str, Any]:
    """The order of a categorical axis: the chart's first ordering, else the sums of bars."""
    if not chart.order:
        return {"x_axis_sort_series": "sum", "x_axis_sort_series_ascending": chart.horizontal}
    name = chart.order[0]
    return {"x_axis_sort": name.removeprefix("-"), "x_axis_sort_asc": not name.startswith("-")}


def _heatmap(chart: Chart, dataset: BoundDataset) -> dict[str, Any]:
    (metric,) = chart.metrics
    (row,) = chart.by
    return {
        "x_axis": chart.x,
        "groupby": row,
        "metric": metric,
        "sort_x_axis": "alpha_asc",
        "sort_y_axis": "alpha_desc",
        "normalize_across": "heatmap",
        "linear_color_scheme": "superset_seq_1",
        "show_legend": False,
        "show_percentage": False,
        "show_values": True,
        "xscale_interval": -1,
        "yscale_interval": -1,
        "left_margin": "auto",
        "bottom_margin": "auto",
        "value_bounds": [None, None],
        **_format("y_axis_format", "currency_format", dataset.metrics[metric].format),
    }


def _flow(chart: Chart, dataset: BoundDataset) -> dict[str, Any]:
    del dataset
    (metric,) = chart.metrics
    source, target = chart.by
    return {"source": source, "target": target, "metric": metric}


def _sorted(chart: Chart) -> dict[str, Any]:
    """The order of a summary; Superset sorts by one metric."""
    if not chart.order:
        return {}
    name = chart.order[0]
    return {
        "timeseries_limit_metric": name.removeprefix("-"),
        "order_desc": name.startswith("-"),
    }


def _format(number: str, currency: str, kind: str) -> dict[str, Any]:
    """A number format under the two names by which a kind of chart knows it."""
    given: dict[str, Any] = {number: FORMATS[kind]}
    if kind in IN_CURRENCY:
        given[currency] = currency_format()
    return given
