from __future__ import annotations

import dagster as dg

from deployment.config import DeploymentConfig
from orchestration.asset_keys import PUBLISHED
from orchestration.partitions import daily_partitions


def test_partitions_of_data_that_ends_do_not_depend_on_the_clock(
    definitions: dg.Definitions, demo_config: DeploymentConfig
) -> None:
    partitions = definitions.resolve_asset_graph().get(PUBLISHED).partitions_def
    assert partitions is not None
    days = partitions.get_partition_keys()
    assert (days[0], days[-1]) == (str(demo_config.first_date), str(demo_config.last_date))


def test_partitions_without_a_last_date_are_days_of_the_companys_time_zone(
    demo_config: DeploymentConfig,
) -> None:
    partitions = daily_partitions(demo_config.model_copy(update={"last_date": None}))
    assert isinstance(partitions, dg.DailyPartitionsDefinition)
    assert partitions.get_first_partition_key() == str(demo_config.first_date)
    assert partitions.timezone == demo_config.time_zone
