"""Training: fits a churn model on past dates and evaluates it on a later holdout."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pyarrow as pa

from ml.churn.explain import Catalogue
from ml.churn.hazard import fit_hazard
from ml.churn.reason_evidence import measure_reasons
from ml.churn.split import Parts, matured, split_examples
from ml.config import TrainingSettings
from ml.purchases.purchase_model import PurchaseModel
from ml.training.holdout import evaluate_on_holdout
from ml.training.latest_fit import with_latest_fit
from ml.training.leakage import (
    Leak,
    LeakageError,
    changed_after,
    find_leaks,
    values_withheld_before,
)
from ml.training.model_fitting import (
    Fitted,
    Signs,
    fit_base_rate,
    fit_model,
    fit_purchase_model,
)
from ml.training.rolling_origin import earlier_origins
from ml.training.training_result import TrainingResult, WithheldFeatures
from ml.value.customer_value import fit_value


def fit(
    examples: pa.Table,
    settings: TrainingSettings,
    *,
    as_of: date,
    histories: pa.Table | None = None,
    later: pa.Table | None = None,
    dated_from: date | None = None,
    catalogue: Catalogue | None = None,
) -> TrainingResult:
    """Train, calibrate and evaluate a churn model; the same input gives the same bytes.

    If a part of the split has too few rows of either outcome, the model is the base rate.

    Args:
        examples: labelled rows of several cutoffs. Dates that the split does not use, or whose
            label window had not passed by `as_of`, are excluded.
        settings: dates, sizes and boosting parameters.
        as_of: the day of the training; no later data are used.
        histories: purchase histories on the holdout date of all customers, eligible or not, for the
            purchase model and the customer value. By default the eligible customers of the holdout.
        later: text and boolean features of customers on `as_of`, when the labels of the holdout are
            known, for the leakage check of features that change after churn.
        dated_from: first date on which these features are known as they were; None if no version of
            a record has a date. A feature that changes after churn is withheld on earlier dates.
        catalogue: the feature catalogue, with monotone constraints and the bounds of reasons;
            without it there are no constraints, and no reasons are measured.

    Raises:
        LeakageError: a feature knows the outcome; the message names it.
        NotEnoughHistoryError: the dates cannot be split.
        SchemaError: a column is missing, has the wrong type, or a key or label is null.
    """
    known = matured(examples, settings, as_of)
    split, parts = split_examples(known, settings)
    changed, withheld = _changed(parts, later, settings), WithheldFeatures()
    if changed and dated_from is not None:
        withheld = WithheldFeatures(tuple(leak.feature for leak in changed), dated_from)
        known, changed = values_withheld_before(known, withheld.names, dated_from), []
        split, parts = split_examples(known, settings)
    _check_leakage(parts, changed, settings)
    bought = parts.holdout if histories is None else histories
    purchase_model = fit_purchase_model(bought, settings)
    signs = {name: meaning.sign for name, meaning in (catalogue or {}).items()}
    fitted = fit_model(parts, split, settings, as_of, purchase_model, signs)
    result = evaluate_on_holdout(fitted, parts, split, settings, purchase_model)
    result = _with_hazard(_with_value(result, parts, bought, purchase_model), parts)
    result = _with_reasons(_with_latest(result, fitted, parts, signs), catalogue)
    whole = replace(settings, sampled_from=len(parts.train))
    origins = earlier_origins(known, whole, as_of, signs)
    return replace(result, origins=origins, withheld=withheld)


def fit_average(
    examples: pa.Table,
    settings: TrainingSettings,
    *,
    as_of: date,
    why: str,
    histories: pa.Table | None = None,
) -> TrainingResult:
    """The base rate of the rows that `fit` would train on, evaluated like any model.

    Args:
        examples: as for `fit`.
        settings: as for `fit`; the boosting parameters are not used.
        as_of: as for `fit`.
        why: reason for the base rate, as a sentence for the model card.
        histories: as for `fit`.

    Raises:
        NotEnoughHistoryError: the dates cannot be split.
        SchemaError: a column is missing, has the wrong type, or a key or label is null.
    """
    split, parts = split_examples(matured(examples, settings, as_of), settings)
    bought = parts.holdout if histories is None else histories
    purchase_model = fit_purchase_model(bought, settings)
    fitted = fit_base_rate(parts, split, settings, as_of, why)
    result = evaluate_on_holdout(fitted, parts, split, settings, purchase_model)
    result = _with_hazard(_with_value(result, parts, bought, purchase_model), parts)
    return _with_latest(result, fitted, parts, {})


def _changed(parts: Parts, later: pa.Table | None, settings: TrainingSettings) -> list[Leak]:
    """Features of the holdout that change after churn."""
    return [] if later is None else changed_after(parts.holdout, later, settings.trusted_features)


def _check_leakage(parts: Parts, changed: list[Leak], settings: TrainingSettings) -> None:
    trusted = settings.trusted_features
    leaks = find_leaks(parts.past, parts.holdout, settings.max_solo_auc, trusted) + changed
    if leaks:
        raise LeakageError(leaks)


def _with_value(
    result: TrainingResult,
    parts: Parts,
    histories: pa.Table,
    purchase_model: PurchaseModel | None,
) -> TrainingResult:
    """The result with customer value and, in its model, the value trees, if any."""
    value = fit_value(histories, parts, purchase_model, result.model, result.settings)
    model = replace(result.model, value_trees=value.trees if value else None)
    return replace(result, model=model, value=value)


def _with_latest(
    result: TrainingResult, fitted: Fitted, parts: Parts, signs: Signs
) -> TrainingResult:
    """The result whose model scores by a latest fit, on the outcomes of the holdout as well."""
    latest = with_latest_fit(fitted, parts, result.holdout_probabilities, signs)
    return replace(result, model=replace(result.model, latest=latest.latest, level=latest.level))


def _with_reasons(result: TrainingResult, catalogue: Catalogue | None) -> TrainingResult:
    """The result whose model names only reasons that separate the customers of the holdout.

    The holdout has each customer once, and no fit that is evaluated has seen its outcomes.
    """
    model = result.model
    if model.is_average or catalogue is None:
        return result
    preprocessor = model.preprocessor
    values = preprocessor.transform(model.extend(result.holdout))
    reasons = measure_reasons(preprocessor.columns, values, result.holdout_labels, catalogue)
    return replace(result, model=replace(model, reasons=reasons))


def _with_hazard(result: TrainingResult, parts: Parts) -> TrainingResult:
    """The result of contracts, and its model, with the hazard of the months ahead."""
    if result.settings.kind != "contractual":
        return result
    past, facts = parts.past, result.model.facts
    found = fit_hazard(
        (past, result.model.predict(past, result.settings.threads)),
        (result.holdout, result.holdout_probabilities),
        horizon_days=facts.horizon_days,
        holdout_date=facts.holdout_date,
        as_of=facts.as_of,
    )
    if found is None:
        return result
    return replace(result, model=replace(result.model, hazard=found.model), hazard=found)
