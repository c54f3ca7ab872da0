from __future__ import annotations

from typing import Any

import duckdb
import pytest

from warehouse.published.metrics import Metric, MetricError, metrics_from_manifest

FILTER = {"where_filters": [{"where_sql_template": "{{ Dimension('risk_day__tier') }} = 'high'"}]}


def manifest(**metrics: dict[str, Any]) -> dict[str, Any]:
    """A manifest with a table of two measures, and the metrics."""

    def measure(name: str, agg: str, expr: str | None, day: str | None = None) -> dict[str, Any]:
        dimension = {"name": day, "window_choice": "max"} if day else None
        return {"name": name, "agg": agg, "expr": expr, "non_additive_dimension": dimension}

    risks = {
        "name": "risks",
        "primary_entity": "risk_day",
        "node_relation": {"schema_name": "activation", "alias": "risks"},
        "dimensions": [{"name": "on_day", "expr": "snapshot_date"}, {"name": "tier", "expr": None}],
        "measures": [
            measure("people", "count_distinct", "customer_id", "on_day"),
            measure("at_risk", "sum", None, "on_day"),
            measure("orders", "sum", "order_count"),
        ],
    }
    return {
        "semantic_models": {"risks": risks},
        "metrics": {name: {"name": name, **metric} for name, metric in metrics.items()},
    }


def simple(measure: str, where: Any = None, form: str | None = "count") -> dict[str, Any]:
    return {
        "label": measure.capitalize(),
        "description": "",
        "type": "simple",
        "type_params": {"measure": {"name": measure, "filter": None}},
        "filter": where,
        "config": {"meta": {"format": form} if form else {}},
    }


def ratio(above: str, below: str, where: Any = None) -> dict[str, Any]:
    sides = {
        "numerator": {"name": above, "filter": None},
        "denominator": {"name": below, "filter": None},
    }
    return {**simple("share", where, "percent"), "type": "ratio", "type_params": sides}


def value(metric: Metric) -> Any:
    rows = """(values
        ('a', date '2026-06-30', 'high', 10.0, 1), ('b', date '2026-06-30', 'low', 30.0, 3)
    ) as risks (customer_id, snapshot_date, tier, at_risk, order_count)"""
    (found,) = duckdb.sql(f"select {metric.expression} from {rows}").fetchone() or ()
    return found


def test_measures_filters_and_ratios_become_sql() -> None:
    metrics = metrics_from_manifest(
        manifest(
            people=simple("people"),
            high=simple("people", FILTER),
            at_risk=simple("at_risk", form="money"),
            high_share=ratio("high", "people"),
            high_of_high=ratio("high", "people", FILTER),
        )
    )
    assert {name: value(metric) for name, metric in metrics.items()} == {
        "people": 2,
        "high": 1,
        "at_risk": 40,
        "high_share": 0.5,
        "high_of_high": 1,
    }
    assert metrics["at_risk"].table == "activation.risks"
    assert metrics["high_share"].one_day_of == "snapshot_date"


def test_parts_of_ratios_without_a_format_are_not_shown() -> None:
    given = manifest(people=simple("people", form=None), all=ratio("people", "people"))
    assert list(metrics_from_manifest(given)) == ["all"]


@pytest.mark.parametrize(
    ("metric", "message"),
    [
        (simple("people", form="euros"), "format euros"),
        (simple("people", {"where_filters": [{"where_sql_template": "{{ Dimension('x__y') }}"}]}),
         "no dimension"),
        ({**simple("people"), "type": "cumulative"}, "expected type simple or ratio"),
        (ratio("people", "orders"), "summed over different rows"),
    ],
)  # fmt: skip
def test_a_metric_that_is_no_sql_over_one_table_is_refused(
    metric: dict[str, Any], message: str
) -> None:
    given = manifest(people=simple("people"), orders=simple("orders"), broken=metric)
    with pytest.raises(MetricError, match=message):
        metrics_from_manifest(given)
