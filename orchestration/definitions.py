"""The code location: every asset, check, job, schedule and sensor of one deployment.

Which deployment is said by HOLDFAST_CONFIG and HOLDFAST_HOME. Importing this module reads nothing
and writes nothing; Dagster calls `defs` when it loads the location.
"""

import logging
import warnings
from collections.abc import Mapping
from typing import Any

import dagster as dg

from deployment.config import DeploymentConfig
from deployment.config_file import config_path_from_env, load_config
from deployment.home import Home
from orchestration.assets.drift import drift_assets
from orchestration.assets.ingest import raw_assets
from orchestration.assets.publish import published_asset
from orchestration.assets.scoring import churn_scores_asset
from orchestration.assets.segmentation import behaviour_groups_asset
from orchestration.assets.texts import text_model_asset, text_scores_assets
from orchestration.assets.training import model_assets
from orchestration.assets.warehouse import warehouse_assets
from orchestration.automation import new_drops_sensor, schedules
from orchestration.checks.gates import drift_gate, gates
from orchestration.jobs import jobs
from orchestration.model_record import CHURN_MODEL
from orchestration.partitions import daily_partitions
from orchestration.resources import build_resources
from orchestration.runtime.dbt import Dbt

TERMINAL_LOGGER = "terminal"


def _silent(context: dg.InitLoggerContext) -> logging.Logger:
    del context
    logger = logging.getLogger("holdfast.silent")
    logger.addHandler(logging.NullHandler())
    logger.propagate = False
    return logger


SILENT = dg.LoggerDefinition(_silent, description="Says nothing: the run's log is in the UI.")


def build_defs(
    *,
    config: DeploymentConfig | None = None,
    home: Home | None = None,
    manifest: Mapping[str, Any] | None = None,
    resources: Mapping[str, object] | None = None,
    logger: dg.LoggerDefinition = SILENT,
) -> dg.Definitions:
    """Everything that Dagster knows of a deployment.

    Args:
        config: the deployment; without it the one that the environment names.
        home: its home; without it the one that the environment names.
        manifest: of the dbt project; without it the project's own, parsed anew if it has changed.
        resources: replacements by name, for tests.
        logger: how a terminal that executes a run is told of it.

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
    # Single-run backfills and partitioned checks may change in later versions; this one is pinned.
    warnings.filterwarnings("ignore", category=dg.BetaWarning)
    warnings.filterwarnings("ignore", category=dg.PreviewWarning)
    return dg.Definitions(
        assets=[
            *(
                raw_assets(name, source, config, partitions)
                for name, source in config.sources.items()
            ),
            *warehouse_assets(manifest, config, partitions),
            text_model_asset(config, partitions),
            text_scores_assets(config, partitions),
            model_assets(config, partitions),
            behaviour_groups_asset(config, partitions),
            drift_assets(config, partitions, CHURN_MODEL),
            churn_scores_asset(config, partitions, CHURN_MODEL),
            published_asset(manifest, config, partitions),
        ],
        asset_checks=[*gates(partitions), drift_gate(partitions, config.drift)],
        jobs=jobs(),
        schedules=schedules(config),
        sensors=[new_drops_sensor(config)],
        resources=given,
        executor=dg.in_process_executor,
        loggers={TERMINAL_LOGGER: logger},
    )


@dg.definitions
def defs() -> dg.Definitions:
    """The deployment that the environment names."""
    return build_defs()
