from __future__ import annotations

from datetime import date

import dagster as dg

from orchestration.asset_keys import COPIES, COPY_IS_CURRENT
from orchestration.recorded_copies import RecordedCopy, recorded_copies


def test_a_copy_is_reported_with_its_version_and_the_problem_of_its_latest_check() -> None:
    key = COPIES["parquet"]
    with dg.DagsterInstance.ephemeral() as instance:
        assert recorded_copies(instance, ["parquet"]) == [RecordedCopy("parquet", None, None, None)]
        instance.report_runless_asset_event(
            dg.AssetMaterialization(key, metadata={"version": 7, "as_of_date": "2026-06-30"})
        )
        for passed, problem in ((True, None), (False, "No space left")):
            instance.report_runless_asset_event(
                dg.AssetCheckEvaluation(
                    asset_key=key,
                    check_name=COPY_IS_CURRENT,
                    passed=passed,
                    description="No space left",
                )
            )
            assert recorded_copies(instance, ["parquet"]) == [
                RecordedCopy("parquet", 7, date(2026, 6, 30), problem)
            ]
    assert recorded_copies(instance, []) == []
