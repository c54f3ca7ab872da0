from collections.abc import Iterator

import dagster as dg

from orchestration.recorded_checks import RecordedCheck, recorded_checks


@dg.asset(name="table", check_specs=[dg.AssetCheckSpec("is_right", asset="table")])
def table() -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
    yield dg.MaterializeResult()
    yield dg.AssetCheckResult(
        passed=False,
        check_name="is_right",
        severity=dg.AssetCheckSeverity.WARN,
        description="It is wrong.",
    )


def test_results_are_read_with_their_run_the_latest_first() -> None:
    key = dg.AssetCheckKey(dg.AssetKey("table"), "is_right")
    with dg.DagsterInstance.ephemeral() as instance:
        assert recorded_checks(instance, key) == []
        runs = [dg.materialize([table], instance=instance).run_id for _ in range(2)]
        assert recorded_checks(instance, key, 5) == [
            RecordedCheck(run, passed=False, is_error=False, description="It is wrong.")
            for run in reversed(runs)
        ]
