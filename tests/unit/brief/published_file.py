"""Published files for tests: every table of the contract, empty but for planted rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import yaml

from brief.page import Definitions

ROOT = Path(__file__).parents[3]
DAY = date(2026, 6, 30)
SHOP = Definitions("en", "EUR", "non_contractual", 90, 180)

Rows = Mapping[str, Sequence[Mapping[str, Any]]]


def published_file(path: Path, rows: Rows, day: date | None = DAY) -> Path:
    """Write a published file with rows by `schema.table`; unnamed columns are null."""
    with duckdb.connect(str(path)) as con:
        for table, columns in contract().items():
            con.execute(f"create schema if not exists {table.partition('.')[0]}")
            con.execute(f"create table {table} ({columns})")
        con.execute(
            "create table ops.publication (company varchar, as_of_date date, model_version varchar)"
        )
        con.execute(f"insert into ops.publication values ('Planted', {literal(day)}, '7')")
        for table, planted in rows.items():
            for row in planted:
                values = ", ".join(literal(value) for value in row.values())
                con.execute(f"insert into {table} ({', '.join(row)}) values ({values})")
    return path


@cache
def contract() -> dict[str, str]:
    """Columns with types of each published table, from the YAML beside its model."""
    project = ROOT / "dbt_project"
    layers = parsed(project / "dbt_project.yml")["models"]["holdfast"]
    models = project / "models"
    return {
        f"{layers[path.relative_to(models).parts[0]]['+schema']}.{model['name']}": ", ".join(
            f"{column['name']} {column['data_type']}" for column in model["columns"]
        )
        for layer in ("marts", "activation", "feedback", "ops")
        for path in (models / layer).rglob("*.yml")
        for model in parsed(path).get("models", ())
        if model.get("config", {}).get("meta", {}).get("grain")
    }


def parsed(path: Path) -> dict[str, Any]:
    """A YAML file, by the parser in C: the contract has 40 of them."""
    text = path.read_text("utf-8").replace("\"{{ var('money_type') }}\"", "decimal(18, 2)")
    found: dict[str, Any] = yaml.load(text, yaml.CSafeLoader)
    return found


def literal(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, date | str):
        return "'" + str(value).replace("'", "''") + "'"
    return str(value)


def a_day(day: date = DAY) -> dict[str, list[dict[str, Any]]]:
    """Two customers with an action, one beyond reach and one in control; all figures by hand."""
    at: dict[str, Any] = {"snapshot_date": day}
    people = [("c1", 0.5, 200), ("c2", 0.9, 100), ("c3", 0.95, 300), ("c4", 0.2, 50)]
    actions = [("c1", "voucher", "treatment", 12.5), ("c2", "call", "treatment", 3.0)]
    return {
        "activation.customer_risk_daily": [
            {
                **at,
                "customer_id": name,
                "churn_probability": risk,
                "value_at_risk": value,
                "risk_tier": "high" if risk > 0.7 else "low",
                "reason_1": f"Reason of {name}",
                "model_version": "7",
            }
            for name, risk, value in people
        ],
        "activation.customer_segments_daily": [
            {**at, "customer_id": name, "is_reachable": name != "c3", "lifecycle_stage": "repeat"}
            for name, *_ in people
        ],
        "activation.customer_actions_daily": [
            {
                **at,
                "customer_id": name,
                "action_id": action,
                "arm": arm,
                "channel": "email",
                "expected_uplift": 0.1,
                "expected_net_value": value,
                "expected_cost": 1,
                "expires_on": day + timedelta(days=14),
            }
            for name, action, arm, value in [*actions, ("c4", "call", "control", 1.0)]
        ],
        "activation.action_reasons_daily": [
            {**at, "customer_id": "c1", "language": language, "reason_1": reason, "answer": answer}
            for language, reason, answer in (
                ("en", "No order for 40 days", "A voucher lowers the price"),
                ("zh", "已 40 天没有下单", "优惠券可降低价格"),
            )
        ],
        "activation.catalogue_labels": [
            {"kind": "action", "name": name, "language": language, "label": label}
            for name, language, label in (
                ("voucher", "en", "voucher of 15 %"),
                ("voucher", "zh", "八五折优惠券"),
                ("call", "en", "call <now>"),
                ("call", "zh", "电话"),
            )
        ],
        "activation.action_exclusions_daily": [
            {**at, "customer_id": "c3", "reason": "lost_anyway", "value_at_risk": 300},
            {**at, "customer_id": "c4", "reason": "control", "value_at_risk": 50},
        ],
        "activation.churn_outlook_daily": [
            {
                **at,
                "customers": 4,
                "expected_churn_rate": 0.6,
                "churn_rate_low": 0.4,
                "churn_rate_high": 0.8,
                "has_season": True,
            }
        ],
        "ops.data_quality_daily": [
            {
                **at,
                "source": "shop",
                "table_name": "orders",
                "delivered": 100,
                "accepted": 98,
                "rejected": 2,
                "superseded": 0,
                "lost_values": 1,
                "is_stale": False,
                "last_delivered_on": day,
            }
        ],
    }


def a_year(day: date = DAY) -> dict[str, list[dict[str, Any]]]:
    """A day with everything that a brief can show: history, complaints, alarms, effects, tests."""
    rows = a_day(day)
    months = [date(2026, month, 1) for month in range(1, 7)]
    rows["marts.lifecycle_attrition"] = [
        {"month": month, "stage": stage, "stage_no": number, "entered": 100, "lost": lost}
        | {"attrition_rate": lost / 100, "is_complete": True}
        for month in months
        for stage, number, lost in (("first_purchase", 3, 4), ("repeat", 4, month.month))
    ]
    rows["marts.daily_totals"] = [
        {"day": day - timedelta(days=back), "metric": metric, "total": 10 + back % 7}
        for back in range(60)
        for metric in ("orders", "net_revenue")
    ]
    rows["marts.complaint_topics_monthly"] = [
        {"month": months[-1], "topic": "delivery", "texts": 9, "customers": 7, "complaints": 5}
        | {"complaints_change": 2, "complaint_share": 1, "terms": "late and, very late, no, 慢"}
    ]
    rows["activation.company_alarms_daily"] = [
        {"snapshot_date": day, "metric": metric, "segment": "all", "observed": 3, "expected": 9.5}
        | {"expected_low": 5, "expected_high": 14, "is_alarm": bad, "is_bad": bad}
        for metric, bad in (("orders", True), ("tickets", False))
    ]
    account = {"treated": 300, "control": 200, "net_value": -50, "net_value_low": -90}
    rows["feedback.retention_account"] = [
        {"action_id": "all", **account, "customers_kept": 9.5, "customers_kept_low": low}
        | {"customers_kept_high": 20, "net_value_high": -1, "money_brought": 10, "money_spent": 60}
        | {"period_start": start, "period_end": end}
        for low, start, end in ((1, None, None), (-4, date(2025, 10, 1), date(2025, 12, 31)))
    ]
    rows["feedback.action_effects"] = [
        {"action_id": "call", "segment_kind": "all", "segment": "all", "period_kind": kind}
        | {"period_start": start, "period_end": end, "treated": 300, "control": 200}
        | {"is_provisional": kind == "period", "uplift": 0.05, "uplift_low": -0.01}
        | {"uplift_high": 0.11, "net_value": 40, "verdict": verdict}
        for kind, start, end, verdict in (
            ("all_matured", date(2025, 10, 1), date(2025, 12, 31), "not_known_yet"),
            ("period", date(2026, 4, 1), date(2026, 6, 30), "provisional"),
        )
    ]
    rows["feedback.prediction_performance"] = [
        {"snapshot_date": date(2026, 4, 1), "model_version": "7", "customers": 50}
        | {"churn_rate": 0.5, "mean_predicted": 0.45, "roc_auc": 0.8, "top_decile_lift": 1.6}
    ]
    rows["feedback.performance_estimates_daily"] = [
        {"snapshot_date": day, "estimated_roc_auc": 0.79, "estimated_roc_auc_low": 0.7}
        | {"estimated_roc_auc_high": 0.85}
    ]
    return rows
