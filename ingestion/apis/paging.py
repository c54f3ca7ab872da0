"""Pagination of a resource: each page in turn to the last; endless loops are refused."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NoReturn
from urllib.parse import urlencode

from deployment.source_config.rest import Paging, RestSource, RestTable
from ingestion.apis.client import Answer, ApiClient
from ingestion.errors import SourceError

ABSENT = object()


@dataclass
class Pages:
    """The pages of one table in one extraction.

    Attributes:
        client: the API.
        name: name of the table.
        table: its configuration.
        parameters: parameters of every request.
        start: parameters of a request without a cursor.
        cursor: cursor to begin at, None for the beginning; the latest one while pages are read.
        stalled_pages: allowed number of pages in a row without a new record.
    """

    client: ApiClient
    name: str
    table: RestTable
    parameters: dict[str, str]
    start: dict[str, str]
    cursor: str | None
    stalled_pages: int
    _requests: set[str] = field(default_factory=set)
    _contents: set[bytes] = field(default_factory=set)
    _stalled: int = 0

    @classmethod
    def from_the_beginning(cls, client: ApiClient, name: str, source: RestSource) -> Pages:
        """All pages of a table, whatever was read of it before."""
        table = source.tables[name]
        return cls(
            client,
            name,
            table,
            as_texts(table.parameters),
            as_texts(table.start_parameters),
            None,
            source.stalled_pages,
        )

    def __iter__(self) -> Iterator[list[dict[str, Any]]]:
        """The records of each page, in order.

        Raises:
            SourceError: a page cannot be read, does not fit the configuration, or is repeated.
        """
        position = self.table.paging.first or 0
        if self.table.paging.kind == "page" and self.table.paging.first is None:
            position = 1
        target: str | None = self._target(position)
        while target is not None:
            if target in self._requests:
                self._fail("its paging asks for the same page again", target)
            self._requests.add(target)
            answer = self.client.get(self.name, target)
            records = self._records(answer.body, target)
            self._check_progress(records, target)
            yield records
            position += len(records) if self.table.paging.kind == "offset" else 1
            target = self._next(answer, records, target, position)

    def _target(self, position: int) -> str:
        parameters = dict(self.parameters)
        paging = self.table.paging
        if self.cursor is None:
            parameters.update(self.start)
        elif paging.parameter is not None:
            parameters[paging.parameter] = self.cursor
        if paging.kind in ("page", "offset") and paging.parameter is not None:
            parameters[paging.parameter] = str(position)
        return self.client.target(self.table.path, urlencode(parameters))

    def _next(
        self, answer: Answer, records: list[dict[str, Any]], target: str, position: int
    ) -> str | None:
        paging = self.table.paging
        is_over = paging.end is not None and self._is_over(answer.body, paging.end, target)
        if paging.kind in ("page", "offset"):
            return self._target(position) if records else None
        address = self._address(paging, answer, target)
        if paging.kind == "cursor":
            self.cursor = address or self.cursor
            return None if is_over or address is None else self._target(position)
        if is_over or address is None:
            return None
        return self.client.followed(self.name, target, address)

    def _address(self, paging: Paging, answer: Answer, target: str) -> str | None:
        """The cursor or address of the next page in an answer; None without one."""
        if paging.kind == "link":
            return answer.link
        if paging.field is None:
            return None
        found = member(answer.body, paging.field)
        if found is ABSENT or found is None or found == "":
            return None
        if isinstance(found, bool) or not isinstance(found, str | int):
            self._fail(f"{paging.field} is no text: correct paging.field", target)
        return str(found)

    def _is_over(self, body: Any, end: str, target: str) -> bool:
        value = member(body, end)
        if not isinstance(value, bool):
            self._fail(f"{end} is not true or false: correct paging.end", target)
        return bool(value)

    def _records(self, body: Any, target: str) -> list[dict[str, Any]]:
        path = self.table.records
        found = body if path == "." else member(body, path)
        if not isinstance(found, list):
            there = f"; there are {', '.join(list(body)[:10])}" if isinstance(body, dict) else ""
            self._fail(f"there is no list {path} in the answer{there}: correct records", target)
        records = []
        for record in found:
            if not isinstance(record, dict):
                self._fail(f"{path} has an item that is no object: correct records", target)
            records.append(dict(record))
        for name, side in self.table.side_loads.items():
            beside = member(body, name)
            if isinstance(beside, list):
                items = {str(item.get(side.on)): item for item in beside if isinstance(item, dict)}
                for record in records:
                    record.setdefault(side.into, items.get(str(record.get("id"))))
        return records

    def _check_progress(self, records: list[dict[str, Any]], target: str) -> None:
        content = hashlib.blake2b(json.dumps(records).encode(), digest_size=8).digest()
        self._stalled = self._stalled + 1 if not records or content in self._contents else 0
        self._contents.add(content)
        if self._stalled > self.stalled_pages:
            self._fail(f"its last {self._stalled} pages had no new record", target)

    def _fail(self, problem: str, target: str) -> NoReturn:
        path = target.partition("?")[0]
        hint = "" if ": correct" in problem else ": correct paging"
        raise SourceError(f"{self.client.name}.{self.name}: {path}: {problem}{hint}")


def as_texts(parameters: dict[str, str | int | bool]) -> dict[str, str]:
    """Parameters as they stand in an address; true and false as JSON has them."""
    return {
        name: str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in parameters.items()
    }


def member(value: Any, path: str) -> Any:
    """The value at a dotted path in nested objects; ABSENT without one."""
    for name in path.split("."):
        if not isinstance(value, dict) or name not in value:
            return ABSENT
        value = value[name]
    return value
