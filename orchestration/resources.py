"""Resources: the deployment's configuration, home, warehouse, dbt project and model registries.

Work on them does not belong here: a resource is what an asset's function takes as a parameter.
"""

from __future__ import annotations

from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from deployment.config import DeploymentConfig, deployment_vars
from deployment.engine.limits import EngineLimits
from deployment.errors import HoldfastError
from deployment.home import Home
from deployment.secrets import reveal
from ml.config import TrainingSettings
from ml.errors import ModelError
from ml.registry.version_index import IndexedModels, VersionIndex
from warehouse.connection import Warehouse

if TYPE_CHECKING:
    from ml.churn.model import LoadedModel
    from ml.registry.churn_registry import ChurnRegistry
    from ml.registry.rollback import Rollback
    from ml.registry.text_registry import TextRegistry
    from ml.registry.uplift_registry import UpliftRegistry
    from ml.texts.model import LoadedTextModel
    from ml.uplift.uplift_training import LoadedUplift


class Models:
    """The models of a deployment: its registries, and the models in use without opening those.

    Importing MLflow takes seconds. `registry` and `texts` import it at their first use; a step that
    only needs models in use takes `churn_models` or `text_models`.
    """

    def __init__(self, home: Home, config: DeploymentConfig) -> None:
        """Point at a home's registries; experiments and models are named after the deployment."""
        self._home = home
        self._slug = config.slug

    @cached_property
    def registry(self) -> ChurnRegistry:
        """The churn models."""
        from ml.registry.churn_registry import ChurnRegistry

        return ChurnRegistry(*self._place("churn"))

    @cached_property
    def texts(self) -> TextRegistry:
        """The text models (sentiment and topic)."""
        from ml.registry.text_registry import TextRegistry

        return TextRegistry(*self._place("texts"))

    @cached_property
    def churn_models(self) -> IndexedModels[LoadedModel]:
        """The churn models in use by date, read through the version index."""
        from ml.churn.model import ChurnModel, LoadedModel

        def read(folder: Path, version: str, as_of: date) -> LoadedModel:
            return LoadedModel(ChurnModel.load(folder), version, as_of)

        return IndexedModels(self.index, f"{self._slug}-churn", self._home.mlflow_artifacts, read)

    @cached_property
    def text_models(self) -> IndexedModels[LoadedTextModel]:
        """The text models in use by date, read through the version index."""
        from ml.texts.model import LoadedTextModel, TextModel

        def read(folder: Path, version: str, as_of: date) -> LoadedTextModel:
            return LoadedTextModel(TextModel.load(folder), version, as_of)

        return IndexedModels(self.index, f"{self._slug}-texts", self._home.mlflow_artifacts, read)

    def uplift(self, action_id: str) -> UpliftRegistry:
        """The learners of an action's effect on single customers."""
        from ml.registry.uplift_registry import UpliftRegistry

        return UpliftRegistry(*self._place(f"uplift-{action_id}"))

    def learners(self, as_of: date) -> dict[str, LoadedUplift]:
        """The learners in use on a date by action, read through the version index."""
        from ml.uplift.uplift_learner import UpliftLearner
        from ml.uplift.uplift_training import LoadedUplift

        def read(folder: Path, version: str, as_of: date) -> LoadedUplift:
            return LoadedUplift(UpliftLearner.load(folder), version, as_of)

        prefix, artifacts = f"{self._slug}-uplift-", self._home.mlflow_artifacts
        found = {
            model.removeprefix(prefix): IndexedModels(self.index, model, artifacts, read)
            for model in self.index.models(prefix)
        }
        return {
            action: learner
            for action, models in found.items()
            if (learner := models.latest(as_of)) is not None
        }

    @cached_property
    def index(self) -> VersionIndex:
        """The registered versions of all models."""
        database = self._home.mlflow_database
        return VersionIndex(database, database.with_name("versions.json"))

    def rollback(
        self, kind: Literal["churn", "texts"], at: datetime, to: str | None, reason: str | None
    ) -> Rollback:
        """Roll back a registry's model to version `to`, or to the previous one.

        Raises:
            HoldfastError: there is no such version, or it is the one in use.
        """
        registry = self.texts if kind == "texts" else self.registry
        try:
            return registry.rollback(at, to, reason)
        except ModelError as error:
            raise HoldfastError(str(error)) from error

    def withdraw_learner(self, action_id: str, at: datetime, reason: str | None) -> str:
        """Take the uplift learner of an action out of use, and return its version.

        Raises:
            HoldfastError: no learner is in use for the action.
        """
        try:
            return self.uplift(action_id).withdraw(at, reason)
        except ModelError as error:
            raise HoldfastError(str(error)) from error

    def _place(self, kind: str) -> tuple[str, Path, str, str]:
        """A registry's store and artefact folder, and the names of its experiment and model.

        Creates the store if there is none.
        """
        from ml.registry.store import ensure_store

        ensure_store(self._home.mlflow_database)
        name = f"{self._slug}-{kind}"
        return self._home.mlflow_tracking_uri, self._home.mlflow_artifacts, name, name


def training_settings(config: DeploymentConfig) -> TrainingSettings:
    """Settings of a training from the deployment's configuration."""
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


def assignment_key(config: DeploymentConfig) -> str | None:
    """The configured key of the actions' random draws, with its secrets looked up.

    Raises:
        SecretError: a secret that the key names is not set.
    """
    key = config.actions.assignment_key
    return reveal(key) if key else None


def build_resources(config: DeploymentConfig, home: Home) -> dict[str, object]:
    """The resources of a deployment by their parameter's name in assets."""
    from orchestration.runtime.dbt import Dbt

    return {
        "home": home,
        "config": config,
        "warehouse": Warehouse.of(config, home),
        "dbt": Dbt(
            home,
            deployment_vars(config),
            limits=EngineLimits.of(config.engine, home),
            engine=config.engine,
        ),
        "models": Models(home, config),
    }
