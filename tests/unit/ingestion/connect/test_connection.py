from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from rich.console import Console

from cli.connect_display import show_connection
from cli.doctor.diagnosis import diagnose
from deployment.config_file import load_config
from ingestion.connect.drafts.todo import MARKER, open_questions
from ingestion.connect.origins.errors import ConnectError
from tests.unit.ingestion.connect.conftest import ROOT, Deliver, Project

PERSONAL = (
    "Lovelace", "Turing", "Hopper", "ada@example.org", "alan@example.org", "grace@example.org",
    "900123", "Baker Street", "parcel never came",
)  # fmt: skip


@pytest.fixture
def shop(deliver: Deliver) -> Path:
    """Exports of a shop with everything that must never be shown."""
    people = (
        ("Ada Lovelace", "ada@example.org", "+44 7700 900123", "1 Baker Street"),
        ("Alan Turing", "alan@example.org", "+44 7700 9001234", "2 Baker Street"),
        ("Grace Hopper", "grace@example.org", "07700 900123", "3 Baker Street"),
    )
    deliver(
        "customers.csv",
        "customer_no,name,mail,mobile,street,registered\n"
        + "".join(f"C{n},{','.join(people[n % 3])},{n % 28 + 1:02}/01/2026\n" for n in range(60)),
    )
    deliver(
        "orders.csv",
        "order_no,customer_no,placed,state,total,contact\n"
        + "".join(
            f"{n},C{n % 60},{n % 28 + 1:02}/02/2026,paid,{n}.50,{people[n % 3][0]}\n"
            for n in range(120)
        ),
    )
    return deliver(
        "reviews.csv",
        "review_id,order_no,created_at,stars,text\n"
        + "".join(
            f"R{n},{n},2026-03-{n % 28 + 1:02},{n % 5 + 1},"
            f"{people[n % 3][0]} says {n}: the parcel never came to {people[n % 3][1]}\n"
            for n in range(60)
        ),
    )


def complaints(project: Project) -> list[str]:
    """Doctor's errors about open guesses, as a person reads them."""
    return [
        f"{finding.subject}: {finding.message}"
        for finding in diagnose(project.config, project.home, ports={}, project=project.root)
        if finding.level == "error" and MARKER in finding.message
    ]


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


def test_whoever_is_killed_while_it_writes_leaves_the_old_files(
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


def test_nobody_s_data_is_printed_or_written(project: Project, shop: Path) -> None:
    connection = project.connect("corner", shop)
    console = Console(record=True, width=300, file=(project.root / "out").open("w"))
    show_connection(console, connection, is_dry=False)
    for text in (console.export_text(), project.everything_written("corner")):
        assert [each for each in PERSONAL if each in text] == []
        assert "free text" in text.casefold()


def test_the_command_prints_profile_mapping_and_evidence_and_nobody_s_data(
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


def test_every_doubt_is_an_error_of_doctor_with_file_and_line_until_it_is_decided(
    project: Project, shop: Path
) -> None:
    connection = project.connect("corner", shop)
    assert connection.open_questions
    found = complaints(project)
    assert len(found) == len(connection.open_questions)
    config = project.config.read_text().splitlines()
    line = next(number for number, text in enumerate(config, start=1) if "currency" in text)
    assert f"config/company.yml:{line}: TODO(connect): the currency of the amounts" in found
    for path in [project.config, *project.staging("corner").glob("*.sql")]:
        kept = [
            text.split(f"# {MARKER}")[0].rstrip() if path == project.config else text
            for text in path.read_text().splitlines()
            if f"-- {MARKER}" not in text
        ]
        path.write_text("\n".join(kept) + "\n")
    assert complaints(project) == []
    assert load_config(project.config)


def test_open_questions_are_told_although_the_configuration_cannot_be_read(
    project: Project, shop: Path
) -> None:
    project.connect("corner", shop)
    project.config.write_text(project.config.read_text().replace("slug: corner", "slug: 'No Slug'"))
    assert any("company.yml:1" in each for each in complaints(project))


def test_what_a_person_has_edited_is_never_overwritten(project: Project, shop: Path) -> None:
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


def test_sources_in_another_layout_are_not_touched(project: Project, shop: Path) -> None:
    project.config.parent.mkdir()
    project.config.write_text("company: X\nsources: {shop: {kind: files}}\n")
    with pytest.raises(ConnectError, match="expected a line `sources:`"):
        project.connect("till", shop)
    assert not project.staging("till").exists()


def test_a_dry_run_writes_nothing(project: Project, shop: Path) -> None:
    before = sorted(project.root.rglob("*"))
    connection = project.connect("corner", shop, is_dry=True)
    assert connection.proposal.entities
    assert sorted(project.root.rglob("*")) == before


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://crm:s3cr3t-word@db/crm",
        "postgresql://db/crm?user=crm&password=s3cr3t-word",
        "mysql+pymysql://crm:s3cr3t-word@db/crm",
    ],
)
def test_a_password_on_the_command_line_is_refused_and_not_repeated(
    project: Project, url: str
) -> None:
    with pytest.raises(ConnectError, match="CRM_URL") as error:
        project.connect("crm", url)
    assert "s3cr3t" not in str(error.value)
    assert not project.config.exists()


def test_a_database_s_password_is_written_as_its_name_and_never_shown(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRM_URL", "sqlite:////nowhere/at/all.db?password=s3cr3t-word")
    with pytest.raises(ConnectError, match="there is no database file") as error:
        project.connect("crm", "${CRM_URL}")
    assert "s3cr3t" not in str(error.value)


@pytest.mark.parametrize(
    ("name", "origin", "message"),
    [
        ("Shop 1", ".", "expected a name of lower-case letters"),
        ("shop", "/nowhere/at/all", "expected a folder"),
        ("shop", "${NOT_SET_AT_ALL}", "NOT_SET_AT_ALL is not set"),
        ("shop", "https://shop.example/exports", "bring one delivery to a folder"),
    ],
)
def test_what_cannot_be_connected_is_said_in_one_line(
    project: Project, name: str, origin: str, message: str
) -> None:
    with pytest.raises(ConnectError, match=message):
        project.connect(name, origin)


def test_a_folder_without_tables_says_what_is_in_it(project: Project, deliver: Deliver) -> None:
    folder = deliver("notes.docx", "no table")
    with pytest.raises(ConnectError, match=r"there is no table in .*\n  notes.docx: not csv"):
        project.connect("corner", folder)


def test_only_sql_and_yaml_are_searched_for_open_questions(tmp_path: Path) -> None:
    (tmp_path / "a.sql").write_text(f"select 1\n-- {MARKER}: which?\n")
    (tmp_path / "b.yml").write_text(f"# {MARKER}: why?\n")
    (tmp_path / "c.md").write_text(f"{MARKER}\n")
    assert [(mark.path.name, mark.line, mark.question) for mark in open_questions(tmp_path)] == [
        ("a.sql", 2, "which?"),
        ("b.yml", 1, "why?"),
    ]
    assert list(open_questions(tmp_path / "absent")) == []
