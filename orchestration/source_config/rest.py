"""Resources of an HTTP API."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from orchestration.source_config.base import BaseSource, LiveTable, Name


class RestTable(LiveTable):
    """One resource, whose records become rows."""

    path: Annotated[str, Field(min_length=1)]


class RestSource(BaseSource):
    """An API that answers in JSON."""

    kind: Literal["rest"]
    base_url: Annotated[str, Field(min_length=1)]
    tables: Annotated[dict[Name, RestTable], Field(min_length=1)]
