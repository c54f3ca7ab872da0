"""Fitting of a churn model: base margin, tuning, boosting and calibration; or the base rate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ml.churn.base_margin import BaseMarginModel
from ml.churn.calibration import Calibrator, intercept_at
from ml.churn.gradient_boosting import (
    BinnedData,
    BoostingData,
    FittedBooster,
    empty_booster,
    fit_binned,
    refit_booster,
)
from ml.churn.model import ChurnModel, ModelFacts
from ml.churn.preprocess import Preprocessor
from ml.churn.split import NotEnoughHistoryError, Parts, Split
from ml.config import TrainingSettings
from ml.purchases.purchase_model import NoPurchaseModelError, PurchaseModel
from ml.sampling import sample_customers
from ml.schemas import labels_of
from ml.training.tuning import LossOf, Trial, tune

# Rows of either outcome below which the model is the base rate. A leaf takes about ten churned
# customers (`min_child_weight`), so 30 are three leaves. Platt scaling takes ten, and with ten in
# the holdout the standard error of the ROC AUC is about 0.09.
LEAST_OF_EITHER = {"train": 30, "calibration": 10, "holdout": 10}

# Below this number of rows the model is refitted with the calibration rows, the latest ones. With a
# telephone company's 4,500 and 1,100 rows it raised the top-decile lift from 2.85 to 2.88. With
# more rows it doubles the time of training without a measurable gain.
MAX_REFIT_ROWS = 100_000

# Shares of the regression's log odds that boosting starts from. From the whole, trees hardly take
# back what the regression overstates; from less, few rounds do not restore what it has right.
# DECISIONLOG.md has the figures. With more rows a second fit takes as long as the first, and there
# are rounds enough.
SHARES = (1.0, 0.75)
MAX_SHARES_ROWS = 100_000

# Past rows that the intercept is fitted on: their mean has a standard error of 0.2 %, and
# predicting all 600,000 of a large company took an eighth of the training.
MAX_LEVEL_ROWS = 150_000
LEVEL_SALT = 707

# Monotone constraints by feature: 1 for increasing and −1 for decreasing risk.
Signs = Mapping[str, int]


@dataclass(frozen=True)
class Fitted:
    """A model, the trials of its tuning, and the settings with the boosting parameters found."""

    model: ChurnModel
    trials: tuple[Trial, ...]
    tuned: TrainingSettings


def fit_purchase_model(histories: pa.Table, settings: TrainingSettings) -> PurchaseModel | None:
    """Purchase model of the histories; None for contracts and without repeat purchases."""
    if settings.kind == "contractual":
        return None
    try:
        return PurchaseModel.fit(histories, settings.horizon_days)
    except NoPurchaseModelError:
        return None


def fit_model(
    parts: Parts,
    split: Split,
    settings: TrainingSettings,
    as_of: date,
    purchase_model: PurchaseModel | None,
    signs: Signs,
) -> Fitted:
    """Fit on training and calibration rows; the base rate if a part has too few rows.

    Args:
        parts: labelled rows of the split.
        split: the cutoff dates.
        settings: boosting parameters, tuning trials, seed and threads.
        as_of: the day of the training.
        purchase_model: adds its predictions to the features; None for none.
        signs: monotone constraints by feature.
    """
    if shortage := shortage_of(parts):
        return fit_base_rate(parts, split, settings, as_of, shortage)
    train, calibration = (
        part if purchase_model is None else purchase_model.extend(part)
        for part in (parts.train, parts.calibration)
    )

    def trials_on(fitted_on: pa.Table, validated: pa.Table) -> LossOf:
        [(_, binned)] = _starts(fitted_on, validated, settings, SHARES[:1])
        return lambda tried: fit_binned(binned, tried, signs).loss

    tuned, trials = tune(train, settings, trials_on)
    shares = SHARES if tuned.procedure_rows(len(train)) <= MAX_SHARES_ROWS else SHARES[:1]
    base, preprocessor, boosted = _boosted(train, calibration, tuned, signs, shares)
    model = ChurnModel(
        purchase_model=purchase_model,
        base=base,
        booster=boosted.booster,
        preprocessor=preprocessor,
        calibrator=Calibrator(),
        facts=_facts(split, settings, as_of, labels_of(parts.past), boosted),
    )
    margins = model.predictor(settings.threads).margins(parts.calibration)
    model = replace(model, calibrator=Calibrator.fit(margins, labels_of(calibration)))
    if tuned.procedure_rows(len(train) + len(calibration)) <= MAX_REFIT_ROWS:
        both = pa.concat_tables([train, calibration])
        model = replace(model, preprocessor=Preprocessor.fit(both))
        model = refitted(both, model, tuned, signs)
    return Fitted(at_level_of(parts.past, model, settings), trials, tuned)


def at_level_of(rows: pa.Table, model: ChurnModel, settings: TrainingSettings) -> ChurnModel:
    """The model whose mean prediction of the rows is their churn rate."""
    sample = sample_customers(rows, MAX_LEVEL_ROWS, LEVEL_SALT)
    margins = model.predictor(settings.threads).margins(sample)
    return replace(model, calibrator=model.calibrator.at_level(margins, labels_of(sample)))


def fit_base_rate(
    parts: Parts, split: Split, settings: TrainingSettings, as_of: date, why: str
) -> Fitted:
    """The churn rate of all rows before the holdout as the model of every customer.

    Raises:
        NotEnoughHistoryError: there is no row before the holdout.
    """
    if len(parts.past) == 0:
        raise NotEnoughHistoryError(f"no eligible customer before the holdout date {split.holdout}")
    preprocessor, labels = Preprocessor.fit(parts.past), labels_of(parts.past)
    no_trees = empty_booster(preprocessor)
    model = ChurnModel(
        purchase_model=None,
        base=BaseMarginModel(0.0, ()),
        booster=no_trees.booster,
        preprocessor=preprocessor,
        calibrator=Calibrator.average(labels),
        facts=replace(_facts(split, settings, as_of, labels, no_trees), why_average=why),
    )
    return Fitted(model, (), settings)


def shortage_of(parts: Parts) -> str | None:
    """Sentence about the first part with too few rows of either outcome, if any."""
    for name, least in LEAST_OF_EITHER.items():
        labels = labels_of(getattr(parts, name))
        churned = int(labels.sum())
        if min(churned, len(labels) - churned) < least:
            return (
                f"Too few examples: the {name} part has {churned} churned and "
                f"{len(labels) - churned} retained customers, and at least {least} of each are "
                "needed."
            )
    return None


def _boosted(
    train: pa.Table,
    stopping: pa.Table,
    settings: TrainingSettings,
    signs: Signs,
    shares: Sequence[float],
) -> tuple[BaseMarginModel, Preprocessor, FittedBooster]:
    """Trees from each share of the regression; those with the lowest loss are kept.

    Without trees the whole regression is the model, so 1 is the first share.
    """
    starts = _starts(train, stopping, settings, shares)
    fits = [(base, fit_binned(binned, settings, signs)) for base, binned in starts]
    best = min(fits, key=lambda fit: fit[1].loss)
    base, boosted = best if best[1].rounds else fits[0]
    return base, starts[0][1].preprocessor, boosted


def _starts(
    train: pa.Table, stopping: pa.Table, settings: TrainingSettings, shares: Sequence[float]
) -> list[tuple[BaseMarginModel, BinnedData]]:
    """Each share of the regression on the training rows, and both tables' rows at its margins."""
    preprocessor = Preprocessor.fit(train)
    labels, later = labels_of(train), labels_of(stopping)
    regression = BaseMarginModel.fit(train, labels)
    matrices = [preprocessor.transform(part) for part in (train, stopping)]
    starts = []
    for base in (regression.multiplied(share) for share in shares):
        first = BoostingData(matrices[0], labels, base.margins(train))
        # At the level of the later dates: otherwise the loss would count rounds by their level.
        margins = base.margins(stopping)
        second = BoostingData(matrices[1], later, margins + intercept_at(margins, later))
        starts.append((base, BinnedData.of(first, second, preprocessor, settings)))
    return starts


def refitted(
    rows: pa.Table, model: ChurnModel, settings: TrainingSettings, signs: Signs
) -> ChurnModel:
    """The model with base margin and trees fitted on other rows; everything else is kept."""
    preprocessor, labels = model.preprocessor, labels_of(rows)
    base = BaseMarginModel.fit(rows, labels).multiplied(model.base.share)
    all_rows = BoostingData(preprocessor.transform(rows), labels, base.margins(rows))
    boosted = refit_booster(all_rows, model.facts.rounds, preprocessor, settings, signs)
    return replace(model, base=base, booster=boosted.booster)


def _facts(
    split: Split,
    settings: TrainingSettings,
    as_of: date,
    labels: NDArray[np.bool_],
    boosted: FittedBooster,
) -> ModelFacts:
    return ModelFacts(
        as_of=as_of,
        kind=settings.kind,
        horizon_days=settings.horizon_days,
        train_dates=split.train,
        calibration_dates=split.calibration,
        holdout_date=split.holdout,
        base_rate=float(labels.mean()),
        rounds=boosted.rounds,
        max_depth=boosted.max_depth,
    )
