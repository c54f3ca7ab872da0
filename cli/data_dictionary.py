"""`python -m cli.data_dictionary`: writes docs/data_dictionary.md from the dbt contracts.

A contract test compares the page with the dbt project.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from deployment.project import ROOT
from ml.cards.markdown import escape, table
from warehouse.published.tables import tables_from_manifest

PAGE = ROOT / "docs" / "data_dictionary.md"
_TITLE = """\
# Data dictionary

Every table and column of `published/holdfast.duckdb`. Written by `make dictionary` from the
contracts of the dbt project; the descriptions are also comments in the file itself."""


def data_dictionary(manifest: Mapping[str, Any]) -> str:
    """The published tables of a dbt manifest as Markdown, in alphabetical order."""
    nodes = {f"{node['schema']}.{node['alias']}": node for node in _models(manifest)}
    pages = (
        _section(published.label, published.order_by, nodes[published.label])
        for published in tables_from_manifest(manifest)
    )
    return "\n\n".join([_TITLE, *pages]) + "\n"


def _models(manifest: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    return (node for node in manifest["nodes"].values() if node["resource_type"] == "model")


def _section(label: str, key: tuple[str, ...], node: Mapping[str, Any]) -> str:
    rows = [
        [f"`{name}`", str(column["data_type"]), escape(column["description"])]
        for name, column in node["columns"].items()
    ]
    keys = ", ".join(f"`{name}`" for name in key)
    return "\n\n".join(
        [
            f"## {label}",
            f"{escape(node['description'])} Key: {keys}.",
            table(["column", "type", "description"], rows),
        ]
    )


def demo_manifest() -> dict[str, Any]:
    """The manifest of the dbt project for the demo company."""
    from deployment.config import deployment_vars
    from deployment.config_file import DEFAULT_CONFIG, load_config
    from deployment.home import Home
    from orchestration.runtime.dbt import Dbt

    with TemporaryDirectory() as scratch:
        config = load_config(ROOT / DEFAULT_CONFIG)
        return Dbt(Home(Path(scratch)).create(), deployment_vars(config)).manifest()


def main() -> None:
    """Write the page."""
    PAGE.write_text(data_dictionary(demo_manifest()), encoding="utf-8")


if __name__ == "__main__":
    main()
