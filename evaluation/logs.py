"""Purchase logs of real companies, each run through the whole pipeline as a deployment."""

from __future__ import annotations

import csv
import os
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.util import find_spec
from pathlib import Path

import pyarrow as pa

from deployment.config_file import load_config
from deployment.home import Home
from deployment.project import CONFIG
from ml.churn.explain import Meaning
from ml.config import TrainingSettings
from orchestration.resources import training_settings
from orchestration.runtime.execution import Runner
from orchestration.runtime.instance import prepare
from warehouse.connection import Warehouse
from warehouse.model_tables import examples, feature_catalogue, histories_of


@dataclass(frozen=True)
class PurchaseLog:
    """A deployment, and the cutoffs of its evaluation; no setting was tuned on them."""

    name: str
    config: Path
    cutoffs: tuple[date, ...]


@dataclass(frozen=True)
class TrainingData:
    """Input of the pipeline's training as of a day."""

    as_of: date
    examples: pa.Table
    histories: pa.Table
    settings: TrainingSettings
    signs: dict[str, int]


ONLINE_RETAIL = PurchaseLog(
    "Online Retail 2009–10",
    CONFIG / "online_retail.yml",
    (date(2010, 8, 1), date(2010, 9, 1), date(2010, 9, 10)),
)
CDNOW = PurchaseLog("CDNOW", CONFIG / "cdnow.yml", (date(1998, 4, 2),))


def training_data(log: PurchaseLog, cutoff: date, root: Path) -> TrainingData:
    """Run the first day on which the labels of the cutoff are known, in a home below `root`.

    The run's own training is untuned and its model is not used; the settings returned are those of
    the configuration.

    Raises:
        ConfigError: a variable of the configuration is not set.
        RunError: the run failed.
    """
    config, home = load_config(log.config), Home(root / config_slug(log))
    prepare(home, log.config)
    settings = training_settings(config)
    as_of = cutoff + timedelta(days=settings.horizon_days)
    quick = config.training.model_copy(update={"tuning_trials": 0, "earlier_origins": 0})
    runner = Runner(config.model_copy(update={"training": quick}), home)
    runner.day(as_of, retrain=True)
    with Warehouse(home.warehouse, config.time_zone).connect(read_only=True) as con:
        catalogue: dict[str, Meaning] = dict(feature_catalogue(con))
        return TrainingData(
            as_of=as_of,
            examples=examples(con),
            histories=histories_of(con, cutoff),
            settings=settings,
            signs={name: meaning.sign for name, meaning in catalogue.items()},
        )


def config_slug(log: PurchaseLog) -> str:
    """Name of the folder of a deployment's home."""
    return log.config.stem


def write_cdnow(folder: Path) -> None:
    """Write purchases.csv from the copy of the log in the package lifetimes.

    Raises:
        ModuleNotFoundError: the package is not installed.
    """
    package = find_spec("lifetimes")
    if package is None or package.origin is None:
        raise ModuleNotFoundError("install the package lifetimes, which contains the CDNOW log")
    log = Path(package.origin).parent / "datasets" / "CDNOW_master.txt"
    folder.mkdir(parents=True, exist_ok=True)
    lines = log.read_text(encoding="ascii").splitlines()[1:]
    with (folder / "purchases.csv").open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(["purchase_no", "customer_id", "purchased_on", "cds", "amount"])
        for number, line in enumerate((line for line in lines if line.strip()), start=1):
            customer, day, cds, amount = line.split()
            out.writerow([number, customer, f"{day[:4]}-{day[4:6]}-{day[6:]}", cds, amount])
    os.environ["CDNOW_DIR"] = str(folder)
