from __future__ import annotations

import pyarrow as pa
import pytest

from ml.segments.customer_groups import customer_groups


@pytest.fixture
def features() -> pa.Table:
    return pa.table(
        {
            "orders_lifetime": pa.array([1, 2, 4, 5, 0, None], pa.int32()),
            "active_subscriptions": pa.array([0, None, 0, 0, 0, 2], pa.int32()),
            "tenure_days": pa.array([0, 89, 90, 364, 365, 730], pa.int32()),
            "plan": pa.array(["basic", "basic", None, "plus", "basic", "basic"]),
            "contract_plan": pa.array([None, None, None, None, None, "pro"]),
            "country": pa.array(["DE", "FR", None, "DE", "DE", "DE"]).dictionary_encode(),
        }
    )


def test_groups_are_read_from_the_features(features: pa.Table) -> None:
    assert customer_groups(features) == {
        "lifecycle_stage": [
            "first_purchase",
            "repeat",
            "repeat",
            "loyal",
            "prospect",
            "subscriber",
        ],
        "tenure": [
            "under 90 days",
            "under 90 days",
            "90 to 364 days",
            "90 to 364 days",
            "365 to 729 days",
            "730 days or more",
        ],
        "plan": ["basic", "basic", None, "plus", "basic", "pro"],
        "country": ["DE", "FR", None, "DE", "DE", "DE"],
    }


def test_a_missing_column_gives_no_dimension(features: pa.Table) -> None:
    assert set(customer_groups(features.drop_columns(["tenure_days", "country"]))) == {
        "lifecycle_stage",
        "plan",
    }
    unknown = features.set_column(5, "country", pa.nulls(len(features), pa.string()))
    assert "country" not in customer_groups(unknown)
    assert customer_groups(features.select([])) == {}


def test_a_contract_s_plan_makes_a_subscriber_where_nothing_counts_the_contracts(
    features: pa.Table,
) -> None:
    groups = customer_groups(features.drop_columns(["active_subscriptions"]))

    assert groups["lifecycle_stage"][-1] == "subscriber"
    contracts = features.select(["contract_plan"])
    assert customer_groups(contracts)["lifecycle_stage"] == [None] * 5 + ["subscriber"]


def test_rows_in_several_chunks_keep_their_order(features: pa.Table) -> None:
    twice = pa.concat_tables([features, features.slice(1)])

    once = customer_groups(features)["tenure"]
    assert customer_groups(twice)["tenure"] == [*once, *once[1:]]
