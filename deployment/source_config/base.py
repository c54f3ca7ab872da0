"""Settings that all kinds of sources share."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Annotated, Any, Literal, get_args
from zoneinfo import available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PositiveInt,
    field_validator,
    model_validator,
)

Entity = Literal[
    "customers",
    "orders",
    "order_lines",
    "refunds",
    "tickets",
    "feedback",
    "events",
    "subscriptions",
    "touches",
    "consents",
    "suppressions",
]
ENTITIES: tuple[Entity, ...] = get_args(Entity)


def matching(pattern: str, expected: str) -> AfterValidator:
    """A validator that accepts texts of a pattern; its message has the expected form."""

    def check(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError(f"expected {expected}, found {text!r}")
        return text

    return AfterValidator(check)


Name = Annotated[
    str, matching(r"[a-z][a-z0-9_]*", "lower-case letters, digits and _, a letter first")
]


def _known_zone(time_zone: str) -> str:
    zones = available_timezones()
    if time_zone not in zones:
        near = get_close_matches(time_zone, zones, n=1)
        hint = f" (did you mean {near[0]}?)" if near else ""
        raise ValueError(f"expected a time zone such as Europe/Berlin, found {time_zone!r}{hint}")
    return time_zone


TimeZone = Annotated[str, AfterValidator(_known_zone)]


def with_keys(value: Any) -> Any:
    """Return a mapping as it is; any other value may be a secret and is not quoted.

    Raises:
        ValueError: the value is a single value or a list.
    """
    if not isinstance(value, Mapping):
        raise ValueError("expected keys with values, found none")
    return value


class Section(BaseModel):
    """A part of the configuration, immutable; an unknown key is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class SourceTable(Section):
    """One raw table and its columns.

    `columns` must be delivered. `optional_columns` are null where they are not delivered. Other
    delivered columns are kept too. `types` are the DuckDB types of columns whose delivered type is
    not wanted, or has changed. `key` identifies a row: of several rows with one key the newest is
    valid.
    """

    columns: Annotated[list[str], Field(min_length=1)]
    optional_columns: list[str] = []
    types: dict[str, str] = {}
    key: list[str] = []
    provides: list[Entity] = []
    optional: bool = False

    @field_validator("provides", mode="before")
    @classmethod
    def _entities_are_known(cls, provides: Any) -> Any:
        for entity in provides if isinstance(provides, list) else ():
            if entity not in ENTITIES:
                near = get_close_matches(str(entity), ENTITIES, n=1)
                hint = f" (did you mean {near[0]}?)" if near else ""
                raise ValueError(
                    f"expected entities out of {', '.join(ENTITIES)}, found {entity!r}{hint}"
                )
        return provides

    @model_validator(mode="after")
    def _keys_are_columns(self) -> SourceTable:
        absent = [column for column in self.key if column not in self.columns]
        if absent:
            raise ValueError(f"expected key columns that columns lists, found {', '.join(absent)}")
        twice = sorted(set(self.columns) & set(self.optional_columns))
        if twice:
            raise ValueError(f"expected columns required or optional, found both: {twice[0]}")
        return self


class MutableTable(SourceTable):
    """A table of a mutable source (database, API), whose rows are identified by a key."""

    @model_validator(mode="after")
    def _has_a_key(self) -> MutableTable:
        if not self.key:
            raise ValueError("expected key: the columns that tell rows apart, found none")
        return self


class BaseSource(Section):
    """A system that holds some of the company's data.

    Its times without an offset are times of `time_zone`, or of UTC without one; a staging model may
    declare another zone for a column.
    """

    stale_after_days: PositiveInt = 2
    time_zone: TimeZone | None = None

    @property
    @abstractmethod
    def with_secrets(self) -> list[Any]:
        """Parts of the configuration in which `${NAME}` is replaced by a secret."""
