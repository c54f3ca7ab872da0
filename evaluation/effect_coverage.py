"""Coverage of the measured effects: intervals compared with the planted effects of the demo.

A full run takes a company's campaigns through the pipeline. The simulated periods draw customers,
actions and arms anew from the same people, whose outcomes with and without each action are known,
and give them to the function that the pipeline calls. A company without any effect is the same
company with the arms of its touches drawn anew after the fact: nothing then depends on the arm.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import dagster as dg
import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import yaml
from numpy.typing import NDArray

from demo import generate
from deployment.config_file import load_config
from deployment.home import Home
from deployment.project import CONFIG
from ml.columns import numbers
from ml.effects.measure import measure_effects
from ml.effects.schemas import UNITS
from ml.effects.settings import EffectSettings
from ml.metrics.intervals import Interval, wilson_interval
from orchestration.asset_keys import ACTION_EFFECTS
from orchestration.definitions import build_defs
from orchestration.jobs import RETRAIN
from orchestration.loggers import RUN_LOGGER
from orchestration.runtime.execution import Runner
from orchestration.runtime.instance import prepare

DAY = date(2026, 6, 30)
PERIODS = 200
# Customers assigned to an action in a period, in turn: a small, a usual and a large cell.
CELL_SIZES = (120, 400, 1_200)
# The daily decisions withhold a tenth.
TREATMENT_SHARE = 0.9
CLAIMS = ("works", "harms")
# The model is not judged here, so it is neither tuned nor evaluated on earlier dates.
TRAINING = {"tuning_trials": 0, "earlier_origins": 0}


@dataclass(frozen=True)
class Share:
    """Number of cells with a property, of all cells."""

    found: int
    cells: int

    @property
    def interval(self) -> Interval:
        """The share with Wilson's interval, as if cells were independent."""
        return wilson_interval(self.found, self.cells)


@dataclass(frozen=True)
class SimulatedPeriods:
    """Cells of action × period over simulated periods of one company.

    Attributes:
        covered: intervals that contain the planted effect.
        covered_by_size: the same by the number of customers of a cell.
        claims_without_effect: cells with a claim, where no action has an effect.
        kept_without_effect: customers kept in all these cells by the account's formula.
    """

    covered: Share
    covered_by_size: dict[int, Share]
    claims_without_effect: Share
    kept_without_effect: Interval


@dataclass(frozen=True)
class CampaignEffects:
    """Cells of the company's own campaigns, as a full run measured them."""

    covered: Share


@dataclass(frozen=True)
class EffectlessCompany:
    """A full run of a company whose touches have no effect.

    Attributes:
        claims: matured cells of action × period with a claim.
        kept: customers kept by the published account.
        net_value: the same in money, which includes the cost of the touches.
    """

    claims: Share
    kept: Interval
    net_value: Interval


def campaign_effects(
    seed: int, people: int, root: Path
) -> tuple[CampaignEffects, SimulatedPeriods]:
    """Run a company up to the effects of its campaigns, and simulate periods from its people.

    Raises:
        RuntimeError: a step before the effects failed.
    """
    home, truth = _company(seed, people, root)
    measure_up_to_effects(home, CONFIG / "demo.yml", DAY)
    with duckdb.connect(str(home.warehouse), read_only=True) as con:
        inside, cells = con.execute(_CAMPAIGN_COVERAGE.format(truth=truth)).fetchone() or (0, 0)
        pool = con.execute(_POOL.format(truth=truth)).to_arrow_table()
    return CampaignEffects(Share(inside, cells)), simulated_periods(pool, seed)


def effectless_company(seed: int, people: int, root: Path) -> EffectlessCompany:
    """Run a whole day of a company whose touches have no effect.

    Raises:
        RunError: the run failed.
    """
    home, _ = _company(seed, people, root)
    _draw_arms_anew(home.landing / "crm" / "touches")
    config = yaml.safe_load((CONFIG / "demo.yml").read_text(encoding="utf-8"))
    config["training"] = {**config.get("training", {}), **TRAINING}
    path = root / "config.yml"
    path.write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
    prepare(home, path)
    Runner(load_config(path), home).day(DAY)
    with duckdb.connect(str(home.published), read_only=True) as con:
        claimed, cells = con.execute(
            """
            select count(*) filter (verdict in ('works', 'harms')), count(*)
            from feedback.action_effects
            where segment_kind = 'all' and period_kind = 'period' and not is_provisional
            """
        ).fetchone() or (0, 0)
        account = con.execute(
            """
            select
                customers_kept, customers_kept_low, customers_kept_high,
                net_value::double, net_value_low::double, net_value_high::double
            from feedback.retention_account
            where action_id = 'all' and period_start is null
            """
        ).fetchone()
    assert account is not None
    return EffectlessCompany(Share(claimed, cells), Interval(*account[:3]), Interval(*account[3:]))


def measure_up_to_effects(home: Home, config_path: Path, as_of: date) -> None:
    """Run the pipeline up to the measured effects, without scores and without a publication.

    Raises:
        RuntimeError: a step before the effects failed.
    """
    config = load_config(config_path)
    prepare(home, config_path)
    definitions = build_defs(config=config, home=home)
    effects = dg.AssetSelection.assets(ACTION_EFFECTS)
    needed = effects.upstream().required_multi_asset_neighbors()
    with dg.DagsterInstance.get() as instance:
        done = definitions.resolve_job_def(RETRAIN).execute_in_process(
            instance=instance,
            partition_key=as_of.isoformat(),
            run_config={"loggers": {RUN_LOGGER: {}}},
            asset_selection=list(needed.resolve(definitions.resolve_asset_graph())),
            raise_on_error=False,
        )
    if not done.success:
        raise RuntimeError(f"the run {done.run_id} failed before the effects")


def simulated_periods(
    pool: pa.Table, seed: int, periods: int = PERIODS, sizes: tuple[int, ...] = CELL_SIZES
) -> SimulatedPeriods:
    """Simulate periods from people with known outcomes, and measure their effects.

    Args:
        pool: one row per person, day and action: `action_id`, `prior_orders`, `prior_net_revenue`,
            `would_order_untreated` and `would_order_treated`.
        seed: of the draws.
        periods: number of periods.
        sizes: customers of a cell, one size a period in turn.
    """
    random = np.random.default_rng(seed)
    drawn = _drawn(pool, random, periods, sizes)
    truth = _mean_effects(pool)
    planted = _measured(drawn, drawn["would_order_treated"])
    covered = _is_covered(planted, truth)
    period = numbers(planted["period_start"].cast(pa.int32())).astype(int)
    size = np.array(sizes)[(period - period.min()) % len(sizes)]
    without = _measured(drawn, drawn["would_order_untreated"])
    claims = pc.is_in(without["verdict"], value_set=pa.array(CLAIMS)).to_numpy()
    return SimulatedPeriods(
        covered=Share(int(covered.sum()), len(covered)),
        covered_by_size={
            each: Share(int(covered[size == each].sum()), int((size == each).sum()))
            for each in sizes
        },
        claims_without_effect=Share(int(claims.sum()), len(claims)),
        kept_without_effect=_kept(without),
    )


def _company(seed: int, people: int, root: Path) -> tuple[Home, Path]:
    home, truth = Home(root / "home"), root / "truth"
    generate(home.landing, truth, people=people, seed=seed, daily_drops=0)
    return home, truth


def _draw_arms_anew(folder: Path) -> None:
    """Replace the arms of all delivered touches by a hash of their id; 60 % are treated."""
    with duckdb.connect() as con:
        for file in sorted(folder.glob("*.csv")):
            con.execute(
                f"""
                create or replace table touches as
                select * replace (
                    case when hash(contact_id || ' drawn anew') % 10 < 6 then 'treatment'
                    else 'control' end as arm
                )
                from read_csv('{file}', delim = ';', header = true, all_varchar = true)
                """
            )
            con.execute(f"copy touches to '{file}' (header, delimiter ';')")


def _drawn(
    pool: pa.Table, random: np.random.Generator, periods: int, sizes: tuple[int, ...]
) -> pa.Table:
    """Rows of the pool drawn with replacement, with `period` and `is_treated`."""
    actions = np.array(pool["action_id"].to_pylist())
    rows, period = [], []
    for name in np.unique(actions):
        members = np.flatnonzero(actions == name)
        for number in range(periods):
            size = sizes[number % len(sizes)]
            rows.append(random.choice(members, size))
            period.append(np.full(size, number))
    taken = pool.take(pa.array(np.concatenate(rows)))
    is_treated = random.random(len(taken)) < TREATMENT_SHARE
    return taken.append_column("period", pa.array(np.concatenate(period))).append_column(
        "is_treated", pa.array(is_treated)
    )


def _measured(drawn: pa.Table, if_treated: pa.ChunkedArray) -> pa.Table:
    """Effects by action and period, if treated customers have the given outcome."""
    start = pa.array(drawn["period"].to_numpy().astype(np.int32)).cast(pa.date32())
    is_treated = drawn["is_treated"]
    columns = {
        "customer_id": pa.array([f"c{number}" for number in range(len(drawn))]),
        "action_id": drawn["action_id"],
        **dict.fromkeys(("assigned_on", "period_start", "period_end"), start),
        "arm": pc.if_else(is_treated, "treatment", "control"),
        "treatment_probability": pa.repeat(TREATMENT_SHARE, len(drawn)),
        "is_mature": pa.repeat(True, len(drawn)),
        "is_retained": pc.if_else(is_treated, if_treated, drawn["would_order_untreated"]),
        "prior_net_revenue": drawn["prior_net_revenue"],
        "prior_orders": drawn["prior_orders"],
    }
    units = pa.table(
        [columns.get(field.name, pa.nulls(len(drawn), field.type)) for field in UNITS],
        schema=UNITS,
    )
    effects = measure_effects(units, EffectSettings())
    return effects.filter(
        pc.and_(
            pc.equal(effects["segment_kind"], "all"), pc.equal(effects["period_kind"], "period")
        )
    )


def _mean_effects(pool: pa.Table) -> dict[str, float]:
    """Planted effect of each action: the mean difference of both outcomes over all people."""
    effect = numbers(pool["would_order_treated"]) - numbers(pool["would_order_untreated"])
    means = (
        pa.table({"action_id": pool["action_id"], "effect": effect})
        .group_by("action_id")
        .aggregate([("effect", "mean")])
    )
    return dict(zip(means["action_id"].to_pylist(), means["effect_mean"].to_pylist(), strict=True))


def _is_covered(effects: pa.Table, truth: dict[str, float]) -> NDArray[np.bool_]:
    planted = np.array([truth[action] for action in effects["action_id"].to_pylist()])
    low, high = numbers(effects["uplift_low"]), numbers(effects["uplift_high"])
    return np.asarray((low <= planted) & (planted <= high))


def _kept(effects: pa.Table) -> Interval:
    """Customers kept in all cells, as feedback.retention_account sums them."""
    treated, uplift = numbers(effects["known_treated"]), numbers(effects["uplift"])
    width = numbers(effects["uplift_high"]) - numbers(effects["uplift_low"])
    kept = float((uplift * treated).sum())
    half = float(np.sqrt(np.square(width / 2 * treated).sum()))
    return Interval(kept, kept - half, kept + half)


# People on the days of their touches: outcomes with and without each action, and what the pipeline
# knows of them before. Records that were merged wrongly belong to nobody.
_PERSONS = """
persons as (
    select identities.customer_id, any_value(records.person_id) as person_id
    from (
        select customer_id, source, source_customer_id from intermediate.int_identity_history
        where valid_to > date '9000-01-01'
    ) as identities
    inner join '{truth}/records.parquet' as records
        on
            identities.source = records.source
            and identities.source_customer_id = records.source_record_id
    group by identities.customer_id
    having count(distinct records.person_id) = 1
)
"""

_POOL = (
    "with "
    + _PERSONS
    + """
select
    outcomes.action_id,
    units.prior_orders,
    units.prior_net_revenue,
    outcomes.would_order_untreated,
    outcomes.would_order_treated
from experiments.action_units as units
inner join persons using (customer_id)
inner join '{truth}/potential_outcomes.parquet' as outcomes
    on persons.person_id = outcomes.person_id and units.assigned_on = outcomes.sent_on
where units.is_mature
order by outcomes.action_id, outcomes.contact_id
"""
)

# The planted effect of a cell is the mean over its customers, in either arm.
_CAMPAIGN_COVERAGE = (
    "with "
    + _PERSONS
    + """,

planted as (
    select
        units.action_id,
        units.period_start,
        avg(outcomes.would_order_treated::integer - outcomes.would_order_untreated::integer)
            as effect
    from experiments.action_units as units
    inner join persons using (customer_id)
    inner join '{truth}/potential_outcomes.parquet' as outcomes
        on
            persons.person_id = outcomes.person_id
            and units.assigned_on = outcomes.sent_on
            and units.action_id = outcomes.action_id
    group by all
)

select
    count(*) filter (planted.effect between effects.uplift_low and effects.uplift_high),
    count(*)
from ml.action_effects as effects
inner join planted using (action_id, period_start)
where
    effects.segment_kind = 'all'
    and effects.period_kind = 'period'
    and not effects.is_provisional
    and effects.uplift_low is not null
"""
)
