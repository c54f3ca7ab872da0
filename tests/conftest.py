"""A small demo company, and the states of its deployment that several tests start from."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import settings

from demo import generate
from orchestration.home import Home
from tests.integration.deployments import DROPS, HISTORY, PEOPLE, Deployment

pytest_plugins = ["tests.databases"]

# The same examples in every run: what passes here passes there, and a failure can be repeated.
settings.register_profile("repeatable", derandomize=True, print_blob=True)
settings.load_profile("repeatable")


@pytest.fixture(scope="session")
def delivered(tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    """The demo company's deliveries, history and daily drops, with nothing run yet."""
    home = Home(tmp_path_factory.mktemp("delivered"))
    generate(home.landing, home.root / "demo_truth", people=PEOPLE, daily_drops=DROPS)
    return Deployment(home)


@pytest.fixture(scope="session")
def first_day(delivered: Deployment, tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    """The deployment after its first run, on the day of the history."""
    deployment = delivered.copy(tmp_path_factory.mktemp("first") / "home")
    deployment.day(HISTORY)
    return deployment


@pytest.fixture(scope="session")
def day_by_day(first_day: Deployment, tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    """The deployment after one run for each daily drop."""
    deployment = first_day.copy(tmp_path_factory.mktemp("daily") / "home")
    for number in range(1, DROPS + 1):
        deployment.day(HISTORY + timedelta(days=number))
    return deployment


@pytest.fixture
def home_copy(tmp_path: Path) -> Path:
    """Where a test may put a copy of a deployment to change."""
    return tmp_path / "home"
