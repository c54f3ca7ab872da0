"""Reasons as the macro `reason_text` writes them, compiled by dbt and run on planted customers."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from deployment.project import SEEDS
from tests.unit.dbt_project.conftest import ParsedProject

QUERY = """
select {{ reason_text('customer.feature', 'customer') }} as reason from customer
"""
TYPES = {"text": "varchar", "yes_no": "boolean"}

# The reason of a feature for a customer of whom only the given columns are known.
Tell = Callable[..., str | None]


def catalogue() -> list[dict[str, str]]:
    with (SEEDS / "feature_catalogue.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def columns() -> dict[str, str]:
    """Type by name of every column that a reason uses."""
    found = re.findall(r"\{(\w+):?(.*?)\}", " ".join(row["reason_en"] for row in catalogue()))
    return {name: TYPES.get(form, "double") for name, form in found}


def load_seeds(warehouse: Path) -> None:
    """The seeds that the macro reads, as dbt would load them, in a tenth of the time."""
    with duckdb.connect(str(warehouse)) as con:
        con.execute("create schema if not exists seeds")
        for seed in ("feature_catalogue", "reason_words"):
            con.execute(f"create or replace table seeds.{seed} as from '{SEEDS}/{seed}.csv'")


@pytest.fixture(scope="module")
def queries(project: ParsedProject) -> dict[str, str]:
    """The query in each language."""
    load_seeds(project.warehouse)
    return {
        language: project.query(QUERY, language=language, currency="EUR")
        for language in ("en", "zh")
    }


@pytest.fixture(params=["en", "zh"])
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def tell(queries: dict[str, str], language: str) -> Tell:
    return lambda feature, **known: reasons(queries[language], [feature], known)[0]


def reasons(query: str, features: list[str], known: dict[str, object]) -> list[str | None]:
    """The reasons of some features for one customer."""
    types = columns()
    shown = ", ".join(f"cast(${name} as {kind}) as {name}" for name, kind in types.items())
    with duckdb.connect() as con:
        con.execute(
            f"create table customer as select unnest($features) as feature, {shown}",
            {"features": features, **{name: known.get(name) for name in types}},
        )
        return [reason for (reason,) in con.execute(query).fetchall()]


def test_a_reason_has_the_customer_s_own_numbers(tell: Tell, language: str) -> None:
    reason = tell(
        "days_since_last_order",
        days_since_last_order=74,
        mean_gap_days=31.4,
        purchase_days_lifetime=4,
    )

    assert reason == {
        "en": "No order for 74 days; usually every 31 days",
        "zh": "已 74 天没有下单；平时每 31 天一单",
    }.get(language)


def test_an_unknown_second_sentence_is_left_out(tell: Tell, language: str) -> None:
    reason = tell("days_since_last_order", days_since_last_order=74)

    assert reason == {"en": "No order for 74 days", "zh": "已 74 天没有下单"}.get(language)


@pytest.mark.parametrize("days", [2, 3])
def test_one_or_two_gaps_are_not_called_usual(tell: Tell, language: str, days: int) -> None:
    known = {"mean_gap_days": 496, "recent_gap_days": 496, "purchase_days_lifetime": days}

    reason = tell("days_since_last_order", days_since_last_order=74, **known)
    assert reason == {"en": "No order for 74 days", "zh": "已 74 天没有下单"}.get(language)
    assert tell("mean_gap_days", **known) is None


def test_a_basket_is_described_by_its_products_and_not_by_its_quantity(tell: Tell) -> None:
    reason = tell("units_per_order_365d", units_per_order_365d=1245.8, lines_per_order_365d=2)

    assert reason is not None
    assert "2.0" in reason
    assert "1245" not in reason


def test_an_unknown_feature_value_has_no_reason(tell: Tell) -> None:
    assert tell("days_since_last_order", mean_gap_days=31) is None


def test_amounts_shares_and_decimals_are_written_as_the_language_writes_them(
    tell: Tell, language: str
) -> None:
    spent = tell("net_revenue_90d", net_revenue_90d=1234.6, net_revenue_prior_90d=0)
    rated = tell("csat_365d", csat_365d=2.25, last_csat=1)
    returned = tell("refund_share_365d", refund_share_365d=0.286, refunds_90d=2)

    assert (spent, rated, returned) == {
        "en": (
            "Spent EUR 1,235 in the last 90 days, EUR 0 in the 90 before",
            "Rated support 2.2 of 5 on average; 1.0 the last time",
            "29 % of the year's orders were returned; returns in the last 90 days: 2",
        ),
        "zh": (
            "近 90 天消费 1,235 EUR，之前 90 天 0 EUR",
            "对客服平均评分 2.2（满分 5）；最近一次 1.0",
            "近一年 29% 的订单被退货；近 90 天退货 2 次",
        ),
    }.get(language)


def test_one_day_is_singular_and_a_negative_number_has_a_minus(tell: Tell, language: str) -> None:
    written = tell("days_since_negative_text", days_since_negative_text=1.2, negative_texts_90d=1)
    scored = tell("sentiment_90d", sentiment_90d=-0.5)

    assert (written, scored) == {
        "en": (
            "Last negative text 1 day ago; in the last 90 days: 1",
            "Sentiment of texts in the last 90 days: −0.5 on a scale from −1 to 1",
        ),
        "zh": (
            "最近一条负面留言在 1 天前；近 90 天共 1 条",
            "近 90 天留言的情绪得分为 −0.5（−1 为负面，1 为正面）",
        ),
    }.get(language)


def test_a_yes_or_no_is_a_word(tell: Tell, language: str) -> None:
    assert (
        tell("marketing_consent", marketing_consent=False)
        == {
            "en": "Consent to marketing: no",
            "zh": "是否同意接收营销信息：否",
        }[language]
    )


def test_a_reason_quotes_a_text_unchanged(tell: Tell) -> None:
    reason = tell("country", country="D'E {x}")

    assert reason is not None
    assert reason.endswith("D'E {x}")


def test_every_feature_of_the_catalogue_has_a_reason_without_gaps(
    queries: dict[str, str], language: str
) -> None:
    known: dict[str, object] = {"varchar": "plus", "boolean": True, "double": 3}
    features = [row["feature"] for row in catalogue()]
    texts = reasons(
        queries[language],
        features,
        {name: known[kind] for name, kind in columns().items()} | {"purchase_days_lifetime": 4},
    )

    assert len(texts) == len(features)
    for feature, reason in zip(features, texts, strict=True):
        assert reason, feature
        assert not re.search(r"[{}]", reason), reason


def test_a_feature_outside_the_catalogue_has_no_reason(tell: Tell) -> None:
    assert tell("shoe_size") is None
