from __future__ import annotations

from pathlib import Path

from cli.doctor.sample.staging import diagnose_sample
from demo import generate
from deployment.config_file import load_config
from deployment.home import Home
from deployment.project import ROOT
from deployment.source_config import FilesSource
from tests.unit.cli.doctor.sample.conftest import Shop, good_orders


def test_a_readable_sample_has_no_problem(sampled_shop: Shop) -> None:
    sampled_shop.deliver("orders", *good_orders(50))
    assert sampled_shop.problems() == []


def test_each_column_is_reported_with_its_share_and_without_a_value(sampled_shop: Shop) -> None:
    sampled_shop.deliver(
        "orders",
        *good_orders(5),
        "100,C1,soon-SECRET,paid,EUR,9.50,",
        "101,C1,0026-04-03,paid,EUR,9.50,",
        "102,C1,2026-01-02,lost-SECRET,EUR,twelve-SECRET,",
        "103,9.007E+17,2026-01-02,paid,EUR,9.50,never-SECRET",
        "104,C1,,paid,EUR,9.50,",
    )
    problems = sampled_shop.problems()
    rejected, lost = "which are rejected", "which lose it"
    assert set(problems) == {
        f"warning: orders: {found} in 1 of 10 sampled rows (10.0%), {effect}"
        for found, effect in (
            ("Placed at is unreadable", rejected),
            ("Placed at is implausible", rejected),
            ("Placed at is missing", rejected),
            ("state is unknown", rejected),
            ("total is unreadable", rejected),
            ("Refunded at is unreadable", lost),
            ("customer is damaged", lost),
        )
    }
    assert "SECRET" not in str(problems)
    assert "9.007" not in str(problems)


def test_half_of_the_rows_rejected_is_an_error(sampled_shop: Shop) -> None:
    rows = [f"{n},C1,someday,paid,EUR,9.50," for n in range(5)]
    sampled_shop.deliver("orders", *good_orders(5), *rows)
    (problem,) = sampled_shop.problems()
    assert problem.startswith("error: orders: Placed at is unreadable in 5 of 10 sampled rows")


def test_one_row_in_200_is_no_warning(sampled_shop: Shop) -> None:
    sampled_shop.deliver("orders", *good_orders(199), "200,C1,soon,paid,EUR,9.50,")
    assert sampled_shop.problems() == []


def test_currencies_without_a_rate_are_named_in_capital_letters(sampled_shop: Shop) -> None:
    rows = ["100,C1,2026-01-02,paid,sek,9.50,", "101,C1,2026-01-02,paid,eur,9.50,"]
    sampled_shop.deliver("orders", *good_orders(8), *rows)
    (problem,) = sampled_shop.problems()
    assert problem.startswith("warning: orders: 1 of 10 sampled rows (10.0%) are in a currency")
    assert problem.endswith("without an exchange rate: SEK")


def test_a_model_that_fails_is_named_without_the_value_that_it_failed_on(
    sampled_shop: Shop,
) -> None:
    sampled_shop.deliver("orders", *good_orders(3), "9,C1,2026-01-02,paid,EUR,SECRET,")
    model = sampled_shop.staging / "stg_shop__orders.sql"
    model.write_text(model.read_text().replace("{{ read_amount('total') }}", "cast(total as int)"))
    (problem,) = sampled_shop.problems()
    assert problem.startswith("warning: stg_shop__orders cannot be run on a sample of rows")
    assert "SECRET" not in problem


def test_the_files_of_the_demo_company_are_readable_by_its_own_staging(tmp_path: Path) -> None:
    home = Home(tmp_path)
    generate(home.landing, tmp_path / "truth", people=100, daily_drops=0)
    config = load_config(ROOT / "config" / "demo.yml")
    for name, source in config.sources.items():
        assert isinstance(source, FilesSource)
        findings = list(diagnose_sample(name, source, config, home, ROOT))
        assert findings
        assert [each for each in findings if each.level == "error"] == []
