"""Purchase logs of real companies, each run through the whole pipeline as a deployment."""

from __future__ import annotations

import csv
import os
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.util import find_spec
from pathlib import Path

import pyarrow as pa

from deployment.config import DeploymentConfig
from deployment.config_file import load_config
from deployment.home import Home
from deployment.project import CONFIG
from ml.churn.explain import Meaning
from ml.config import TrainingSettings
from orchestration.resources import training_settings
from orchestration.runtime.execution import Runner
from orchestration.runtime.instance import prepare
from warehouse.connection import Warehouse
from warehouse.ml_tables.model_tables import examples, feature_catalogue, histories_of


@dataclass(frozen=True)
class PurchaseLog:
    """A deployment, and the cutoffs of its evaluation; no setting was tuned on them.

    `last_date` replaces that of the configuration where a longer log is read.
    """

    name: str
    config: Path
    cutoffs: tuple[date, ...]
    last_date: date | None = None


@dataclass(frozen=True)
class TrainingData:
    """Input of the pipeline's training as of a day."""

    as_of: date
    examples: pa.Table
    histories: pa.Table
    settings: TrainingSettings
    catalogue: dict[str, Meaning]

    @property
    def signs(self) -> dict[str, int]:
        """Monotone constraints by feature."""
        return {name: meaning.sign for name, meaning in self.catalogue.items()}


ONLINE_RETAIL = PurchaseLog(
    "Online Retail 2009–10",
    CONFIG / "online_retail.yml",
    (date(2010, 8, 1), date(2010, 9, 1), date(2010, 9, 10)),
)
# The same company with the following nine months: a year of history, and a season.
ONLINE_RETAIL_21_MONTHS = PurchaseLog(
    "Online Retail, 21 months",
    CONFIG / "online_retail.yml",
    (date(2011, 6, 2),),
    last_date=date(2011, 8, 31),
)
# Contracts, whose level is the model's own.
RAVENSTACK = PurchaseLog("RavenStack", CONFIG / "ravenstack.yml", (date(2024, 10, 2),))
CDNOW = PurchaseLog("CDNOW", CONFIG / "cdnow.yml", (date(1998, 4, 2),))


def training_data(log: PurchaseLog, cutoff: date, root: Path) -> TrainingData:
    """Run the first day on which the labels of the cutoff are known, in a home below `root`.

    The run's own training is untuned and its model is not used; the settings returned are those of
    the configuration.

    Raises:
        ConfigError: a variable of the configuration is not set.
        RunError: the run failed.
    """
    config, home = config_of(log), home_of(log, root)
    prepare(home, log.config)
    as_of = cutoff + timedelta(days=config.churn.horizon_days)
    return data_of_untuned_run(config, home, as_of)


def data_of_untuned_run(config: DeploymentConfig, home: Home, as_of: date) -> TrainingData:
    """Run a day of a prepared home with an untuned training, and return the training's input."""
    quick = config.training.model_copy(update={"tuning_trials": 0, "earlier_origins": 0})
    runner = Runner(config.model_copy(update={"training": quick}), home)
    runner.day(as_of, retrain=True)
    return data_of(config, home, as_of)


def data_of(config: DeploymentConfig, home: Home, as_of: date) -> TrainingData:
    """Input of the training of a day that has been run, with the settings of the configuration."""
    settings = training_settings(config)
    with Warehouse.of(config, home).connect(read_only=True) as con:
        return TrainingData(
            as_of=as_of,
            examples=examples(con),
            histories=histories_of(con, as_of - settings.horizon),
            settings=settings,
            catalogue=feature_catalogue(con),
        )


def config_of(log: PurchaseLog) -> DeploymentConfig:
    """The configuration of a log, up to its last date.

    Raises:
        ConfigError: a variable of the configuration is not set.
    """
    config = load_config(log.config)
    return config.model_copy(update={"last_date": log.last_date}) if log.last_date else config


def home_of(log: PurchaseLog, root: Path) -> Home:
    """The home of a log's deployment, in a folder below `root`."""
    return Home(root / f"{log.config.stem}_{log.cutoffs[-1]}")


def link_together(folder: Path, *parts: Path) -> Path:
    """A folder with links to all files of others."""
    folder.mkdir(parents=True)
    for part in parts:
        for file in part.iterdir():
            (folder / file.name).symlink_to(file.resolve())
    return folder


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
