"""Settings of a training run: dates, sample sizes and boosting parameters."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from ml.economics import PAPER_ECONOMICS, RetentionEconomics
from ml.errors import ModelError

ChurnKind = Literal["non_contractual", "contractual"]


@dataclass(frozen=True)
class TrainingSettings:
    """Settings of one training run; the defaults suit a shop with a churn horizon of 90 days.

    Days are calendar days and sizes are rows. `max_depth` and `learning_rate` depend on the number
    of training rows where they are None (`ml.churn.gradient_boosting`). `tuning_trials` is the
    number of trials of the boosting parameters (`ml.training.tuning`). `earlier_origins` is the
    number of earlier holdouts of the rolling-origin evaluation (`ml.training.rolling_origin`).
    `sampled_from` is the number of rows that a training is a sample of: it has the depth, the
    learning rate and the steps of a training on so many. None where it is no sample. A feature
    whose own ROC AUC exceeds `max_solo_auc`, unless it is trusted, stops the training
    (`ml.training.leakage`). Risk tiers and economics are used by the evaluation only.

    The other boosting defaults were chosen on six cutoffs of a real shop, from June and July 2010,
    before its reported holdout, 1 September; the label window of the latest ends after that date.

    Raises:
        ModelError: a setting is outside its range; the message names it.
    """

    kind: ChurnKind = "non_contractual"
    horizon_days: int = 90
    step_days: int = 30
    min_history_days: int = 90
    max_cutoffs: int = 24
    max_rows: int = 500_000
    max_early_stopping_rows: int = 100_000
    sampled_from: int | None = None
    seed: int = 7
    threads: int = 2
    tuning_trials: int = 0
    earlier_origins: int = 0
    max_solo_auc: float = 0.9
    trusted_features: frozenset[str] = frozenset()
    medium_risk: float = 0.4
    high_risk: float = 0.7
    economics: RetentionEconomics = PAPER_ECONOMICS

    max_depth: int | None = None
    learning_rate: float | None = None
    min_child_weight: float = 10.0
    subsample: float = 0.8
    colsample_bytree: float = 0.3
    reg_lambda: float = 10.0
    max_bin: int = 64
    max_rounds: int = 1_000
    early_stopping_rounds: int = 30

    def __post_init__(self) -> None:
        """Check the ranges of the settings."""
        if self.kind not in ("non_contractual", "contractual"):
            raise ModelError(f"kind: expected non_contractual or contractual, found {self.kind!r}")
        for name in (
            "horizon_days",
            "step_days",
            "max_cutoffs",
            "max_rows",
            "max_early_stopping_rows",
            "threads",
            "max_rounds",
            "early_stopping_rounds",
        ):
            value = getattr(self, name)
            if value < 1:
                raise ModelError(f"{name}: expected a whole number of at least 1, found {value}")
        for name in ("tuning_trials", "earlier_origins"):
            if getattr(self, name) < 0:
                raise ModelError(f"{name}: expected 0 or more, found {getattr(self, name)}")
        if not 0.5 < self.max_solo_auc <= 1:
            raise ModelError(f"max_solo_auc: expected above 0.5, at most 1: {self.max_solo_auc}")
        if self.min_history_days < 0:
            raise ModelError(f"min_history_days: expected 0 or more, found {self.min_history_days}")

    def procedure_rows(self, rows: int) -> int:
        """Number of rows by which the procedure of a training on `rows` rows is chosen."""
        return max(rows, self.sampled_from or 0)

    @property
    def horizon(self) -> timedelta:
        """Length of the label window and of the gap before the holdout."""
        return timedelta(days=self.horizon_days)

    @property
    def step(self) -> timedelta:
        """Distance between two neighbouring cutoffs."""
        return timedelta(days=self.step_days)

    @property
    def min_history(self) -> timedelta:
        """Minimum length of history before a cutoff."""
        return timedelta(days=self.min_history_days)
