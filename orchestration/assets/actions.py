"""Actions: the measured effects of earlier ones, and the decisions of the day.

The statistics and the choice do not belong here (`ml/effects/`, `ml/decisions/`), nor the rules on
who may get an action (`dbt_project/models/actions/`).
"""

from datetime import date

import dagster as dg
import duckdb
import pyarrow.compute as pc

from deployment.config import DeploymentConfig
from orchestration.asset_keys import (
    ACTION_CANDIDATES,
    ACTION_CATALOGUE,
    ACTION_DECISIONS,
    ACTION_EFFECTS,
    ACTION_LIMITS,
    ACTION_PRIORS,
    ACTION_UNITS,
    WAREHOUSE_POOL,
)
from orchestration.partitions import dates_of
from orchestration.runtime.retry_policy import final_unless_in_use
from orchestration.translator import owner_name
from warehouse.connection import Warehouse
from warehouse.ml_tables.action_tables import (
    candidates,
    catalogue_priors,
    day_limits,
    experiment_units,
    is_decided,
    keep_decisions,
    planned_save_shares,
    replace_action_effects,
)


def action_effects_assets(
    config: DeploymentConfig, partitions: dg.PartitionsDefinition[str]
) -> dg.AssetsDefinition:
    """Effects of actions as known on the latest date, and the priors that follow from them."""

    @dg.multi_asset(
        name="action_effects",
        specs=[
            dg.AssetSpec(
                ACTION_EFFECTS,
                deps=[ACTION_UNITS, ACTION_CATALOGUE],
                description=(
                    "Effects of actions on retention and net revenue by intention to treat, with "
                    "intervals, sample-ratio check and verdict, by action, segment and period."
                ),
                group_name="actions",
                owners=[owner_name(config.owner)],
                kinds={"scipy", "duckdb"},
            ),
            dg.AssetSpec(
                ACTION_PRIORS,
                deps=[ACTION_UNITS, ACTION_CATALOGUE],
                description=(
                    "Share of would-be churned customers whom an action keeps, by cause: the "
                    "catalogue's estimate, updated by the measured effects."
                ),
                group_name="actions",
                owners=[owner_name(config.owner)],
                kinds={"duckdb"},
            ),
        ],
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.single_run(),
        pool=WAREHOUSE_POOL,
    )
    def action_effects(
        context: dg.AssetExecutionContext, warehouse: dg.ResourceParam[Warehouse]
    ) -> tuple[dg.MaterializeResult[None], dg.MaterializeResult[None]]:
        del context
        from ml.effects.measure import measure_effects
        from ml.effects.priors import update_priors
        from ml.effects.settings import EffectSettings

        with final_unless_in_use(), warehouse.connect() as con:
            settings = EffectSettings(planned_save_shares=planned_save_shares(con))
            effects = measure_effects(experiment_units(con), settings)
            priors = update_priors(catalogue_priors(con), effects, settings)
            replace_action_effects(con, effects, priors)
        return (
            dg.MaterializeResult(
                asset_key=ACTION_EFFECTS, metadata={"dagster/row_count": len(effects)}
            ),
            dg.MaterializeResult(
                asset_key=ACTION_PRIORS, metadata={"dagster/row_count": len(priors)}
            ),
        )

    return action_effects


def action_decisions_asset(
    config: DeploymentConfig, partitions: dg.PartitionsDefinition[str]
) -> dg.AssetsDefinition:
    """The decisions of the run's last date, unless that day or a later one was decided before."""

    @dg.asset(
        key=ACTION_DECISIONS,
        deps=[ACTION_CANDIDATES, ACTION_LIMITS],
        group_name="actions",
        description=(
            "Action of each customer who is allowed one, on the last date of the run: the highest "
            "expected net value under budget and capacity, with random control, hold-out and "
            "exploration, and the probability of what was chosen. A decided day is never decided "
            "again."
        ),
        owners=[owner_name(config.owner)],
        kinds={"scipy", "duckdb"},
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.single_run(),
        pool=WAREHOUSE_POOL,
    )
    def action_decisions(
        context: dg.AssetExecutionContext, warehouse: dg.ResourceParam[Warehouse]
    ) -> dg.MaterializeResult[None]:
        day = dates_of(context)[-1]
        if config.actions.monthly_budget is None:
            return dg.MaterializeResult(metadata={"decided": "no budget is configured"})
        with final_unless_in_use(), warehouse.connect() as con:
            if is_decided(con, day):
                return dg.MaterializeResult(metadata={"decided": "before; nothing was changed"})
            return _decided(config, con, day)

    return action_decisions


def _decided(
    config: DeploymentConfig, con: duckdb.DuckDBPyConnection, day: date
) -> dg.MaterializeResult[None]:
    """Decide a day, keep the decisions, and report how many they are and what they may bring."""
    from ml.decisions.decide import decide
    from ml.decisions.settings import DayLimits, Randomisation

    shares = config.actions
    budget, capacities = day_limits(con)
    decided = decide(
        candidates(con),
        Randomisation(shares.holdout_share, shares.exploration_share, shares.control_share),
        DayLimits(budget, capacities),
    )
    decisions = decided.decisions
    arms = {
        each["values"]: each["counts"] for each in pc.value_counts(decisions["arm"]).to_pylist()
    }
    treated = decisions.filter(pc.equal(decisions["arm"], "treatment"))
    summary = {
        "customers": len(decisions),
        "treated": len(treated),
        "expected_net_value": decided.value,
        "value_bound": decided.bound,
        "relative_gap": decided.relative_gap,
        "expected_cost": pc.sum(treated["expected_cost"]).as_py() or 0.0,
        "budget": budget,
    }
    keep_decisions(con, day, decisions, decided.probabilities, 1 - shares.control_share, summary)
    return dg.MaterializeResult(metadata={"dagster/row_count": len(decisions), **summary, **arms})
