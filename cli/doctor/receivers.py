"""Checks of the receivers of the hand-over: whether they answer and would take decisions."""

from __future__ import annotations

from collections.abc import Iterator

from cli.doctor.finding import Finding
from deployment.hand_over import HandOver
from warehouse.hand_over.http_endpoint import HttpEndpoint
from warehouse.hand_over.postgres_table import PostgresTable


def diagnose_receivers(hand_over: HandOver) -> Iterator[Finding]:
    """Probe each configured receiver; nothing is delivered and nothing is changed.

    A receiver that fails is a warning: the day is published without it, and its decisions are tried
    again by the next runs.
    """
    if hand_over.postgres is not None:
        problem = PostgresTable(hand_over.postgres).probe()
        yield _finding("postgres", problem, f"{hand_over.postgres.table} can be written")
    if hand_over.http is not None:
        yield _finding("http", HttpEndpoint(hand_over.http).probe(), "the endpoint answers")


def _finding(receiver: str, problem: str | None, found: str) -> Finding:
    subject = f"receiver {receiver}"
    if problem is None:
        return Finding("ok", subject, found)
    return Finding("warning", subject, problem, "correct it: its decisions wait until they expire")
