"""Checks of a source's staging: models that exist, and open questions of `holdfast connect`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from cli.doctor.finding import Finding
from deployment.source_config import SourceTable
from ingestion.connect.drafts.todo import MARKER, open_questions


def diagnose_guesses(path: Path, project: Path) -> Iterator[Finding]:
    """Report the guesses of `holdfast connect` that no person has confirmed yet."""
    for mark in open_questions(path):
        is_inside = mark.path.is_relative_to(project)
        shown = mark.path.relative_to(project) if is_inside else mark.path
        yield Finding(
            "error",
            f"{shown}:{mark.line}",
            f"{MARKER}: {mark.question}",
            "decide, correct the lines below if necessary, and remove the comment",
        )


def diagnose_staging(
    name: str, table: SourceTable, subject: str, project: Path
) -> Iterator[Finding]:
    """Check that each entity provided by the table has its staging model."""
    folder = staging_folder(project, name)
    for entity in table.provides:
        model = folder / f"stg_{name}__{entity}.sql"
        if not model.is_file():
            yield Finding(
                "error",
                subject,
                f"provides {entity}, but there is no model {model.relative_to(project)}",
                "write it as docs/connect_your_data.md shows, or remove the entity from provides",
            )


def staging_folder(project: Path, name: str) -> Path:
    """The folder of a source's staging models."""
    return project / "dbt_project" / "models" / "staging" / name
