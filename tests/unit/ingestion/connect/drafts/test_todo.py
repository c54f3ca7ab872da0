from __future__ import annotations

from pathlib import Path

from cli.doctor.diagnosis import diagnose
from deployment.config_file import load_config
from ingestion.connect.drafts.todo import MARKER, open_questions
from tests.unit.ingestion.connect.conftest import Project


def complaints(project: Project) -> list[str]:
    """Doctor's errors about open questions."""
    return [
        f"{finding.subject}: {finding.message}"
        for finding in diagnose(project.config, project.home, ports={}, project=project.root)
        if finding.level == "error" and MARKER in finding.message
    ]


def test_each_question_is_an_error_of_doctor_until_it_is_decided(
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


def test_questions_are_reported_although_the_configuration_is_invalid(
    project: Project, shop: Path
) -> None:
    project.connect("corner", shop)
    project.config.write_text(project.config.read_text().replace("slug: corner", "slug: 'No Slug'"))
    assert any("company.yml:1" in each for each in complaints(project))


def test_only_sql_and_yaml_are_searched_for_open_questions(tmp_path: Path) -> None:
    (tmp_path / "a.sql").write_text(f"select 1\n-- {MARKER}: which?\n")
    (tmp_path / "b.yml").write_text(f"# {MARKER}: why?\n")
    (tmp_path / "c.md").write_text(f"{MARKER}\n")
    assert [(mark.path.name, mark.line, mark.question) for mark in open_questions(tmp_path)] == [
        ("a.sql", 2, "which?"),
        ("b.yml", 1, "why?"),
    ]
    assert list(open_questions(tmp_path / "absent")) == []
