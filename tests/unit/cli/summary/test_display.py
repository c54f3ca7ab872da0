from __future__ import annotations

from datetime import date
from io import StringIO
from pathlib import Path

from rich.console import Console

from cli.summary.attrition import StageAttrition
from cli.summary.day_summary import DaySummary
from cli.summary.display import show_summary
from deployment.config_file import load_config
from deployment.home import Home
from orchestration.training.recorded_metrics import Refusal

DEMO = load_config(Path(__file__).parents[4] / "config" / "demo.yml")
SUMMARY = DaySummary(
    day=date(2026, 6, 30),
    deliveries=[("crm", 7862, 10), ("shop", 562_597, 25)],
    stale=[("helpdesk", "could not be read", date(2026, 6, 27))],
    inferred=[("shop", "orders", 120, 2400), ("helpdesk", "tickets", 9, 900)],
    contracts=[("past_due", 4), ("trial", 1200)],
    customers=5079,
    eligible=2646,
    high_risk=307,
    value_at_risk=267_531.4,
    model_version="1",
    riskiest=[("cd759391a71355e4", 0.91, 1647.2, "No order for 47 days")],
    attrition=StageAttrition(
        "repeat", date(2026, 4, 1), date(2026, 6, 1), 2549, 130, None, None, None
    ),
    warned=75,
    newly_warned=3,
    alarms=["Orders: 12 instead of 60"],
    unknown_amounts=[("shop", 3, "NOK 1, SEK 2")],
    suspect_refunds=[("shop", 1)],
    long_gone=(214, 60_512.2),
)


def shown(
    metrics: dict[str, float], refusal: Refusal | None = None, learners: str | None = None
) -> list[str]:
    console = Console(file=StringIO(), width=110)
    show_summary(console, SUMMARY, metrics, DEMO, Home(Path("/data")), refusal, learners)
    assert isinstance(console.file, StringIO)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


def test_the_day_is_shown_line_by_line() -> None:
    lines = shown(
        {"roc_auc": 0.84, "recency.roc_auc": 0.717, "reachable_roc_auc": 0.81, "trees": 120.0}
    )
    assert lines[1:13] == [
        "Rows loaded   crm 7,862 (10 rejected), shop 562,597 (25 rejected)",
        (
            "No rate       shop: 3 orders count with an unknown amount (NOK 1, SEK 2);"
            " see exchange_rates in docs/money.md"
        ),
        (
            "Refunds       shop: 1 beyond their order or of an unknown order;"
            " see amount_issue in marts.fct_orders"
        ),
        "Unmatched     shop orders: 120 of 2,400 customers (5.0%) are in no customer table of shop",
        "Stale         helpdesk could not be read; its latest delivery is of 2026-06-27",
        "Customers     5,079, of whom 2,646 are eligible",
        "High risk     307 customers; value at risk of all eligible customers 267,531 EUR",
        "Warnings      75 customers who can still be reached, 3 of them new on the list",
        (
            "Long gone     214 eligible customers, value at risk 60,512 EUR:"
            " for win-back, lifecycle_status dormant"
        ),
        "Contracts     4 with an overdue payment, 1,200 on trial",
        "Unusual       Orders: 12 instead of 60",
        (
            "Attrition     highest among customers with two to four purchases: 5.1 % lost a month "
            "(130 in total, 2026-04 to 2026-06)"
        ),
    ]
    (model,) = [line for line in lines if line.startswith("│ model")]
    assert "0.840" in model
    assert "0.810" in model
    (customer,) = [line for line in lines if "cd759391a71355e4" in line]
    assert "91%" in customer
    assert "1,647" in customer


def test_a_base_rate_model_is_named_with_its_probability() -> None:
    lines = shown({"trees": 0.0, "mean_predicted": 0.312, "roc_auc": 0.5})
    assert any(
        line.startswith("Model         the base rate") and line.endswith("31.2%") for line in lines
    )


def test_without_recorded_metrics_there_is_no_table_of_them() -> None:
    assert not any("on its holdout" in line for line in shown({}))


def test_a_trained_model_that_was_not_promoted_is_shown_with_its_reason() -> None:
    refusal = Refusal("2", date(2026, 6, 30), "Refused: the ROC AUC is lower [by 0.02].")
    assert (
        "Not promoted  model 2, trained as of 2026-06-30; model 1 stays in use. "
        "Refused: the ROC AUC is lower [by 0.02]."
    ) in shown({"trees": 120.0}, refusal)
    assert not any(line.startswith("Not promoted") for line in shown({"trees": 120.0}))


def test_the_mean_prediction_of_the_holdout_is_shown_beside_what_happened() -> None:
    lines = shown({"trees": 120.0, "mean_predicted": 0.524, "churn_rate": 0.383})
    assert "Holdout       52.4% predicted to churn on average, 38.3% churned" in lines


def test_the_uplift_learners_in_use_and_refused_are_shown() -> None:
    sentence = "call in use (version 2); too little randomised history for mail"
    assert f"Learners      {sentence}" in shown({}, learners=sentence)
    assert not any(line.startswith("Learners") for line in shown({}))
