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
