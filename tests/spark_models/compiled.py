"""Compiled SQL of a home's models."""

from __future__ import annotations

import json
from pathlib import Path


def compiled_models(home: Path, *folders: str) -> dict[str, str]:
    """SQL of the models that dbt stores, by name, in the order of the manifest.

    Args:
        home: whose models dbt has run.
        folders: below `models/`, or the beginnings of models' paths in them; all if none is given.
    """
    target = home / "dbt" / "target"
    nodes = json.loads((target / "manifest.json").read_text(encoding="utf-8"))["nodes"].values()
    files = {path.stem: path for path in target.glob("compiled/*/models/**/*.sql")}
    paths = tuple(f"models/{folder}" for folder in folders) or ("",)
    return {
        node["name"]: files[node["name"]].read_text(encoding="utf-8")
        for node in nodes
        if node["resource_type"] == "model"
        and node["language"] == "sql"
        and node["config"]["materialized"] != "ephemeral"
        and node["name"] in files
        and node["original_file_path"].startswith(paths)
    }
