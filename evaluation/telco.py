"""IBM's sample telephone company: contractual churn, and columns recorded after churn.

TELCO_DIR is the folder of its files: Telco-Customer-Churn.csv and the status workbook.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from ml.config import TrainingSettings
from ml.training.leakage import LeakageError
from ml.training.train import fit
from ml.training.training_result import TrainingResult

CSV = "Telco-Customer-Churn.csv"
STATUS = "Telco_customer_churn_status.xlsx"
# Columns that the company recorded after churn.
PLANTED = ("Churn Score", "Satisfaction Score", "Churn Reason")
FOLDS = 5
# The file has no dates; folds are dated as periods, so that the same training runs on them.
DAY = date(2020, 1, 1)
SETTINGS = TrainingSettings(
    kind="contractual", horizon_days=1, step_days=1, min_history_days=0, tuning_trials=8
)
_AS_OF = DAY + timedelta(days=10)


def customers(folder: Path) -> pd.DataFrame:
    """The 19 columns known before churn, and the label, one row per customer."""
    raw = pd.read_csv(folder / CSV)
    # Blank for the eleven customers of the first month, who have not been charged.
    raw["TotalCharges"] = pd.to_numeric(raw["TotalCharges"], errors="coerce")
    return raw.rename(columns={"customerID": "customer_id", "Churn": "churned"}).assign(
        churned=lambda table: table["churned"] == "Yes",
        contract_tenure_days=lambda table: table["tenure"] * 30,
        monthly_amount=lambda table: table["MonthlyCharges"],
    )


def with_planted(known: pd.DataFrame, folder: Path) -> pd.DataFrame:
    """The same customers with the columns recorded after churn."""
    status = pd.read_excel(folder / STATUS).rename(columns={"Customer ID": "customer_id"})
    return known.merge(status[["customer_id", *PLANTED]], on="customer_id", validate="1:1")


def folds(known: pd.DataFrame) -> list[TrainingResult]:
    """A training per fold, each evaluated on a fifth of the customers that it does not train on."""
    place = _places(known)
    return [fit(_as_periods(known, place, fold), SETTINGS, as_of=_AS_OF) for fold in range(FOLDS)]


def refused(known: pd.DataFrame) -> set[str]:
    """Features for which the leakage check stops the training; empty if it does not."""
    try:
        fit(_as_periods(known, _places(known), 0), SETTINGS, as_of=_AS_OF)
    except LeakageError as error:
        return {leak.feature for leak in error.leaks}
    return set()


def _places(known: pd.DataFrame) -> np.ndarray:
    """A number in [0, 1] per customer, evenly spread among churned and among retained ones."""
    random = np.random.default_rng(7)
    places = np.empty(len(known))
    for outcome in (False, True):
        members = np.flatnonzero(known["churned"] == outcome)
        places[members] = (random.permutation(len(members)) + 0.5) / len(members)
    return places


def _as_periods(known: pd.DataFrame, place: np.ndarray, fold: int) -> pa.Table:
    """Two training dates, a calibration date and the holdout, with disjoint customers."""
    turned = (place + fold / FOLDS) % 1
    days = np.select([turned < 0.32, turned < 0.64, turned < 0.8], [0, 1, 3], default=5)
    periods = known.assign(
        snapshot_date=[DAY + timedelta(days=int(day)) for day in days],
    )
    return pa.Table.from_pandas(periods, preserve_index=False)
