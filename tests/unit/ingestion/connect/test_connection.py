from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from deployment.config_file import load_config
from tests.unit.ingestion.connect.conftest import Project


def test_config_and_models_are_written_and_enable_themselves(project: Project, shop: Path) -> None:
    connection = project.connect("corner", shop)
    config = load_config(project.config)
    assert config.sources_by_entity()["orders"] == ["corner"]
    assert config.sources_by_entity()["feedback"] == ["corner"]
    assert {path.name for path in connection.written} == {
        "company.yml", "_corner__sources.yml", "_corner__models.yml",
        "stg_corner__customers.sql", "stg_corner__orders.sql", "stg_corner__feedback.sql",
    }  # fmt: skip
    enabled = "{{ 'corner' in var('sources', ['corner']) }}"
    models = yaml.safe_load((project.staging("corner") / "_corner__models.yml").read_text())
    assert [model["config"] for model in models["models"]] == [{"enabled": enabled}] * 3
    sources = yaml.safe_load((project.staging("corner") / "_corner__sources.yml").read_text())
    assert sources["sources"][0]["config"]["enabled"] == enabled
    assert [table["name"] for table in sources["sources"][0]["tables"]] == [
        "customers", "orders", "reviews",
    ]  # fmt: skip
    assert all(
        column["description"]
        for table in sources["sources"][0]["tables"]
        for column in table["columns"]
    )


def test_a_killed_write_leaves_the_old_file(
    project: Project, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.connect("corner", shop)
    project.config.chmod(0o640)
    before = project.config.read_bytes()

    def killed(_: Path, target: Path) -> Path:
        raise KeyboardInterrupt(target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", killed)
        with pytest.raises(KeyboardInterrupt):
            project.connect("kiosk", shop)
    assert project.config.read_bytes() == before
    project.connect("kiosk", shop)
    assert set(load_config(project.config).sources) == {"corner", "kiosk"}
    assert project.config.stat().st_mode & 0o777 == 0o640
    assert not list(project.root.rglob(".*.new"))


def test_edited_files_are_never_overwritten(project: Project, shop: Path) -> None:
    project.connect("corner", shop)
    model = project.staging("corner") / "stg_corner__orders.sql"
    model.write_text("select 'mine'")
    project.config.write_text("# mine\n" + project.config.read_text())
    (project.staging("corner") / "stg_corner__feedback.sql").unlink()
    before = {path: path.read_text() for path in project.root.rglob("*") if path.is_file()}
    connection = project.connect("corner", shop)
    assert [path.name for path in connection.written] == ["stg_corner__feedback.sql"]
    assert model in connection.unchanged
    assert {path: path.read_text() for path in before} == before


def test_a_dry_run_writes_nothing(project: Project, shop: Path) -> None:
    before = sorted(project.root.rglob("*"))
    connection = project.connect("corner", shop, is_dry=True)
    assert connection.proposal.entities
    assert sorted(project.root.rglob("*")) == before
