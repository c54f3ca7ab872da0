"""The demo deployment's definitions, loaded once: nothing is run, and no data is needed."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from deployment.config import DeploymentConfig, deployment_vars
from deployment.config_file import load_config
from deployment.home import Home
from orchestration.definitions import build_defs
from orchestration.runtime.dbt import Dbt
from orchestration.runtime.instance import environment, prepare

DEMO = Path(__file__).parents[2] / "config" / "demo.yml"


@pytest.fixture(scope="session")
def demo_config() -> DeploymentConfig:
    return load_config(DEMO)


@pytest.fixture(scope="session")
def empty_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A prepared home without data; the environment is as it was afterwards."""
    home = Home(tmp_path_factory.mktemp("home"))
    before = dict(os.environ)
    prepare(home, DEMO)
    yield home
    for name in environment(home, DEMO):
        os.environ.pop(name, None)
    os.environ.update(before)


@pytest.fixture(scope="session")
def manifest(demo_config: DeploymentConfig, empty_home: Home) -> Mapping[str, Any]:
    return Dbt(empty_home, deployment_vars(demo_config)).manifest()


@pytest.fixture(scope="session")
def definitions(
    demo_config: DeploymentConfig, empty_home: Home, manifest: Mapping[str, Any]
) -> dg.Definitions:
    return build_defs(config=demo_config, home=empty_home, manifest=manifest)
