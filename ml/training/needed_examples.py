"""Keys of the examples that a training uses, found before their features are read.

A training of a large company samples its rows. At a million customers and 13 dates it uses a third
of the examples, and all of them would be 4 GB.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pyarrow as pa

from ml.churn.split import NotEnoughHistoryError, dated_until, split_examples
from ml.config import TrainingSettings
from ml.schemas import KEYS
from ml.training.rolling_origin import of_an_origin


def needed_keys(keys: pa.Table, settings: TrainingSettings, as_of: date) -> pa.Table:
    """Keys of all rows of the training and its earlier origins, without repetition.

    A training on the rows of these keys has the same parts as on all rows.

    Args:
        keys: snapshot_date and customer_id of all examples.
        settings: of the training.
        as_of: the day of the training.

    Raises:
        NotEnoughHistoryError: the dates cannot be split.
        SchemaError: a customer appears twice on a date.
    """
    needed = [_used(keys, settings, as_of)]
    for number in range(1, settings.earlier_origins + 1):
        try:
            earlier = as_of - number * settings.step
            needed.append(_used(keys, of_an_origin(settings), earlier))
        except NotEnoughHistoryError:
            break
    return pa.concat_tables(needed).group_by(list(KEYS)).aggregate([])


def _used(keys: pa.Table, settings: TrainingSettings, as_of: date) -> pa.Table:
    """Keys of the parts, and of the first customer that each sample leaves out.

    A sample keeps the customers before the first one that it has no room for. That customer has at
    most one row a date, so with so many more rows the sample includes all of them.
    """
    roomier = replace(
        settings,
        max_rows=settings.max_rows + settings.max_cutoffs,
        max_early_stopping_rows=settings.max_early_stopping_rows + settings.max_cutoffs,
    )
    _, parts = split_examples(dated_until(keys, as_of - settings.horizon), roomier)
    return pa.concat_tables([parts.past, parts.holdout])
