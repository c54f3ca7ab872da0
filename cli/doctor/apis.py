"""Checks of an API source: the secrets, the address and one page of each table."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime

from cli.doctor.finding import Finding
from deployment.source_config.rest import RestSource, Retries
from ingestion.apis.client import ApiClient
from ingestion.apis.marks import Mark
from ingestion.apis.paging import Pages
from ingestion.apis.records import lifted
from ingestion.errors import SourceError
from ingestion.opened_source import open_source

# A person is waiting: a busy API is reported at once and not retried for minutes.
_IMPATIENT = Retries(attempts=2, first_wait_seconds=1, longest_wait_seconds=5)
_LONGEST_SECONDS = 15.0


def diagnose_api(name: str, source: RestSource) -> Iterator[Finding]:
    """Read the first page of every table; writes nothing."""
    impatient = source.model_copy(
        update={
            "retries": _IMPATIENT,
            "timeout_seconds": min(source.timeout_seconds, _LONGEST_SECONDS),
            # One page for each table is too little load to be limited.
            "requests_per_second": None,
        }
    )
    try:
        client = ApiClient(open_source(name, impatient))
    except SourceError as error:
        yield Finding("error", f"source {name}", str(error), "set the missing value")
        return
    with closing(client):
        for table_name in source.tables:
            yield from _table(client, table_name, source)


def _table(client: ApiClient, name: str, source: RestSource) -> Iterator[Finding]:
    table = source.tables[name]
    subject = f"{client.name}.{name}"
    pages = Pages.from_the_beginning(client, name, source)
    try:
        records = next(iter(pages), [])
        if records and table.incremental is not None:
            mark = Mark(subject, table.incremental, None, datetime.now(UTC))
            for record in records:
                mark.see(record)
            mark.remembered()
    except SourceError as error:
        yield Finding("error", subject, str(error), "correct the setting that it names")
        return
    if not records:
        yield Finding(
            "ok" if table.optional else "warning",
            subject,
            "answers, but its first page is empty",
            "" if table.optional else "check the permissions of the secret",
        )
        return
    there = {column.casefold() for record in records for column in lifted(record, table.lift)}
    missing = [column for column in table.columns if column.casefold() not in there]
    if missing:
        yield Finding(
            "error",
            subject,
            f"none of the first {len(records)} records has {', '.join(missing)};"
            f" there are {', '.join(sorted(there))}",
            "correct columns, or move optional ones to optional_columns",
        )
        return
    yield Finding("ok", subject, f"first page with {len(records)} records, columns as configured")
