"""Whether an API can be read as the configuration says, found out from one page a table."""

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

# A person waits: an API that is busy is told of, and not waited for.
_IMPATIENT = Retries(attempts=2, first_wait_seconds=1, longest_wait_seconds=5)
_LONGEST_SECONDS = 15.0


def diagnose_api(name: str, source: RestSource) -> Iterator[Finding]:
    """Look at the secrets, the address and the first page of every table; writes nothing."""
    impatient = source.model_copy(
        update={
            "retries": _IMPATIENT,
            "timeout_seconds": min(source.timeout_seconds, _LONGEST_SECONDS),
            # One page a table is no load: it is not kept waiting for as a thousand would be.
            "requests_per_second": None,
        }
    )
    try:
        client = ApiClient(open_source(name, impatient))
    except SourceError as error:
        yield Finding("error", f"source {name}", str(error), "set what is missing")
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
        yield Finding("error", subject, str(error), "correct what it names, and look again")
        return
    if not records:
        yield Finding(
            "ok" if table.optional else "warning",
            subject,
            "it answers, and its first page is empty",
            "" if table.optional else "check what the secret may see",
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
            "correct columns, or move what may be left out to optional_columns",
        )
        return
    yield Finding("ok", subject, f"first page with {len(records)} records, columns as told")
