"""Rolling origins: the model as it scored each past date, compared with its peers and the outcome.

On each date everything that is fitted knows only what was known on that date. The champion is
trained and moved to its level as the pipeline does it on that day, and the peers are fitted on all
labels known then.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from evaluation.logs import TrainingData
from evaluation.peers import plain_xgboost
from ml.churn.model import ChurnModel, LoadedModel
from ml.churn.score import forecast_level
from ml.churn.split import NotEnoughHistoryError, matured, open_dates, split_examples
from ml.config import TrainingSettings
from ml.level.hazard_ratio import log_ratio
from ml.level.level_model import Level, leaving_interval, rate_interval, spread_of
from ml.metrics.calibration import calibration_error
from ml.metrics.classification import log_loss
from ml.metrics.intervals import Interval
from ml.metrics.ranking import roc_auc
from ml.metrics.tiers import Tier, by_tier
from ml.metrics.uncertainty import log_loss_difference
from ml.monitoring.performance_estimate import SCORE, estimate_performance, estimation_sample
from ml.schemas import (
    CHURNED,
    CUSTOMER_ID,
    IS_AWAY,
    RETURNED_AFTER_DAYS,
    SNAPSHOT_DATE,
    labels_of,
)
from ml.training.baselines import baselines
from ml.training.latest_fit import with_latest_fit
from ml.training.model_fitting import fit_model, fit_purchase_model, shortage_of

# Dates with calibrated probabilities that the calibration error of chance is taken from.
DRAWS, SEED = 200, 17


@dataclass(frozen=True)
class TierOutcome:
    """A risk tier of a date, and the 95 % interval of its rate as expected on the day.

    The interval has the uncertainty of the level and the sampling error of the tier.
    """

    tier: Tier
    low: float
    high: float

    @property
    def is_within(self) -> bool:
        """Return whether the realised rate lies in the interval."""
        return self.low <= self.tier.churn_rate.estimate <= self.high

    @property
    def is_within_sampling(self) -> bool:
        """Return whether the mean prediction lies in the interval of the realised rate."""
        return self.tier.churn_rate.low <= self.tier.mean_predicted <= self.tier.churn_rate.high


@dataclass(frozen=True)
class Origin:
    """A date of the past, as it was scored on the day itself, and what happened.

    Attributes:
        day: the date.
        level: forecast of its churn rate.
        labels: outcomes of shape (customers,).
        probabilities: the champion's, of shape (customers,).
        peers: those of each peer, by name.
        spread: standard deviation of the log factor around the forecast of the level; None for
            contracts.
        estimate: row of `PERFORMANCE_ESTIMATES`, known on the day; empty without an estimate.
        holdout: outcomes and scores of the holdout, the latest date whose figures were known.
    """

    day: date
    level: Level
    labels: NDArray[np.bool_]
    probabilities: NDArray[np.float64]
    peers: dict[str, NDArray[np.float64]]
    spread: float | None
    estimate: dict[str, Any]
    holdout: tuple[NDArray[np.bool_], NDArray[np.float64]]

    @property
    def churn_rate(self) -> float:
        """The realised rate."""
        return float(self.labels.mean())

    @property
    def level_ratio(self) -> float:
        """Mean predicted probability divided by the realised rate."""
        return float(self.probabilities.mean()) / self.churn_rate

    @property
    def is_within(self) -> bool:
        """Return whether the realised rate lies in the interval of the level."""
        return self.level.low <= self.churn_rate <= self.level.high

    @property
    def roc_auc(self) -> float:
        """ROC AUC of the champion."""
        return roc_auc(self.labels, self.probabilities)

    @property
    def log_losses(self) -> dict[str, float]:
        """Log loss of the champion and of each peer."""
        every = {"champion": self.probabilities, **self.peers}
        return {name: log_loss(self.labels, values) for name, values in every.items()}

    @property
    def best_peer(self) -> str:
        """The peer with the lowest log loss."""
        return min(self.peers, key=lambda name: log_loss(self.labels, self.peers[name]))

    def against_best(self) -> Interval:
        """Log loss of the champion minus that of the best peer, with its paired 95 % interval."""
        return log_loss_difference(self.labels, self.probabilities, self.peers[self.best_peer])

    @property
    def calibration_error(self) -> float:
        """Mean absolute difference of predicted and realised rate over ten equal groups."""
        return calibration_error(self.labels, self.probabilities)

    def chance_error(self) -> float:
        """The calibration error that calibrated probabilities stay below on 95 % of such dates."""
        random = np.random.default_rng(SEED)
        drawn = random.random((DRAWS, len(self.probabilities))) < self.probabilities
        errors = [calibration_error(labels, self.probabilities) for labels in drawn]
        return float(np.quantile(errors, 0.95))

    def shape_error(self) -> float:
        """Calibration error of the probabilities moved to the realised level."""
        factor = log_ratio(self.probabilities, self.churn_rate)
        return calibration_error(self.labels, self.probabilities ** np.exp(factor))

    def _expected(self, probabilities: NDArray[np.float64]) -> tuple[float, float]:
        """Interval of the rate of some customers, as expected on the day."""
        if self.spread is None:
            return leaving_interval(probabilities)
        return rate_interval(probabilities, 0.0, self.spread)

    def tiers(self, settings: TrainingSettings) -> tuple[TierOutcome, ...]:
        """Each risk tier with customers, with the interval in which its rate was expected."""
        values = self.probabilities
        members = (
            values >= settings.high_risk,
            (values >= settings.medium_risk) & (values < settings.high_risk),
            values < settings.medium_risk,
        )
        tiers = by_tier(self.labels, values, settings.medium_risk, settings.high_risk)
        return tuple(
            TierOutcome(tier, *self._expected(values[inside]))
            for tier, inside in zip(tiers, members, strict=True)
            if tier.customers
        )


def rolling_origins(data: TrainingData) -> Iterator[Origin]:
    """Each labelled date of the data on which a model could be trained, ascending.

    Args:
        data: examples of all cutoffs of one run; the features of a date use nothing later.
    """
    settings = replace(data.settings, tuning_trials=0, earlier_origins=0)
    days = data.examples[SNAPSHOT_DATE].cast(pa.date32()).unique().to_pylist()
    for day in sorted(days):
        origin = _origin(data, settings, day)
        if origin is not None:
            yield origin


def _origin(data: TrainingData, settings: TrainingSettings, day: date) -> Origin | None:
    """One date; None if too little was known on it."""
    known = matured(data.examples, settings, day + settings.horizon)
    try:
        split, parts = split_examples(matured(data.examples, settings, day), settings)
        _, later = split_examples(known, settings)
    except NotEnoughHistoryError:
        return None
    if shortage_of(parts):
        return None
    purchase_model = fit_purchase_model(parts.holdout, settings)
    fitted = fit_model(parts, split, settings, day, purchase_model, data.signs)
    before = fitted.model.predict(parts.holdout, settings.threads)
    used = LoadedModel(with_latest_fit(fitted, parts, before, data.signs), "0", day)
    scoring = used.model.for_scoring
    margins = scoring.predictor(settings.threads).margins(later.holdout)
    own = scoring.calibrator.apply(margins)
    windows = _windows(data, settings, day) if scoring.level else data.examples.slice(0, 0)
    level = forecast_level(used, day, own, windows, settings.threads)
    probabilities = scoring.calibrator.apply(margins, level.log_ratio)
    latest = fit_purchase_model(later.holdout, settings)
    peers = {
        peer.name: peer.probabilities
        for peer in baselines(later.past, later.holdout, latest, settings)
        if peer.probabilities is not None
    }
    peers["plain XGBoost"] = plain_xgboost(
        replace(data, examples=known, as_of=day + settings.horizon, settings=settings)
    )
    return Origin(
        day=day,
        level=level,
        labels=labels_of(later.holdout),
        probabilities=probabilities,
        peers=peers,
        spread=None if settings.kind == "contractual" else spread_of(scoring.level, level.season),
        estimate=_estimate(used.model, parts.holdout, before, later.holdout, probabilities),
        holdout=(labels_of(parts.holdout), before),
    )


def _estimate(
    model: ChurnModel,
    holdout: pa.Table,
    before: NDArray[np.float64],
    today: pa.Table,
    probabilities: NDArray[np.float64],
) -> dict[str, Any]:
    """The performance that is expected of a date's probabilities, as on the day."""
    sample = model.extend(estimation_sample(today.drop_columns([CHURNED])))
    row = estimate_performance(
        model.extend(holdout).append_column(SCORE, pa.array(before)),
        sample.append_column(SCORE, pa.array(model.predict(sample))),
        today.select([CUSTOMER_ID, SNAPSHOT_DATE]).append_column(SCORE, pa.array(probabilities)),
        "0",
        model.feature_shares(holdout),
    )
    found: dict[str, Any] = row.to_pylist()[0]
    return found


def _windows(data: TrainingData, settings: TrainingSettings, day: date) -> pa.Table:
    """Open windows of a day: the examples of earlier dates with what was known on the day."""
    days = data.examples[SNAPSHOT_DATE].cast(pa.date32())
    some = data.examples.filter(pc.is_in(days, pa.array(open_dates(day, settings), pa.date32())))
    age = pc.days_between(some[SNAPSHOT_DATE].cast(pa.date32()), pa.scalar(day))
    returned = pc.fill_null(pc.less_equal(some[RETURNED_AFTER_DAYS], age), False)
    return some.append_column(IS_AWAY, pc.invert(returned))
