"""Days of the dated files that lie in the sources' landing folders."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from deployment.config import DeploymentConfig, run_date, today_in
from deployment.home import Home
from deployment.source_config import FilesSource
from ingestion.errors import SourceError
from ingestion.files.folders import open_folder
from ingestion.landing.ledger import Drop
from ingestion.opened_source import open_source


def dropped_days(config: DeploymentConfig, home: Home) -> list[date]:
    """Days of dated files, ascending, from the first date to the latest complete day."""
    last = run_date(config, today_in(config.time_zone))
    days = {
        drop.drop_date
        for name, source in config.sources.items()
        if isinstance(source, FilesSource)
        for drop in _dated_drops(name, source, home)
        if drop.drop_date is not None and config.first_date <= drop.drop_date <= last
    }
    return sorted(days)


def _dated_drops(name: str, source: FilesSource, home: Home) -> Iterator[Drop]:
    """A source's dated files; none of a source that cannot be opened, which its own run reports."""
    try:
        folder = open_folder(open_source(name, source), home)
        for table in source.tables.values():
            if table.is_dated:
                yield from folder.drops(table.path)
    except SourceError:
        return
