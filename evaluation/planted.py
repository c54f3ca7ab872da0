"""Evaluation on the demo company: churn, customer value and causes compared with planted truth."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import dagster as dg
import pyarrow as pa
import pyarrow.compute as pc

from demo import generate
from deployment.config_file import load_config
from deployment.home import Home
from deployment.project import CONFIG
from evaluation.logs import TrainingData, data_of, data_of_untuned_run
from ml.churn.model import LoadedModel
from ml.churn.score import score
from ml.metrics.tiers import Tier, by_tier
from ml.schemas import SNAPSHOT_DATE, eligible_rows, labels_of
from orchestration.resources import Models, training_settings
from orchestration.runtime.execution import Runner
from orchestration.runtime.instance import prepare
from orchestration.training.recorded_metrics import recorded_metrics
from warehouse.connection import Warehouse
from warehouse.ml_tables.model_tables import examples, feature_catalogue

DEMO = CONFIG / "demo.yml"
DAY = date(2026, 6, 30)
PEOPLE = 5_000
SEEDS = (7, 11, 23)
# People of the company with strong Christmas seasons, of which only the rolling origins are run.
CHRISTMAS_PEOPLE = 2_000

_PERSONS = """
persons as (
    select identities.customer_id, any_value(records.person_id) as person_id
    from marts.customer_identities as identities
    inner join '{truth}/records.parquet' as records
        on
            identities.source = records.source
            and identities.source_customer_id = records.source_record_id
    group by identities.customer_id
    having count(distinct records.person_id) = 1
)
"""

# Customers who churned for a planted cause, on the last snapshot date after the start of its
# episode and at most thirty days before churn. The cause is no label, so training dates may be
# used.
_CHURNED = """
with {persons}

select snapshots.*, people.cause as planted_cause, causes.cause as sign_cause
from features.feat_customer_snapshots as snapshots
inner join persons using (customer_id)
inner join '{truth}/people.parquet' as people using (person_id)
left join experiments.customer_causes as causes using (customer_id, snapshot_date)
where
    snapshots.is_eligible
    and people.cause is not null
    and people.churned_on > snapshots.snapshot_date
    and people.churned_on <= snapshots.snapshot_date + 30
    and exists (
        from '{truth}/episodes.parquet' as episodes
        where
            episodes.person_id = people.person_id
            and episodes.cause = people.cause
            and episodes.starts_on <= snapshots.snapshot_date
    )
"""

# Planted cause and main cause, if any, of a churned customer.
CausePairs = list[tuple[str, str | None]]


@dataclass(frozen=True)
class PlantedFigures:
    """Metrics of the first model of a company.

    `predicted_to_actual` and `tiers` are those of the holdout's churn, `value_ratio` and
    `value_rank_correlation` those of the net revenue of its retained customers within the horizon.
    """

    seed: int
    customers: int
    predicted_to_actual: float
    tiers: tuple[Tier, ...]
    value_ratio: float
    value_rank_correlation: float
    causes: CausePairs

    @property
    def named(self) -> CausePairs:
        """Pairs with a main cause."""
        return [pair for pair in self.causes if pair[1] is not None]

    @property
    def named_right(self) -> float:
        """Share of them whose main cause is the planted one; NaN without any."""
        named = self.named
        right = sum(planted == found for planted, found in named)
        return right / len(named) if named else float("nan")


def planted_figures(seed: int, root: Path) -> PlantedFigures:
    """Generate a company below `root`, run its last day, and evaluate its first model.

    Raises:
        RunError: the run failed.
    """
    config, home, truth = load_config(DEMO), Home(root / "home"), root / "truth"
    generate(home.landing, truth, people=PEOPLE, seed=seed, daily_drops=0)
    prepare(home, DEMO)
    Runner(config, home).day(DAY)
    used = Models(home, config).registry.champion(DAY)
    assert used is not None
    warehouse, settings = Warehouse.of(config, home), training_settings(config)
    with warehouse.connect(read_only=True) as con:
        rows = eligible_rows(examples(con))
    holdout = rows.filter(pc.equal(rows[SNAPSHOT_DATE], pa.scalar(used.model.facts.holdout_date)))
    labels, probabilities = labels_of(holdout), used.model.predict(holdout)
    with dg.DagsterInstance.get() as instance:
        recorded = recorded_metrics(instance, used.version)
    return PlantedFigures(
        seed=seed,
        customers=len(holdout),
        predicted_to_actual=recorded["mean_predicted"] / recorded["churn_rate"],
        tiers=by_tier(labels, probabilities, settings.medium_risk, settings.high_risk),
        value_ratio=recorded["value_total_ratio"],
        value_rank_correlation=recorded["value_rank_correlation"],
        causes=causes_of_churn(warehouse, truth, used),
    )


def planted_data(root: Path) -> TrainingData:
    """Input of the training of a company that `planted_figures` has run below `root`."""
    return data_of(load_config(DEMO), Home(root / "home"), DAY)


def christmas_data(seed: int, root: Path) -> TrainingData:
    """Input of the training of a company with strong Christmas seasons, generated below `root`."""
    config, home = load_config(DEMO), Home(root / "home")
    generate(
        home.landing,
        root / "truth",
        people=CHRISTMAS_PEOPLE,
        seed=seed,
        daily_drops=0,
        christmas=True,
    )
    prepare(home, DEMO)
    return data_of_untuned_run(config, home, DAY)


def persons(truth: Path) -> str:
    """Common table expression `persons`: customers with the records of one planted person."""
    return _PERSONS.format(truth=truth)


def causes_of_churn(warehouse: Warehouse, truth: Path, used: LoadedModel) -> CausePairs:
    """Planted cause and main cause of each customer who churned for a planted cause.

    The main cause is that of `activation.customer_risk_daily`, which is published for run dates
    only.

    Args:
        warehouse: the demo company's warehouse, after a run with a training.
        truth: the folder of the planted truth.
        used: the model to evaluate.
    """
    with warehouse.connect(read_only=True) as con:
        churned = con.execute(_CHURNED.format(truth=truth, persons=persons(truth))).to_arrow_table()
        catalogue = feature_catalogue(con)
    known = ["planted_cause", "sign_cause"]
    scores = score(used, churned.drop_columns(known), catalogue)
    keys = ["snapshot_date", "customer_id"]
    both = churned.select([*keys, *known]).join(
        scores.select([*keys, "main_cause"]), keys, join_type="inner"
    )
    main_cause = pc.coalesce(both["sign_cause"], both["main_cause"])
    return list(zip(both["planted_cause"].to_pylist(), main_cause.to_pylist(), strict=True))
