from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from cli.connect_display import show_connection
from tests.unit.ingestion.connect.conftest import (
    ROOT,
    Project,
    deliver_into,
    deliver_shop,
    project_in,
)

PERSONAL = (
    "Lovelace", "Turing", "Hopper", "ada@example.org", "alan@example.org", "grace@example.org",
    "900123", "Baker Street", "parcel never came",
)  # fmt: skip


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return project_in(tmp_path)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return deliver_shop(deliver_into(tmp_path / "exports"))


def test_no_personal_data_is_printed_or_written(project: Project, shop: Path) -> None:
    connection = project.connect("corner", shop)
    console = Console(record=True, width=300, file=(project.root / "out").open("w"))
    show_connection(console, connection, is_dry=False)
    for text in (console.export_text(), project.everything_written("corner")):
        assert [each for each in PERSONAL if each in text] == []
        assert "free text" in text.casefold()


def test_the_command_prints_profile_mapping_and_evidence_without_personal_data(
    project: Project, shop: Path
) -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-c", "from cli.commands import app; app()"),
            *("connect", "corner", "--from", "${EXPORTS}", "--dry-run"),
            *("--config", str(project.config)),
        ],
        cwd=ROOT,
        env={**os.environ, "EXPORTS": str(shop), "HOLDFAST_HOME": str(project.home.root),
             "COLUMNS": "250"},
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "orders: 120 rows; key order_no" in done.stdout
    assert "customers.customer_no (100%)" in done.stdout
    assert "its name matches placed; its values are times" in done.stdout
    assert [each for each in PERSONAL if each in done.stdout + done.stderr] == []
    assert not project.config.exists()


def test_a_source_without_an_entity_ends_with_the_names_that_would_settle_it(
    project: Project, tmp_path: Path
) -> None:
    rows = "".join(f"{n},{n % 7},2025-01-{n % 28 + 1:02},{n % 5 + 1}\n" for n in range(40))
    deliver = deliver_into(tmp_path / "exports")
    folder = deliver("slips.csv", "slip_key,customer_id,zeitp,stars\n" + rows)
    console = Console(record=True, width=300, file=(project.root / "out").open("w"))
    show_connection(console, project.connect("corner", folder), is_dry=False)
    shown = console.export_text()
    assert "Tables without an entity: slips" in shown
    assert "slips could be feedback (source_customer_id = customer_id, rating = stars)" in shown
    assert "feedback,created_at,en,zeitp" in shown
    assert "No table has the shape of purchases" in shown
