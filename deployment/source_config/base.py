"""What every kind of source has in common."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Annotated, Any, Literal, get_args

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
    "tickets",
    "feedback",
    "events",
    "subscriptions",
    "touches",
]
ENTITIES: tuple[Entity, ...] = get_args(Entity)


def matching(pattern: str, expected: str) -> AfterValidator:
    """A validator that takes text of the pattern, and says what was expected of any other."""

    def check(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError(f"expected {expected}, found {text!r}")
        return text

    return AfterValidator(check)


Name = Annotated[
    str, matching(r"[a-z][a-z0-9_]*", "lower-case letters, digits and _, a letter first")
]


def with_keys(value: Any) -> Any:
    """The value, if it is one of keys with values; another may be a secret, and is not quoted.

    Raises:
        ValueError: it is a single value, or a list.
    """
    if not isinstance(value, Mapping):
        raise ValueError("expected keys with values, found none")
    return value


class Section(BaseModel):
    """A part of the configuration: unknown keys are mistakes, and nothing is changed later."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class SourceTable(Section):
    """One raw table, and what must be in it.

    `columns` must be delivered, `optional_columns` are null where they are not; others are kept
    too. `types` says in which DuckDB type a column lands where the delivered one is not wanted, or
    has changed. `key` tells rows apart: of rows with one key the newest counts.
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


class LiveTable(SourceTable):
    """A table that is read where it lives, and not delivered: its rows are told apart by a key."""

    @model_validator(mode="after")
    def _has_a_key(self) -> LiveTable:
        if not self.key:
            raise ValueError("expected key: the columns that tell rows apart, found none")
        return self


class BaseSource(Section):
    """A system that holds some of the company's data."""

    stale_after_days: PositiveInt = 2

    @property
    @abstractmethod
    def with_secrets(self) -> list[Any]:
        """Parts of the configuration in which `${NAME}` is replaced by a secret."""
