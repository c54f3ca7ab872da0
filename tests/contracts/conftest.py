"""The dbt project as dbt reads it for the demo company."""

from __future__ import annotations

from typing import Any

import pytest

from deployment.config import deployment_vars
from deployment.config_file import load_config
from deployment.home import Home
from deployment.project import CONFIG
from orchestration.runtime.dbt import Dbt


@pytest.fixture(scope="session")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Dbt's manifest."""
    home = Home(tmp_path_factory.mktemp("contracts")).create()
    config = load_config(CONFIG / "demo.yml")
    return Dbt(home, deployment_vars(config)).manifest()


@pytest.fixture(scope="session")
def models(manifest: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Models by name."""
    return {
        node["name"]: node
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model"
    }
