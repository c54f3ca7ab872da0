from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pytest
import yaml

from deployment.config import deployment_vars, run_date, utc_offsets
from deployment.config_file import ConfigError, load_config
from tests.unit.deployment.configs import GOOD, write


def test_a_valid_file_is_typed_and_missing_settings_have_defaults(tmp_path: Path) -> None:
    config = load_config(write(tmp_path, GOOD))
    assert config.first_date == date(2024, 7, 1)
    assert config.default_country == "NO"  # Norway, which YAML 1.1 takes for false
    assert config.risk_tiers.high == 0.7
    assert (config.drift.hold_above, config.drift.on_shift) == (0.5, "hold")
    assert config.training.every_days == 30
    assert config.sources["shop"].tables["orders"].options.delimiter == ";"


def test_dbt_gets_the_time_zones_that_sources_declare(tmp_path: Path) -> None:
    assert deployment_vars(load_config(write(tmp_path, GOOD)))["source_time_zones"] == {}
    crm = "location: landing/crm"
    declared = GOOD.replace(crm, f"{crm}\n    time_zone: Asia/Tokyo")
    variables = deployment_vars(load_config(write(tmp_path, declared)))
    assert variables["source_time_zones"] == {"crm": "Asia/Tokyo"}
    with pytest.raises(ConfigError, match=r"did you mean Asia/Tokyo\?"):
        load_config(write(tmp_path, declared.replace("Tokyo", "Tokio")))


def test_dbt_gets_the_providers_of_entities_and_the_tables_to_account_for(
    tmp_path: Path,
) -> None:
    variables = deployment_vars(load_config(write(tmp_path, GOOD)))
    assert variables["sources"] == ["shop", "crm"]
    assert variables["sources_by_entity"] == {
        "customers": ["shop", "crm"],
        "orders": ["shop"],
        "order_lines": [],
        "refunds": [],
        "tickets": [],
        "feedback": [],
        "events": [],
        "subscriptions": [],
        "touches": [],
        "consents": [],
        "suppressions": [],
    }
    assert variables["accounting_tables"] == [
        {
            "source": "shop",
            "table": "orders",
            "entity": "orders",
            "entities": ["orders", "customers"],
            "stale_after_days": 2,
        },
        {
            "source": "crm",
            "table": "people",
            "entity": "customers",
            "entities": ["customers"],
            "stale_after_days": None,
        },
    ]
    assert (variables["first_date"], variables["horizon_days"], variables["eligible_days"]) == (
        "2024-07-01",
        60,
        180,
    )
    assert (variables["swap_gap_days"], variables["max_inferred_share"]) == (3, 0.01)
    assert (
        yaml.safe_load(yaml.safe_dump(variables)) == variables
    )  # plain values only: dbt reads YAML


@pytest.mark.parametrize(
    ("currency", "decimals", "money_type"),
    [("EUR", 2, "decimal(18, 2)"), ("JPY", 0, "decimal(18, 2)"), ("KWD", 3, "decimal(18, 3)")],
)
def test_amounts_have_the_decimals_of_the_currency(
    tmp_path: Path, currency: str, decimals: int, money_type: str
) -> None:
    text = GOOD.replace("currency: EUR", f"currency: {currency}")
    variables = deployment_vars(load_config(write(tmp_path, text)))
    assert (variables["currency_decimals"], variables["money_type"]) == (decimals, money_type)


def test_a_currency_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    text = GOOD.replace("currency: EUR", "currency: EUE")
    with pytest.raises(ConfigError, match="currency: expected a currency that ISO 4217 lists"):
        load_config(write(tmp_path, text))


def test_the_file_of_exchange_rates_is_found_beside_the_configuration(tmp_path: Path) -> None:
    text = GOOD.replace("currency: EUR", "currency: EUR\nexchange_rates: rates.csv")
    path = write(tmp_path, text)
    with pytest.raises(ConfigError, match="exchange_rates: expected a CSV file, found none"):
        load_config(path)
    (tmp_path / "rates.csv").write_text("date,currency,rate\n")
    config = load_config(path)
    assert config.exchange_rates == tmp_path / "rates.csv"
    assert deployment_vars(config)["exchange_rates"] is True


@pytest.mark.parametrize(
    "time_zone", ["Europe/Berlin", "Asia/Shanghai", "America/Sao_Paulo", "Australia/Lord_Howe"]
)
def test_the_list_of_utc_offsets_equals_the_calendar(time_zone: str) -> None:
    """Every six hours of twenty years, and a second before and on each change."""
    offsets = utc_offsets(time_zone)
    changes = " ".join(
        f"when utc >= timestamp '{moment}' then to_seconds({seconds})"
        for moment, seconds in reversed(offsets)
    )
    moments = " union all ".join(f"select timestamp '{moment}' as utc" for moment, _ in offsets)
    with duckdb.connect() as con:
        wrong = con.execute(
            f"""
            with

            changes as ({moments}),

            moments as (
                select
                    unnest(
                        generate_series(timestamp '2010-01-01', '2030-01-01', interval 6 hour)
                    ) as utc
                union all
                select utc from changes
                union all
                select utc - interval 1 second from changes where utc > timestamp '2000-01-01'
            )

            select count(*) from moments
            where utc + case {changes} end != timezone('{time_zone}', timezone('UTC', utc))
            """
        ).fetchone()
    assert wrong == (0,)


def test_a_variable_in_a_location_is_expanded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_DIR", "/somewhere")
    config = load_config(write(tmp_path, GOOD.replace("landing/shop", "${SHOP_DIR}/files")))
    assert config.sources["shop"].location == "/somewhere/files"


def test_a_run_without_a_date_means_yesterday_or_the_day_the_data_ends(tmp_path: Path) -> None:
    today = date(2026, 3, 1)
    assert run_date(load_config(write(tmp_path, GOOD)), today) == date(2026, 2, 28)
    ended = load_config(write(tmp_path, f"last_date: 2026-01-31\n{GOOD}"))
    assert run_date(ended, today) == date(2026, 1, 31)
