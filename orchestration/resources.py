"""What assets are given: the deployment's configuration, warehouse, dbt project and models."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from ml.config import TrainingSettings
from orchestration.config import DeploymentConfig, deployment_vars
from orchestration.home import Home
from orchestration.transform import Dbt
from orchestration.warehouse import Warehouse

if TYPE_CHECKING:
    from ml.registry import Registry


class Models:
    """The model registry, opened when a step first needs it: MLflow takes seconds to import."""

    def __init__(self, home: Home, config: DeploymentConfig) -> None:
        """Point at a home's registry; experiment and model are named after the deployment."""
        self._home = home
        self._name = f"{config.slug}-churn"

    @cached_property
    def registry(self) -> Registry:
        """The registry itself."""
        from ml.registry import Registry

        return Registry(
            tracking_uri=self._home.mlflow_tracking_uri,
            artifact_root=self._home.mlflow_artifacts,
            experiment=self._name,
            model_name=self._name,
        )


def training_settings(config: DeploymentConfig) -> TrainingSettings:
    """What a training run is told, from the deployment's configuration."""
    return TrainingSettings(
        kind=config.churn.kind,
        horizon_days=config.churn.horizon_days,
        step_days=config.training.step_days,
        min_history_days=config.training.min_history_days,
        max_rows=config.training.max_rows,
        tuning_trials=config.training.tuning_trials,
        earlier_origins=config.training.earlier_origins,
        max_solo_auc=config.training.max_solo_auc,
        trusted_features=frozenset(config.training.trusted_features),
        medium_risk=config.risk_tiers.medium,
        high_risk=config.risk_tiers.high,
        economics=config.retention.economics(),
        seed=config.training.seed,
    )


def build_resources(config: DeploymentConfig, home: Home) -> dict[str, object]:
    """The resources of a deployment by the name under which assets ask for them."""
    return {
        "home": home,
        "config": config,
        "warehouse": Warehouse(home.warehouse, config.time_zone),
        "dbt": Dbt(home, deployment_vars(config)),
        "models": Models(home, config),
    }
