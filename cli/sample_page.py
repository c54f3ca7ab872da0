"""`python -m cli.sample_page`: docs/sample.md, first rows of the main tables, and a sample brief.

The page shows a reader the result before anything is installed. Its rows come from the published
file below HOLDFAST_HOME, and its pictures from the plots of the latest model in MLflow's folder.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

import duckdb

from brief.errors import BriefError
from brief.page import Definitions, brief_html
from deployment.config_file import config_path_from_env, load_config
from deployment.home import Home
from deployment.project import ROOT
from ml.cards.markdown import escape, table

PAGE = ROOT / "docs" / "sample.md"
BRIEF = ROOT / "docs" / "sample_brief.html"
IMAGES = ROOT / "docs" / "images"
ROWS = 5
_TITLE = """\
# Sample output

The published file of the demo company, on the day of `make run` (5,000 made-up people). Written by
`make sample`. Customer ids are surrogate keys. The file holds no e-mail, phone, name or text."""


@dataclass(frozen=True)
class Excerpt:
    """A table's columns and the order of its rows; rows of the latest day only, if `is_daily`."""

    label: str
    columns: str
    order_by: str
    is_daily: bool = True


EXCERPTS = (
    Excerpt(
        "activation.customer_risk_daily",
        "customer_id, churn_probability, risk_tier, value_at_risk, main_cause, reason_1, reason_2",
        "value_at_risk desc, customer_id",
    ),
    Excerpt(
        "activation.customer_segments_daily",
        "customer_id, rfm_segment, lifecycle_stage, lifecycle_status, value_tier, customer_type,"
        " risk_tier",
        "net_revenue_365d desc, customer_id",
    ),
    Excerpt(
        "activation.customer_warnings_daily",
        "customer_id, departure_probability, overdue_on, listed_on, signal, severity, evidence",
        "priority, severity, signal",
    ),
    Excerpt(
        "activation.customer_actions_daily",
        "customer_id, action_id, arm, chosen_with_probability, cause, expected_uplift,"
        " expected_net_value, why",
        "expected_net_value desc, customer_id",
    ),
    Excerpt(
        "activation.action_exclusions_daily",
        "customer_id, reason, action_id, churn_probability, value_at_risk, best_net_value",
        "value_at_risk desc, customer_id",
    ),
    Excerpt(
        "feedback.action_effects",
        "action_id, treated, control, retained_treated, retained_control, uplift, uplift_low,"
        " uplift_high, net_value, verdict",
        "period_kind, segment_kind, period_start, action_id",
        is_daily=False,
    ),
    Excerpt(
        "activation.churn_causes_daily",
        "segmentation, segment, cause, customers, value_at_risk, influenceable_value",
        "segmentation, segment, value_at_risk desc",
    ),
    Excerpt(
        "marts.lifecycle_attrition",
        "month, stage, entered, advanced, stayed, lost, attrition_rate",
        "month desc, stage_no",
        is_daily=False,
    ),
    Excerpt(
        "marts.customer_cohorts",
        "cohort_month, months_since, customers, active_customers, retention_rate, net_revenue",
        "cohort_month desc, months_since",
        is_daily=False,
    ),
    Excerpt(
        "feedback.prediction_performance",
        "snapshot_date, customers, churn_rate, mean_predicted, roc_auc, brier, top_decile_lift",
        "snapshot_date desc",
        is_daily=False,
    ),
    Excerpt(
        "ops.data_quality_daily",
        "source, table_name, delivered, accepted, rejected, superseded, is_stale",
        "source, table_name",
    ),
)
# Plots of the model card, by file name.
PICTURES = {
    "calibration": "Calibration on the holdout",
    "lift": "Churned customers found by length of the list, on the holdout",
}


def sample_page(con: duckdb.DuckDBPyConnection) -> str:
    """Return the page.

    Args:
        con: the published file.
    """
    pictures = [
        f"![{title}](images/{name}.png)"
        for name, title in PICTURES.items()
        if (IMAGES / f"{name}.png").exists()
    ]
    return "\n\n".join([_TITLE, *(_section(con, one) for one in EXCERPTS), *pictures]) + "\n"


def _section(con: duckdb.DuckDBPyConnection, excerpt: Excerpt) -> str:
    latest = f"where snapshot_date = (select max(snapshot_date) from {excerpt.label})"
    found = con.execute(
        f"select {excerpt.columns} from {excerpt.label} {latest if excerpt.is_daily else ''}"
        f" order by {excerpt.order_by} limit {ROWS}"
    )
    names = [name for name, *_ in found.description]
    rows = [[_cell(value) for value in row] for row in found.fetchall()]
    schema, name = excerpt.label.split(".")
    described = con.execute(
        "select comment from duckdb_tables() where schema_name = ? and table_name = ?",
        [schema, name],
    ).fetchone()
    comment = escape(str(described[0])) if described and described[0] else ""
    return "\n\n".join([f"## {excerpt.label}", comment, table(names, rows)])


def _cell(value: object) -> str:
    """A value as a reader expects it: floats with three digits, nulls empty."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.3f}"
    if isinstance(value, date | datetime | bool):
        return str(value).lower()
    return escape(str(value))


def copy_pictures(mlflow: Path) -> None:
    """Copy the newest plots of the model card below MLflow's folder into docs/images/."""
    for name in PICTURES:
        found = sorted(mlflow.rglob(f"plots/{name}.png"), key=lambda path: path.stat().st_mtime)
        if found:
            shutil.copyfile(found[-1], IMAGES / f"{name}.png")


def sample_brief(con: duckdb.DuckDBPyConnection, definitions: Definitions) -> str:
    """Return the brief of the latest day, without links to a Superset that no reader has."""
    row = con.execute("select as_of_date from ops.publication").fetchone()
    if row is None:
        raise BriefError("nothing has been published yet: holdfast run")
    return brief_html(con, row[0], replace(definitions, dashboards=None))


def main() -> None:
    """Write the page with its pictures, and the brief."""
    home = Home.from_env()
    definitions = Definitions.of(load_config(config_path_from_env()))
    copy_pictures(home.root / "mlflow")
    with duckdb.connect(str(home.published), read_only=True) as con:
        PAGE.write_text(sample_page(con), encoding="utf-8")
        BRIEF.write_text(sample_brief(con, definitions), encoding="utf-8")


if __name__ == "__main__":
    main()
