"""Checks run on a table that stands for their asset."""

from __future__ import annotations

from collections.abc import Callable

import dagster as dg
import pytest

DAY = "2026-06-30"
PARTITIONS = dg.StaticPartitionsDefinition([DAY])

Evaluate = Callable[..., dg.AssetCheckEvaluation]


@pytest.fixture
def evaluate() -> Evaluate:
    """Evaluate a check for `DAY`, with its resources by name."""

    def run(check: dg.AssetChecksDefinition, **resources: object) -> dg.AssetCheckEvaluation:
        (spec,) = check.check_specs

        @dg.asset(key=spec.asset_key, partitions_def=PARTITIONS)
        def table() -> None: ...

        with dg.DagsterInstance.ephemeral() as instance:
            result = (
                dg.Definitions(
                    assets=[table],
                    asset_checks=[check],
                    jobs=[dg.define_asset_job("day")],
                    resources=resources,
                )
                .resolve_job_def("day")
                .execute_in_process(instance=instance, partition_key=DAY, raise_on_error=False)
            )
        (evaluation,) = result.get_asset_check_evaluations()
        return evaluation

    return run
