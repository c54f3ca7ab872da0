from __future__ import annotations

import pyarrow as pa
import pytest

from ml.schemas import feature_names
from ml.segments.evaluation_slices import evaluation_slices


@pytest.fixture
def examples() -> pa.Table:
    return pa.table(
        {
            "orders_lifetime": pa.array([1, 2, 4, 5, 0, None], pa.int32()),
            "lifecycle_stage": pa.array(["repeat", "loyal", None, "trial", "prospect", "loyal"]),
            "tenure_days": pa.array([0, 89, 90, 364, 365, 730], pa.int32()),
            "plan": pa.array(["basic", "basic", None, "plus", "basic", "basic"]),
            "contract_plan": pa.array([None, None, None, None, None, "pro"]),
            "country": pa.array(["DE", "FR", None, "DE", "DE", "DE"]).dictionary_encode(),
        }
    )


def test_slices_are_columns_of_the_examples(examples: pa.Table) -> None:
    assert evaluation_slices(examples) == {
        "lifecycle_stage": ["repeat", "loyal", None, "trial", "prospect", "loyal"],
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


def test_the_stage_is_read_as_published_and_is_no_feature(examples: pa.Table) -> None:
    without = examples.drop_columns(["lifecycle_stage"])

    assert "lifecycle_stage" not in evaluation_slices(without)
    assert "lifecycle_stage" not in feature_names(examples)


def test_a_missing_or_unknown_column_gives_no_dimension(examples: pa.Table) -> None:
    assert set(evaluation_slices(examples.drop_columns(["tenure_days", "country"]))) == {
        "lifecycle_stage",
        "plan",
    }
    unknown = examples.set_column(5, "country", pa.nulls(len(examples), pa.string()))
    assert "country" not in evaluation_slices(unknown)
    assert evaluation_slices(examples.select([])) == {}


def test_rows_in_several_chunks_keep_their_order(examples: pa.Table) -> None:
    once = evaluation_slices(examples)["tenure"]

    twice = pa.concat_tables([examples, examples.slice(1)])
    assert evaluation_slices(twice)["tenure"] == [*once, *once[1:]]


def test_customers_are_reachable_or_overdue_as_dbt_says_and_it_is_no_feature(
    examples: pa.Table,
) -> None:
    known = pa.array([True, False, None, True, False, True])
    reported = examples.append_column("is_reachable", known)

    groups = ["reachable", "overdue", None, "reachable", "overdue", "reachable"]
    assert evaluation_slices(reported)["reachability"] == groups
    assert feature_names(reported) == feature_names(examples)
