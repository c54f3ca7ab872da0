"""First reasons of a later date: how many customers get one, and how often it separates there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from evaluation.logs import TrainingData
from ml.churn.model import LoadedModel
from ml.churn.reason_evidence import measure_reasons
from ml.churn.score import score
from ml.schemas import SNAPSHOT_DATE, eligible_rows, labels_of, sorted_by_keys
from ml.training.train import fit


@dataclass(frozen=True)
class FirstReasons:
    """First reasons of a date whose outcomes no part of the training has seen.

    Attributes:
        day: the date.
        is_measured: only reasons that were measured to separate are given.
        customers: eligible customers.
        given_share: share of them with a first reason.
        separating_share: share of the given reasons whose feature and value separate churned from
            retained customers on the date itself; NaN without any.
        unknown_cause: share of the customers without a main cause.
    """

    day: date
    is_measured: bool
    customers: int
    given_share: float
    separating_share: float
    unknown_cause: float


def first_reasons(data: TrainingData) -> Iterator[FirstReasons]:
    """First reasons of the latest labelled date by a model trained on that date.

    Yields:
        The figures without measured evidence and with it.
    """
    day = data.as_of - data.settings.horizon
    settings = replace(data.settings, tuning_trials=0, earlier_origins=0)
    model = fit(data.examples, settings, as_of=day, catalogue=data.catalogue).model
    dates = data.examples[SNAPSHOT_DATE].cast(pa.date32())
    rows = sorted_by_keys(eligible_rows(data.examples.filter(pc.equal(dates, pa.scalar(day)))))
    columns, names = model.preprocessor.columns, model.preprocessor.names
    values = model.preprocessor.transform(model.extend(rows))
    evidence = measure_reasons(columns, values, labels_of(rows), data.catalogue)
    separates = evidence.separates(names, values)
    for used in (replace(model, reasons=None), model):
        scores = score(LoadedModel(used, "1", day), rows, data.catalogue)
        given = pc.index_in(scores["reason_feature_1"], value_set=pa.array(names))
        places = pc.fill_null(given, -1).to_numpy()
        customers = np.flatnonzero(places >= 0)
        held = separates[customers, places[customers]]
        yield FirstReasons(
            day=day,
            is_measured=used.reasons is not None,
            customers=len(rows),
            given_share=len(customers) / len(rows),
            separating_share=float(held.mean()) if len(held) else float("nan"),
            unknown_cause=scores["main_cause"].null_count / len(rows),
        )
