"""Translator: key, group, owner and description of a dbt node's asset.

The first folder below `models/` is the layer, and the layer is the group, whatever folders lie
below it. The schema is the key's first part. Settings of single models do not belong here, and
which build runs a layer is said in `assets/warehouse.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator


class LayerTranslator(DagsterDbtTranslator):
    """Keys such as `marts/dim_customers`, groups by layer, one owner for all."""

    def __init__(self, owner: str) -> None:
        """Take the deployment's owner, an e-mail address or a team's name."""
        super().__init__()
        self._owners = [owner_name(owner)]

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        """`[schema, name]`, for models, seeds and sources alike."""
        return dg.AssetKey([dbt_resource_props["schema"], dbt_resource_props["name"]])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """The layer: the first folder below `models/`; `seeds` for seeds."""
        if dbt_resource_props["resource_type"] == "seed":
            return "seeds"
        return str(dbt_resource_props["fqn"][1])

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> Sequence[str]:
        """The deployment's owner."""
        del dbt_resource_props
        return self._owners

    def get_description(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """The description in the YAML, without the SQL that dagster-dbt would append."""
        return str(dbt_resource_props["description"])


def owner_name(owner: str) -> str:
    """An owner in Dagster's form: an e-mail address as it is, anything else as a team."""
    return owner if "@" in owner else f"team:{owner.removeprefix('team:')}"
