from __future__ import annotations

from pathlib import Path

import pytest

from deployment.home import Home


def test_everything_lies_below_the_home_that_the_environment_names(tmp_path: Path) -> None:
    home = Home.from_env({"HOLDFAST_HOME": str(tmp_path / "state")})
    assert home.root == tmp_path / "state"
    assert home.published == tmp_path / "state" / "published" / "holdfast.duckdb"
    assert home.mlflow_tracking_uri == f"sqlite:///{tmp_path}/state/mlflow/mlflow.db"


def test_without_the_variable_the_home_is_data_here_wherever_the_process_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    home = Home.from_env({})
    monkeypatch.chdir("/")
    assert home.root == tmp_path / "data"


def test_nothing_is_made_before_create_and_create_may_be_repeated(tmp_path: Path) -> None:
    home = Home(tmp_path / "state")
    assert not home.root.exists()
    home.create().create()
    assert home.landing.is_dir()
    assert home.published.parent.is_dir()
    assert not home.warehouse.exists()
