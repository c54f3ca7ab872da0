"""A small demo company, and the states of its deployment that several tests start from."""

from __future__ import annotations

import fcntl
import gc
import os
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import is_hypothesis_test, settings

from deployment.home import Home
from tests.campaign import FACTOR
from tests.integration.deployments import DROPS, HISTORY, LAST, PEOPLE, Deployment, deliver

pytest_plugins = ["tests.databases", "tests.mail_servers", "tests.object_stores"]

Build = Callable[[Path], None]

# The same examples in every run but a campaign's, so that a failure can be repeated.
settings.register_profile("repeatable", derandomize=FACTOR == 1, print_blob=True)
settings.load_profile("repeatable")


# The files that take longest, by CPU time, longest first: with them at the front no process is left
# with one at the end. The second and the third need none of the deployments below, so that two
# processes do not wait for the same.
LONG = (
    "integration/test_corrections.py",
    "model/test_public_data.py",
    "integration/spark/test_cluster.py",
    "integration/test_unattended.py",
    "integration/test_database_source.py",
    "integration/test_upgrade.py",
    "integration/test_failing_day.py",
    "integration/test_real_companies.py",
    "integration/test_olist.py",
    "model/test_causes.py",
    "integration/test_api_company.py",
    "integration/test_messy_shop.py",
    "integration/test_erasure.py",
    "integration/test_pruning.py",
    "integration/test_drift.py",
    "browser/test_dagster_ui.py",
    "integration/test_accounting.py",
    "unit/warehouse/published/test_publication.py",
    "integration/test_repeatability.py",
    "model/test_public_texts.py",
    "integration/test_contract_states.py",
    "unit/cli/test_commands.py",
    "unit/orchestration/runtime/test_dbt.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the files of `LONG` first, and mark the tests that a campaign repeats."""
    here = Path(__file__).parent
    places = {here / name: place for place, name in enumerate(LONG)}
    for item in items:
        if is_hypothesis_test(getattr(item, "function", None)) or "kill" in item.name:
            item.add_marker("campaign")
    items.sort(key=lambda item: places.get(item.path, len(places)))


def pytest_collection_finish() -> None:
    """Collect garbage rarely: most objects of dbt and Dagster live as long as the process."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)


@pytest.fixture(scope="session")
def built_once(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Build], Deployment]:
    """Build a deployment by its name: in one of the test processes, and copied in the others."""
    own = tmp_path_factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own

    def get(name: str, build: Build) -> Deployment:
        made, mark = shared / f"{name}-built", shared / f"{name}-is-built"
        with (shared / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not mark.exists():
                # What is left of a process that failed at it: the next one tries again.
                shutil.rmtree(made, ignore_errors=True)
                build(made)
                mark.touch()
        return Deployment(Home(made)).copy(tmp_path_factory.mktemp(name) / "home")

    return get


@pytest.fixture(scope="session")
def delivered(tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    """The demo company's deliveries, history and daily drops, with nothing run yet."""
    home = Home(tmp_path_factory.mktemp("delivered"))
    deliver(home, PEOPLE)
    return Deployment(home)


@pytest.fixture(scope="session")
def first_day(built_once: Callable[[str, Build], Deployment], delivered: Deployment) -> Deployment:
    """The deployment after its first run, on the day of the history."""
    return built_once("first_day", lambda home: delivered.copy(home).day(HISTORY))


@pytest.fixture(scope="session")
def day_before_last(
    built_once: Callable[[str, Build], Deployment], first_day: Deployment
) -> Deployment:
    """The deployment after one run for each daily drop but the last."""

    def build(home: Path) -> None:
        deployment = first_day.copy(home)
        for number in range(1, DROPS):
            deployment.day(HISTORY + timedelta(days=number))

    return built_once("day_before_last", build)


@pytest.fixture(scope="session")
def day_by_day(
    built_once: Callable[[str, Build], Deployment], day_before_last: Deployment
) -> Deployment:
    """The deployment after one run for each daily drop."""
    return built_once("day_by_day", lambda home: day_before_last.copy(home).day(LAST))


@pytest.fixture
def home_copy(tmp_path: Path) -> Path:
    """Where a test may put a copy of a deployment to change."""
    return tmp_path / "home"
