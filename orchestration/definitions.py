"""Definitions: the code location with every asset, check, job, schedule and sensor.

HOLDFAST_CONFIG and HOLDFAST_HOME name the deployment. Importing this module reads and writes
nothing; Dagster calls `defs` when it loads the location. Definitions of single assets, checks and
jobs do not belong here.
"""

import os
import warnings
from collections.abc import Mapping
from typing import Any

import dagster as dg

from deployment.config import DeploymentConfig
from deployment.config_file import config_path_from_env, load_config
from deployment.home import PRIVATE_UMASK, Home
from orchestration.assets.actions import action_decisions_asset, action_effects_assets
from orchestration.assets.behaviour_groups import behaviour_groups_asset
from orchestration.assets.drift import drift_assets
from orchestration.assets.hand_over import hand_over_asset
from orchestration.assets.published import published_asset
from orchestration.assets.published_copies import published_copies
from orchestration.assets.raw import raw_assets, removed_rows_asset
from orchestration.assets.scoring import churn_scores_asset
from orchestration.assets.texts import text_model_asset, text_scores_assets
from orchestration.assets.training import model_assets
from orchestration.assets.uplift import uplift_model_asset, uplift_scores_asset
from orchestration.assets.warehouse import warehouse_assets
from orchestration.automation import alert_sensors, new_drops_sensor, schedules
from orchestration.checks.drift import drift_check
from orchestration.checks.eligible_customers import eligible_customers_check
from orchestration.checks.scores import scores_check
from orchestration.jobs import jobs
from orchestration.loggers import RUN_LOGGER, SILENT
from orchestration.partitions import daily_partitions
from orchestration.resources import build_resources
from orchestration.runtime.dbt import Dbt


def build_defs(
    *,
    config: DeploymentConfig | None = None,
    home: Home | None = None,
    manifest: Mapping[str, Any] | None = None,
    resources: Mapping[str, object] | None = None,
    logger: dg.LoggerDefinition = SILENT,
) -> dg.Definitions:
    """The definitions of a deployment.

    Args:
        config: the deployment; by default the one that the environment names.
        home: its home; by default the one that the environment names.
        manifest: of the dbt project; by default the project's own, parsed again if it has changed.
        resources: replacements by name, for tests.
        logger: receives the events of a run in the process that executes it.

    Raises:
        ConfigError: the configuration is wrong.
        TransformError: the dbt project cannot be parsed.
    """
    home = home or Home.from_env()
    config = config or load_config(config_path_from_env())
    given = {**build_resources(config, home), **(resources or {})}
    if manifest is None:
        dbt = given["dbt"]
        assert isinstance(dbt, Dbt)
        manifest = dbt.manifest()
    partitions = daily_partitions(config)
    # Dagster warns of single-run backfills and partitioned checks as beta; its version is pinned.
    warnings.filterwarnings("ignore", category=dg.BetaWarning)
    warnings.filterwarnings("ignore", category=dg.PreviewWarning)
    return dg.Definitions(
        assets=[
            *(
                raw_assets(name, source, config, partitions)
                for name, source in config.sources.items()
            ),
            removed_rows_asset(config, partitions),
            *warehouse_assets(manifest, config, partitions),
            text_model_asset(config, partitions),
            text_scores_assets(config, partitions),
            model_assets(config, partitions),
            behaviour_groups_asset(config, partitions),
            drift_assets(config, partitions),
            churn_scores_asset(config, partitions),
            action_effects_assets(config, partitions),
            uplift_model_asset(config, partitions),
            uplift_scores_asset(config, partitions),
            action_decisions_asset(config, partitions),
            published_asset(manifest, config, partitions),
            *published_copies(manifest, config, partitions),
            hand_over_asset(config, partitions),
        ],
        asset_checks=[
            eligible_customers_check(partitions),
            scores_check(partitions),
            drift_check(partitions, config.drift),
        ],
        jobs=jobs(),
        schedules=schedules(config),
        sensors=[new_drops_sensor(config), *alert_sensors(config)],
        resources=given,
        executor=dg.in_process_executor,
        loggers={RUN_LOGGER: logger},
    )


@dg.definitions
def defs() -> dg.Definitions:
    """The deployment that the environment names."""
    # A daemon's run is a process of Dagster's, which has not been prepared by the command line.
    os.umask(PRIVATE_UMASK)
    return build_defs()
