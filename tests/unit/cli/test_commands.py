from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.commands import app
from deployment.config_file import load_config
from deployment.home import Home
from ml.texts.training import train_texts
from orchestration.resources import Models
from tests.unit.ml.texts.planted_texts import to_learn

ROOT = Path(__file__).parents[3]
DEMO = ROOT / "config" / "demo.yml"

# Runs a command in this process: exit code, output, errors.
Holdfast = Callable[..., tuple[int, str, str]]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def holdfast(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Holdfast]:
    before = dict(os.environ)
    # As `environment` sets it: MLflow reads it when it is imported.
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")

    def run(*arguments: str, config: Path = DEMO) -> tuple[int, str, str]:
        os.environ.update(HOLDFAST_HOME=str(home), HOLDFAST_CONFIG=str(config), COLUMNS="200")
        done = CliRunner().invoke(app, arguments)
        assert done.exception is None or isinstance(done.exception, SystemExit)
        return done.exit_code, done.stdout, done.stderr

    yield run
    for name in set(os.environ) - set(before):
        del os.environ[name]
    os.environ.update(before)


def test_help_names_the_commands_and_imports_neither_dagster_nor_dbt_nor_mlflow() -> None:
    script = (
        "import sys; from cli.commands import app\n"
        "try: app(['--help'])\n"
        "except SystemExit: pass\n"
        "print({'dagster', 'dbt', 'mlflow', 'duckdb'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for command in (
        "run", "backfill", "train", "rollback", "accept-drift", "ui", "status", "doctor",
    ):  # fmt: skip
        assert f" {command} " in done.stdout
    assert done.stdout.endswith("set()\n")


@pytest.mark.parametrize("command", ["run", "train", "status", "ui"])
def test_a_mistake_in_the_configuration_is_one_message_and_leaves_no_trace(
    tmp_path: Path, home: Path, holdfast: Holdfast, command: str
) -> None:
    config = tmp_path / "typo.yml"
    config.write_text(DEMO.read_text().replace("Europe/Berlin", "Europe/Berln"))
    code, _, errors = holdfast(command, config=config)
    assert code == 1
    assert f"{config}: time_zone: expected a time zone" in errors
    assert "did you mean Europe/Berlin?" in errors
    assert not home.exists()


def test_an_unknown_key_of_a_configuration_named_by_an_option_is_one_message(
    tmp_path: Path, home: Path, holdfast: Holdfast
) -> None:
    config = tmp_path / "wrong.yml"
    config.write_text(f"{DEMO.read_text()}curency: EUR\n")
    code, _, errors = holdfast("run", "--config", str(config))
    assert code == 1
    assert f"{config}: curency: " in errors
    assert "Traceback" not in errors
    assert not home.exists()


def test_a_date_without_data_is_refused_with_the_dates_that_have_data(holdfast: Holdfast) -> None:
    code, _, errors = holdfast("run", "--date", "2030-01-01")
    assert code == 1
    assert "2030-01-01 cannot be run" in errors
    assert "2024-07-01 to 2026-06-30" in errors


def test_a_missing_source_fails_the_run_by_its_name(holdfast: Holdfast) -> None:
    code, _, errors = holdfast("run")
    assert code == 1
    assert "source crm" in errors


def test_the_status_of_a_new_home_names_the_next_command(holdfast: Holdfast) -> None:
    code, output, _ = holdfast("status")
    assert code == 0
    assert "holdfast run" in output


def test_a_check_of_the_status_exits_with_4_while_an_error_is_open(holdfast: Holdfast) -> None:
    code, output, _ = holdfast("status", "--check")
    assert code == 4
    assert output.startswith("error No day has been published yet.\n  → holdfast run\n")


@pytest.mark.parametrize("model", [[], ["--model", "texts"]])
def test_without_a_model_there_is_none_to_roll_back(holdfast: Holdfast, model: list[str]) -> None:
    code, _, errors = holdfast("rollback", *model, "--reason", "It is wrong.")
    assert code == 1
    assert "no model is in use" in errors


def test_the_text_model_is_rolled_back_by_its_name(holdfast: Holdfast, home: Path) -> None:
    models = Models(Home(home).create(), load_config(DEMO))
    for day in (date(2026, 5, 1), date(2026, 6, 1)):
        models.texts.promote(models.texts.log(train_texts(to_learn([]), day)))
    assert models.text_models.in_use() == {date(2026, 5, 1): "1", date(2026, 6, 1): "2"}

    code, output, errors = holdfast("rollback", "--model", "texts", "--reason", "It is deaf.")

    assert code == 0, errors
    assert output == (
        "Text model 1, as of 2026-05-01, is in use again. Versions taken out of use: 2. The next "
        "run scores again with it the texts of those versions.\n"
    )
    assert models.text_models.in_use() == {date(2026, 5, 1): "1"}


def test_damaged_files_are_named_by_status_and_stop_a_run_before_it_starts(
    holdfast: Holdfast, home: Path
) -> None:
    folders = Home(home).create()
    folders.warehouse.write_bytes(b"")
    folders.published.write_bytes(b"damaged" * 2000)
    code, _, errors = holdfast("status")
    lines = errors.splitlines()
    assert (code, len(lines)) == (1, 2)
    assert lines[0].startswith(f"✗ {folders.warehouse} is empty: restore it from a backup")
    assert lines[1].startswith(f"✗ {folders.published} is damaged (")
    assert lines[1].endswith("the next run makes it again (holdfast run)")

    code, _, errors = holdfast("run")
    assert (code, errors) == (1, f"{lines[0]}\n")


def test_a_run_after_the_loss_of_the_warehouse_names_the_days_and_runs_nothing(
    holdfast: Holdfast, home: Path
) -> None:
    folders = Home(home).create()
    note = folders.published.with_suffix(".state.json")
    note.write_text('{"revisions": {"2026-06-28": "a", "2026-06-29": "b"}}')
    code, _, errors = holdfast("run")
    assert code == 1
    assert "is gone, and with it 2 days from 2026-06-28 to 2026-06-29" in errors
    assert "holdfast backfill --from 2026-06-28 --to 2026-06-30" in errors
    assert not folders.warehouse.exists()


def test_drift_of_a_missing_warehouse_cannot_be_accepted(holdfast: Holdfast, home: Path) -> None:
    code, _, errors = holdfast("accept-drift", "--date", "2026-06-30", "--feature", "plan")
    assert code == 1
    assert "does not exist: run the daily job first" in errors
    assert not (home / "warehouse.duckdb").exists()
