"""Check of erasures: files of the home that still have rows of erased people."""

from __future__ import annotations

from collections.abc import Iterator

from cli.doctor.finding import Finding
from deployment.home import Home
from erasure.kept_files import kept_files


def diagnose_erasures(home: Home) -> Iterator[Finding]:
    """Name each delivered file from which rows of erased people could not be removed."""
    for reason in kept_files(home):
        problem, _, remedy = reason.rpartition(", ")
        yield Finding("warning", "erasure", problem, remedy)
