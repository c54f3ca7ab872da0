from __future__ import annotations

from pathlib import Path

import pytest

from deployment.config_file import load_config
from ingestion.connect.origins.errors import ConnectError
from tests.unit.ingestion.connect.conftest import ROOT, Project


def test_a_second_source_is_added_and_nothing_else_of_the_configuration_changes(
    project: Project, shop: Path
) -> None:
    original = (ROOT / "config" / "demo.yml").read_text() + "\n# the end, mine\n"
    project.config.parent.mkdir()
    project.config.write_text(original)
    project.connect("till", shop)
    text = project.config.read_text()
    start = text.index("  till:\n")
    end = text.index("\n# the end, mine")
    assert text[:start] + text[end:] == original
    assert list(load_config(project.config).sources) == ["crm", "shop", "helpdesk", "till"]


def test_sources_in_another_layout_are_not_changed(project: Project, shop: Path) -> None:
    project.config.parent.mkdir()
    project.config.write_text("company: X\nsources: {shop: {kind: files}}\n")
    with pytest.raises(ConnectError, match="expected a line `sources:`"):
        project.connect("till", shop)
    assert not project.staging("till").exists()
