from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
DEMO = ROOT / "config" / "demo.yml"


def holdfast(*arguments: str, home: Path, config: Path = DEMO) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from cli.commands import app; app()", *arguments],
        cwd=ROOT,
        env={
            **os.environ,
            "HOLDFAST_HOME": str(home),
            "HOLDFAST_CONFIG": str(config),
            "COLUMNS": "200",
        },
        capture_output=True,
        text=True,
        check=False,
    )


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
    tmp_path: Path, command: str
) -> None:
    config = tmp_path / "typo.yml"
    config.write_text(DEMO.read_text().replace("Europe/Berlin", "Europe/Berln"))
    done = holdfast(command, home=tmp_path / "home", config=config)
    assert done.returncode == 1
    assert f"{config}: time_zone: expected a time zone" in done.stderr
    assert "did you mean Europe/Berlin?" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "home").exists()


def test_a_date_without_data_is_refused_with_those_that_have_some(tmp_path: Path) -> None:
    done = holdfast("run", "--date", "2030-01-01", home=tmp_path)
    assert done.returncode == 1
    assert "2030-01-01 cannot be run" in done.stderr
    assert "2024-07-01 to 2026-06-30" in done.stderr


def test_a_source_that_is_not_there_fails_the_run_by_its_name(tmp_path: Path) -> None:
    done = holdfast("run", home=tmp_path)
    assert done.returncode == 1
    assert "source crm" in done.stderr
    assert "Traceback" not in done.stderr + done.stdout


def test_the_status_of_a_new_home_says_what_to_do(tmp_path: Path) -> None:
    done = holdfast("status", home=tmp_path)
    assert done.returncode == 0
    assert "holdfast run" in done.stdout


@pytest.mark.parametrize("model", [[], ["--model", "texts"]])
def test_without_a_model_there_is_none_to_roll_back(tmp_path: Path, model: list[str]) -> None:
    done = holdfast("rollback", *model, "--reason", "It is wrong.", home=tmp_path)
    assert done.returncode == 1
    assert "no model is in use" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_model_of_texts_goes_back_by_its_name(tmp_path: Path) -> None:
    # One process, which opens MLflow's database once.
    script = """
from datetime import date
from pathlib import Path
from ml.texts.training import train_texts
from cli.commands import app
from deployment.config_file import load_config
from deployment.home import Home
from orchestration.resources import Models
from tests.unit.ml.texts.planted_texts import to_learn
texts = Models(Home.from_env(), load_config(Path("config/demo.yml"))).texts
for day in (date(2026, 5, 1), date(2026, 6, 1)):
    texts.promote(texts.log(train_texts(to_learn([]), day)))
app(["rollback", "--model", "texts", "--reason", "It is deaf."], standalone_mode=False)
print(texts.in_use())
"""
    environment = {
        "HOLDFAST_HOME": str(tmp_path), "HOLDFAST_CONFIG": str(DEMO),
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == (
        "Model of texts 1, as of 2026-05-01, is in use again; out of use: 2. The next run reads "
        "again with it what those have read.\n"
        "{datetime.date(2026, 5, 1): '1'}\n"
    )


def test_drift_of_a_warehouse_that_is_not_there_cannot_be_accepted(tmp_path: Path) -> None:
    done = holdfast("accept-drift", "--date", "2026-06-30", "--feature", "plan", home=tmp_path)
    assert done.returncode == 1
    assert "does not exist: run the daily job first" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "warehouse.duckdb").exists()
