from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import duckdb
import pytest
import yaml

from deployment.config import deployment_vars, run_date, utc_offsets
from deployment.config_file import ConfigError, config_path_from_env, load_config

GOOD = """
company: Demo Company
slug: demo
time_zone: Europe/Berlin
currency: EUR
default_country: NO
first_date: 2024-07-01
churn: {kind: non_contractual, horizon_days: 60}
owner: data-team@example.com
sources:
  shop:
    kind: files
    location: landing/shop
    tables:
      orders:
        path: "orders_{date}.csv"
        format: csv
        options: {delimiter: ";"}
        columns: [order_no, email]
        key: [order_no]
        provides: [orders, customers]
      notes:
        path: notes.jsonl
        format: jsonl
        columns: [note]
  crm:
    kind: files
    location: landing/crm
    tables:
      people: {path: p.csv, format: csv, columns: [id], provides: [customers]}
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "demo.yml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_valid_file_is_typed_and_missing_settings_have_defaults(tmp_path: Path) -> None:
    config = load_config(write(tmp_path, GOOD))
    assert config.first_date == date(2024, 7, 1)
    assert config.default_country == "NO"  # Norway, which YAML 1.1 takes for false
    assert config.risk_tiers.high == 0.7
    assert (config.drift.hold_above, config.drift.on_shift) == (0.5, "hold")
    assert config.training.every_days == 30
    assert config.sources["shop"].tables["orders"].options.delimiter == ";"


def test_dbt_gets_the_providers_of_entities_and_the_tables_to_account_for(
    tmp_path: Path,
) -> None:
    variables = deployment_vars(load_config(write(tmp_path, GOOD)))
    assert variables["sources"] == ["shop", "crm"]
    assert variables["sources_by_entity"] == {
        "customers": ["shop", "crm"],
        "orders": ["shop"],
        "order_lines": [],
        "tickets": [],
        "feedback": [],
        "events": [],
        "subscriptions": [],
        "touches": [],
    }
    assert variables["accounting_tables"] == [
        {"source": "shop", "table": "orders", "entity": "orders", "stale_after_days": 2},
        {"source": "crm", "table": "people", "entity": "customers", "stale_after_days": None},
    ]
    assert (variables["first_date"], variables["horizon_days"], variables["eligible_days"]) == (
        "2024-07-01",
        60,
        180,
    )
    assert (
        yaml.safe_load(yaml.safe_dump(variables)) == variables
    )  # plain values only: dbt reads YAML


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


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("company: Demo Company\n", "", "company: expected this key, found nothing"),
        ("horizon_days: 60", "horizon_day: 60", "churn.horizon_day: expected one of kind, horizon"),
        ("horizon_days: 60", "horizon_day: 60", "(did you mean horizon_days?)"),
        ("horizon_days: 60", "horizon_days: soon", "expected a whole number, found 'soon'"),
        ("horizon_days: 60", "horizon_days: 0", "churn.horizon_days: expected greater than 0"),
        ("delimiter", "delimeter", "sources.shop.tables.orders.options.delimeter: expected one of"),
        ("delimiter", "delimeter", "(did you mean delimiter?)"),
        ("Europe/Berlin", "Europe/Berln", "found 'Europe/Berln' (did you mean Europe/Berlin?)"),
        ("[orders, customers]", "[order]", "customers, orders, order_lines, tickets, feedback, "),
        ("[orders, customers]", "[order]", "found 'order' (did you mean orders?)"),
        ("[orders, customers]", "[]", "expected a table that provides orders, because churn.kind"),
        ("non_contractual", "contractual", "expected a table that provides subscriptions"),
        ("non_contractual", "monthly", "churn.kind: expected 'non_contractual' or 'contractual'"),
        ("2024-07-01", "2024-13-01", "first_date: expected a date such as 2024-07-01"),
        ("EUR", "euro", "currency: expected a three-letter currency such as EUR"),
        ("slug: demo", "slug: Demo-Co", "slug: expected lower-case letters"),
        ("key: [order_no]", "key: [order]", "expected key columns that columns lists, found order"),
        ("format: csv\n        options", "format: parquet\n        options", "expected no options"),
        ("orders_{date}", "orders_{day}", "expected {date} as the only placeholder"),
        ("orders_{date}", "../orders_{date}", "expected a path below the source's location"),
        ("landing/shop", "${NO_SUCH_DIR}", "environment variable NO_SUCH_DIR to name the folder"),
        ('{delimiter: ";"}', "{encoding: utf-88}", "found 'utf-88'"),
        (
            "owner:",
            "drift: {on_shift: ignore}\nowner:",
            "drift.on_shift: expected 'hold' or 'warn'",
        ),
        ("owner:", "drift: {hold_above: 0}\nowner:", "drift.hold_above: expected greater than 0"),
        (
            "kind: files",
            "kind: ftp",
            "sources.shop.kind: expected one of 'files', 'sql', 'rest', found 'ftp'",
        ),
        ("  crm:", "  shop:", "line 26, column 3: expected valid YAML, found: the key 'shop' is"),
        ("slug: demo", "slug: [demo", "line 4, column 10: expected valid YAML"),
    ],
)
def test_a_mistake_is_one_line_with_file_key_expected_and_found_value(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    assert old in GOOD
    path = write(tmp_path, GOOD.replace(old, new, 1))
    with pytest.raises(ConfigError, match=re.escape(message)) as caught:
        load_config(path)
    assert all(line.startswith(f"{path}: ") for line in str(caught.value).splitlines())


def test_all_mistakes_are_reported_at_once(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD.replace("EUR", "euro").replace("Europe/Berlin", "Mars"))
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    assert len(str(caught.value).splitlines()) == 2


def test_a_missing_or_empty_configuration_file_is_reported(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.yml: expected a deployment's YAML file"):
        load_config(tmp_path / "none.yml")
    with pytest.raises(ConfigError, match=r"demo\.yml: expected keys such as company"):
        load_config(write(tmp_path, ""))


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


def test_the_environment_names_the_configuration() -> None:
    assert config_path_from_env({}) == Path("config/demo.yml")
    assert config_path_from_env({"HOLDFAST_CONFIG": "mine.yml"}) == Path("mine.yml")


@pytest.mark.parametrize(
    "path", sorted((Path(__file__).parents[3] / "config").glob("*.yml")), ids=lambda path: path.name
)
def test_every_configuration_of_the_project_is_valid(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in re.findall(r"\$\{(\w+)\}", path.read_text(encoding="utf-8")):
        monkeypatch.setenv(variable, "somewhere")
    load_config(path)
