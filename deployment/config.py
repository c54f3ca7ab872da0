"""Types of a deployment's configuration; an unknown key or a value of another type is refused.

`deployment_vars` translates the configuration into the variables of dbt. `config_file` reads the
file and words its mistakes.
"""

from __future__ import annotations

import csv
import sys
from datetime import UTC, date, datetime, timedelta
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import (
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    field_validator,
    model_validator,
)

from deployment.brief import Brief
from deployment.engine.limits import Engine
from deployment.hand_over import HandOver
from deployment.project import SEEDS
from deployment.publish import Publish
from deployment.receivers.alerts import Alerts
from deployment.source_config import (
    ENTITIES,
    Entity,
    FileTable,
    Name,
    Source,
    SourceTable,
    TimeZone,
)
from deployment.source_config.base import Section, matching
from ml.economics import PAPER_ECONOMICS, RetentionEconomics

CATALOGUE = SEEDS / "feature_catalogue.csv"
CURRENCIES = SEEDS / "currencies.csv"

Cron = Annotated[str, matching(r"\S+( \S+){4}", 'five cron fields such as "0 5 * * *"')]
Country = Annotated[str, matching(r"[A-Z]{2}", "a two-letter country code such as DE (ISO 3166)")]
Currency = Annotated[str, matching(r"[A-Z]{3}", "a three-letter currency such as EUR (ISO 4217)")]
Share = Annotated[float, Field(gt=0, lt=1)]

# An action is compared with features of at most a month before it, and a day's features with those
# of four weeks before.
LOOK_BACK_DAYS = 31


class Churn(Section):
    """Definition of churn.

    non_contractual: no completed order within `horizon_days` after the date, among customers with
    an order in the last `eligible_days`. contractual: every subscription that is active on the
    date has ended within `horizon_days`. A contract that begins within `swap_gap_days` after the
    end of another continues it (a change of plan).
    """

    kind: Literal["non_contractual", "contractual"]
    horizon_days: PositiveInt = 90
    eligible_days: PositiveInt = 180
    swap_gap_days: NonNegativeInt = 3


class RiskTiers(Section):
    """Least churn probability of the tiers high and medium; all other customers are low."""

    high: Share = 0.7
    medium: Share = 0.4

    @model_validator(mode="after")
    def _high_is_above_medium(self) -> RiskTiers:
        if self.high <= self.medium:
            raise ValueError(f"expected high above medium, found {self.high} and {self.medium}")
        return self


class Warnings(Section):
    """Length of the list of warnings, as the number of false alarms a day that is accepted.

    Customers are listed until the sum of 1 - departure probability reaches it. All other warnings
    are kept and marked as not shown.
    """

    false_alarms_per_day: NonNegativeFloat = 10


class Retention(Section):
    """Value of a kept customer and cost of an offer, in the deployment's currency.

    Models are compared by the profit of a campaign with these figures (EMPC, see
    `ml/metrics/profit.py`).
    """

    customer_value: PositiveFloat = PAPER_ECONOMICS.customer_value
    offer_cost: NonNegativeFloat = PAPER_ECONOMICS.offer_cost
    contact_cost: NonNegativeFloat = PAPER_ECONOMICS.contact_cost

    @model_validator(mode="after")
    def _keeping_pays(self) -> Retention:
        self.economics()
        return self

    def economics(self) -> RetentionEconomics:
        """The figures for the evaluation of models."""
        return RetentionEconomics(self.customer_value, self.offer_cost, self.contact_cost)


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


class Identity(Section):
    """Keys and decisions that link source records.

    A key shared by more than `max_records_per_key` people of one source, distinguished by their
    names or addresses, is ignored. A table of which more than `max_inferred_share` of the customers
    are in no customer table of its source is a warning of the day. `decisions` is a CSV file,
    relative to the home, of pairs of records that are always or never one customer.
    """

    max_records_per_key: PositiveInt = 3
    max_inferred_share: Share = 0.01
    decisions: Path | None = None


class Training(Section):
    """Training dates: one every `step_days`, back from the latest date with a complete label.

    The earliest date has `min_history_days` of history; at most `max_rows` rows are used.
    `tuning_trials` trials tune the boosting parameters. `earlier_origins` earlier dates evaluate
    the same procedure. A feature with a ROC AUC of its own above `max_solo_auc` is taken for a leak
    and stops the training, unless `trusted_features` lists it. A new model is trained at the latest
    `every_days` after the model before (`Drift` has the reasons for an earlier training).
    """

    step_days: PositiveInt = 30
    min_history_days: PositiveInt = 90
    max_rows: PositiveInt = 500_000
    tuning_trials: NonNegativeInt = 4
    earlier_origins: NonNegativeInt = 2
    max_solo_auc: Annotated[float, Field(gt=0.5, le=1)] = 0.9
    trusted_features: list[str] = Field(default_factory=list)
    seed: int = 7
    every_days: PositiveInt = 30


class Drift(Section):
    """Limits of drift, as population stability indices (PSI).

    A feature of the model whose PSI exceeds `hold_above` both against the training data and against
    the day four weeks before blocks scoring; with `on_shift: warn` the drift is only reported. A
    model is retrained early in three cases: features with more than `max_shifted_share` of its
    total importance have drifted; the ROC AUC of its realised outcomes is more than `max_auc_loss`
    below that of its holdout; their calibration error exceeds `max_calibration_error`. At least
    `rest_days` lie between two trainings.
    """

    hold_above: PositiveFloat = 0.5
    on_shift: Literal["hold", "warn"] = "hold"
    max_shifted_share: Share = 0.3
    max_auc_loss: Share = 0.03
    max_calibration_error: Share = 0.1
    rest_days: PositiveInt = 7


class Corrections(Section):
    """Treatment of facts that arrive after their day, and of new versions of rows.

    A day of `marts.daily_totals` includes facts that become known within `window_days` after the
    day, and is closed from then on. `past_dates` chooses the rows that a run of a date before the
    latest one sees. as_known: the rows known on the date, so that the run gives the same result as
    on the day. rebuilt: the newest version of each row, as if it had been known from the beginning.
    Facts keep their own times (a refund counts from refunded_at). A fact without a time, such as a
    cancellation without cancelled_at, a plan or a consent, is then visible on earlier days too.
    """

    window_days: PositiveInt = 35
    past_dates: Literal["as_known", "rebuilt"] = "as_known"


class Actions(Section):
    """Budget of retention actions, and the shares of customers that are left to chance.

    Actions are decided each day from `monthly_budget` on; without a budget none is. A share
    `holdout_share` of all customers never gets an action. Of the customers for whom an action is
    chosen in a campaign period (a quarter), a share `control_share` is left without it. A share
    `exploration_share` of the customers gets an action, or none, at random. `assignment_key` is the
    secret key of these draws; by default each home makes one of its own.
    """

    monthly_budget: NonNegativeFloat | None = None
    holdout_share: Share = 0.02
    control_share: Share = 0.1
    exploration_share: Share = 0.1
    assignment_key: str | None = None


GiftCards = Literal["count_when_spent", "count_when_sold"]


class Schedule(Section):
    """Times of the daily run and of the check whether to retrain, in the local time zone.

    With `automatic` both schedules run without being switched on in the UI. The daily schedule also
    fills missed days of the last `catch_up_days` days, each in at most `tries` runs. Days are
    expected from `expected_from` on, by default from the first published one.
    """

    daily: Cron = "0 5 * * *"
    retrain: Cron = "0 7 * * *"
    automatic: bool = False
    catch_up_days: PositiveInt = 14
    tries: PositiveInt = 3
    expected_from: date | None = None


class DeploymentConfig(Section):
    """One company's deployment: company, sources of its data and definition of churn.

    `exchange_rates` is a CSV file with the columns date, currency and rate, where an amount times
    the rate is the amount in the deployment's `currency`; a relative path starts at the folder of
    the configuration file. `gift_cards` says when a gift card counts as revenue and as a purchase.
    count_when_spent: the order that is paid with it counts, and its sale does not. count_when_sold:
    its sale counts, and the order that is paid with it is a purchase without revenue.
    """

    company: Annotated[str, Field(min_length=1)]
    slug: Name
    time_zone: TimeZone
    currency: Currency
    exchange_rates: Path | None = None
    gift_cards: GiftCards = "count_when_spent"
    default_country: Country
    language: str = "en"
    first_date: date
    last_date: date | None = None
    churn: Churn
    risk_tiers: RiskTiers = RiskTiers()
    warnings: Warnings = Warnings()
    actions: Actions = Actions()
    hand_over: HandOver = HandOver()
    brief: Brief = Brief()
    publish: Publish = Publish()
    retention: Retention = Retention()
    keep: Keep = Keep()
    identity: Identity = Identity()
    training: Training = Training()
    drift: Drift = Drift()
    corrections: Corrections = Corrections()
    schedule: Schedule = Schedule()
    alerts: Alerts = Alerts()
    engine: Engine = Engine()
    owner: Annotated[str, Field(min_length=1)]
    sources: Annotated[dict[Name, Source], Field(min_length=1)]

    @field_validator("currency")
    @classmethod
    def _currency_has_known_decimals(cls, currency: str) -> str:
        if currency not in currency_decimals():
            near = get_close_matches(currency, currency_decimals(), n=1)
            hint = f" (did you mean {near[0]}?)" if near else ""
            raise ValueError(f"expected a currency that ISO 4217 lists, found {currency!r}{hint}")
        return currency

    @field_validator("language")
    @classmethod
    def _language_is_in_the_catalogue(cls, language: str) -> str:
        known = catalogue_languages()
        if language not in known:
            raise ValueError(
                f"expected a language that {CATALOGUE.name} has ({', '.join(known)}),"
                f" found {language!r}"
            )
        return language

    @model_validator(mode="after")
    def _mail_is_in_a_language_of_the_catalogue(self) -> DeploymentConfig:
        mail = self.brief.mail
        if mail is not None and mail.language not in (None, *catalogue_languages()):
            raise ValueError(
                f"brief.mail.language: expected one of {', '.join(catalogue_languages())},"
                f" found {mail.language!r}"
            )
        return self

    @model_validator(mode="after")
    def _dates_are_in_order(self) -> DeploymentConfig:
        if self.last_date is not None and self.last_date < self.first_date:
            raise ValueError(
                f"expected last_date on or after first_date,"
                f" found {self.last_date} before {self.first_date}"
            )
        return self

    @model_validator(mode="after")
    def _churn_can_be_observed(self) -> DeploymentConfig:
        needed: Entity = "subscriptions" if self.churn.kind == "contractual" else "orders"
        if not self.sources_by_entity()[needed]:
            raise ValueError(
                f"sources: expected a table that provides {needed}, because churn.kind is"
                f" {self.churn.kind}, found none"
            )
        return self

    @model_validator(mode="after")
    def _what_later_days_need_is_kept(self) -> DeploymentConfig:
        keep, horizon = self.keep, self.churn.horizon_days
        catch_up = self.schedule.catch_up_days
        least = horizon + max(LOOK_BACK_DAYS, catch_up)
        if keep.past_days is not None and keep.past_days < least:
            raise ValueError(
                f"keep.past_days: expected {least} or more, because outcomes of a day are known"
                f" after {horizon} days (churn.horizon_days) and a day is compared with the month"
                f" before it, found {keep.past_days}"
            )
        if keep.runs_days is not None and keep.runs_days < catch_up:
            raise ValueError(
                f"keep.runs_days: expected {catch_up} or more, because missed days are run again"
                f" for so long (schedule.catch_up_days), found {keep.runs_days}"
            )
        if keep.texts_days is not None and keep.texts_days < (keep.past_days or sys.maxsize):
            raise ValueError(
                f"keep.texts_days: expected keep.past_days or more, because a day that is run again"
                f" reads the texts of its month, found {keep.texts_days}"
            )
        return self

    def sources_by_entity(self) -> dict[str, list[str]]:
        """Names of the sources that provide each entity, in the file's order."""
        return {
            entity: [
                name
                for name, source in self.sources.items()
                if any(entity in table.provides for table in source.tables.values())
            ]
            for entity in ENTITIES
        }


def catalogue_languages(path: Path = CATALOGUE) -> list[str]:
    """Languages of the feature catalogue: the suffixes of its columns reason_ and label_."""
    with path.open(encoding="utf-8", newline="") as file:
        columns = next(csv.reader(file))
    return [
        column.removeprefix("reason_")
        for column in columns
        if column.startswith("reason_") and column.replace("reason_", "label_", 1) in columns
    ]


@cache
def currency_decimals(path: Path = CURRENCIES) -> dict[str, int]:
    """Decimals of each currency of ISO 4217, by its code in capital letters."""
    with path.open(encoding="utf-8", newline="") as file:
        return {row["currency"]: int(row["decimals"]) for row in csv.DictReader(file)}


@cache
def utc_offsets(time_zone: str) -> list[list[str | int]]:
    """Moments in UTC from 2000 to 2037 and the zone's offset in seconds from each moment on.

    The time zone database lists changes up to 2037. Two changes within one week would be missed; no
    zone has had them.
    """
    zone = ZoneInfo(time_zone)

    def offset(moment: datetime) -> int:
        wall_clock = moment.astimezone(zone).replace(tzinfo=UTC)
        return int((wall_clock - moment).total_seconds())

    def change(moment: datetime) -> list[str | int]:
        # Without an offset: timestamps of the warehouse are UTC without a zone.
        return [str(moment.replace(tzinfo=None)), offset(moment)]

    begin = datetime(2000, 1, 1, tzinfo=UTC)
    found = [change(begin)]
    for week in range(38 * 366 // 7):
        before, after = begin + timedelta(weeks=week), begin + timedelta(weeks=week + 1)
        if offset(before) == offset(after):
            continue
        while after - before > timedelta(seconds=1):
            half = before + (after - before) // 2
            before, after = (half, after) if offset(half) == offset(before) else (before, half)
        found.append(change(after.replace(microsecond=0)))
    return found


def deployment_vars(config: DeploymentConfig) -> dict[str, Any]:
    """The dbt variables of a deployment: plain strings, numbers, lists and dicts."""
    return {
        "sources": list(config.sources),
        "sources_by_entity": config.sources_by_entity(),
        "accounting_tables": [
            {
                "source": source_name,
                "table": table_name,
                "entity": table.provides[0],
                "entities": list(table.provides),
                "stale_after_days": _stale_after_days(source, table),
            }
            for source_name, source in config.sources.items()
            for table_name, table in source.tables.items()
            if table.provides
        ],
        "time_zone": config.time_zone,
        "utc_offsets": utc_offsets(config.time_zone),
        "source_time_zones": {
            name: source.time_zone for name, source in config.sources.items() if source.time_zone
        },
        "currency": config.currency,
        "currency_decimals": currency_decimals()[config.currency],
        "money_type": f"decimal(18, {max(2, currency_decimals()[config.currency])})",
        "exchange_rates": config.exchange_rates is not None,
        "gift_cards": config.gift_cards,
        "default_country": config.default_country,
        "language": config.language,
        "languages": catalogue_languages(),
        "first_date": config.first_date.isoformat(),
        "churn_kind": config.churn.kind,
        "horizon_days": config.churn.horizon_days,
        "eligible_days": config.churn.eligible_days,
        "swap_gap_days": config.churn.swap_gap_days,
        "high_risk": config.risk_tiers.high,
        "medium_risk": config.risk_tiers.medium,
        "false_alarms_per_day": config.warnings.false_alarms_per_day,
        "actions_monthly_budget": config.actions.monthly_budget,
        "max_records_per_key": config.identity.max_records_per_key,
        "max_inferred_share": config.identity.max_inferred_share,
        "corrections_window_days": config.corrections.window_days,
        "past_dates": config.corrections.past_dates,
        "engine": config.engine.kind,
    }


def _stale_after_days(source: Source, table: SourceTable) -> int | None:
    """Days without a dated file after which a table is stale; None where no file is expected.

    Undated and optional files, databases and APIs need not deliver anything new.
    """
    is_due = isinstance(table, FileTable) and table.is_dated and not table.optional
    return source.stale_after_days if is_due else None


def today_in(time_zone: str) -> date:
    """The current calendar day in a time zone."""
    return datetime.now(ZoneInfo(time_zone)).date()


def run_date(config: DeploymentConfig, today: date) -> date:
    """The default date of a run: `last_date` where the data ends, else yesterday.

    `today` is the calendar day in the deployment's time zone (`today_in`).
    """
    return config.last_date or today - timedelta(days=1)
