"""Rolling-origin evaluation: the training repeated on the holdouts before the latest one."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pyarrow as pa

from ml.churn.split import NotEnoughHistoryError, matured, split_examples
from ml.config import TrainingSettings
from ml.metrics.classification import classification_metrics
from ml.schemas import labels_of
from ml.training.baselines import baselines
from ml.training.model_fitting import Signs, fit_model, fit_purchase_model, shortage_of
from ml.training.training_result import OriginResult

# Share of the maximum number of rows that each earlier origin is trained on.
ROWS_SHARE = 5


def earlier_origins(
    known: pa.Table, settings: TrainingSettings, as_of: date, signs: Signs
) -> tuple[OriginResult, ...]:
    """Evaluate models trained as of earlier days, `step_days` apart, latest first, untuned.

    The purchase model of an earlier origin is fitted on the eligible customers of its holdout,
    because `known` has no others. The evaluation ends at the first origin with too little history.
    A sample of a large company is trained as the whole would be (`settings.sampled_from`): by the
    slow learning rate of as small a company, two origins took longer than the training itself.

    Args:
        known: labelled rows whose label windows have passed by `as_of`.
        settings: those of the training; `earlier_origins` is the number of origins, `sampled_from`
            the number of rows that the training was fitted on.
        as_of: the day of the training.
        signs: monotone constraints by feature.
    """
    reduced = of_an_origin(settings)
    origins: list[OriginResult] = []
    for number in range(1, settings.earlier_origins + 1):
        origin = _origin(known, reduced, as_of - number * settings.step, signs)
        if origin is None:
            break
        origins.append(origin)
    return tuple(origins)


def of_an_origin(settings: TrainingSettings) -> TrainingSettings:
    """The settings of an earlier origin of a training."""
    return replace(
        settings, tuning_trials=0, earlier_origins=0, max_rows=settings.max_rows // ROWS_SHARE
    )


def _origin(
    known: pa.Table, settings: TrainingSettings, as_of: date, signs: Signs
) -> OriginResult | None:
    """One origin; None if the history is too short or a part has too few rows."""
    try:
        split, parts = split_examples(matured(known, settings, as_of), settings)
    except NotEnoughHistoryError:
        return None
    if shortage_of(parts):
        return None
    purchase_model = fit_purchase_model(parts.holdout, settings)
    model = fit_model(parts, split, settings, as_of, purchase_model, signs).model
    labels = labels_of(parts.holdout)
    return OriginResult(
        holdout=split.holdout,
        customers=len(parts.holdout),
        metrics=classification_metrics(labels, model.predict(parts.holdout, settings.threads)),
        baselines={
            baseline.name: classification_metrics(labels, baseline.probabilities)
            for baseline in baselines(parts.past, parts.holdout, purchase_model, settings)
            if baseline.probabilities is not None
        },
    )
