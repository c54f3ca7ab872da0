"""Settings of how long a home keeps what it has made from past deliveries and runs."""

from __future__ import annotations

from pydantic import PositiveInt

from deployment.source_config.base import Section

# An action is compared with features of at most a month before it (`MAX_FEATURE_AGE_DAYS`), and a
# day's features with those of four weeks before.
LOOK_BACK_DAYS = 31


class Keep(Section):
    """Days for which past data is kept; none keeps it for ever.

    `past_days`: rows by customer of past days, in the warehouse and in the published file, with the
    briefs and the models of these days. `runs_days`: Dagster's record of runs, with their logs.
    `raw_days`: rows of delivered files as they were delivered, whose values the warehouse has in a
    form of its own. `texts_days`: what customers wrote. Whole calendar months are removed. Files in
    the landing folder are never deleted, and versions of rows are kept as long as the warehouse.
    """

    past_days: PositiveInt | None = 365
    runs_days: PositiveInt | None = 90
    raw_days: PositiveInt | None = None
    texts_days: PositiveInt | None = None
