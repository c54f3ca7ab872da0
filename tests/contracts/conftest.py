"""The dbt project as dbt reads it for the demo company."""

from __future__ import annotations

from typing import Any

import pytest

from orchestration.config import deployment_vars
from orchestration.config_file import load_config
from orchestration.home import Home
from orchestration.transform import PROJECT, Dbt


@pytest.fixture(scope="session")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Dbt's manifest."""
    home = Home(tmp_path_factory.mktemp("contracts")).create()
    config = load_config(PROJECT.parent / "config" / "demo.yml")
    return Dbt(home, deployment_vars(config)).manifest()


@pytest.fixture(scope="session")
def models(manifest: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Models by name."""
    return {
        node["name"]: node
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model"
    }
