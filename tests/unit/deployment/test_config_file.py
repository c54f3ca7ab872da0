from __future__ import annotations

import re
from pathlib import Path

import pytest

from deployment.config_file import ConfigError, config_path_from_env, load_config
from tests.unit.deployment.configs import GOOD, write


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
        (
            "[orders, customers]",
            "[order]",
            "customers, orders, order_lines, refunds, tickets, feedback, ",
        ),
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
