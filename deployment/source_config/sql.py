"""Settings of databases."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveInt, field_validator

from deployment.source_config.base import BaseSource, MutableTable, Name

_WRITTEN_PASSWORD = re.compile(r"://[^/@\s]*:(?!\$\{\w+\}@)[^/\s]*@|[?&]password=(?!\$\{\w+\})")


class SqlTable(MutableTable):
    """A table or view of the database.

    `table` is its name in the database (`schema.table`), by default the name of the raw table.
    `cursor` is a column that rises with every change of a row. With a cursor, rows above its
    highest value so far are read, and rows below it by the look-back, for transactions that were
    committed late: `look_back_hours` of a time, `look_back_steps` of a number. Rows with a null
    cursor are always read. Without a cursor the whole table is read and compared. A row is deleted
    where `deleted_column` is true or not null. Without a `deleted_column`, keys are compared every
    `compare_every_days`.
    """

    table: str | None = None
    cursor: str | None = None
    look_back_hours: NonNegativeFloat = 24
    look_back_steps: NonNegativeInt = 1000
    deleted_column: str | None = None
    compare_every_days: PositiveInt = 7


class SqlSource(BaseSource):
    """A database by its URL, as SQLAlchemy writes it; passwords are references: `${CRM_URL}`."""

    kind: Literal["sql"]
    url: Annotated[str, Field(min_length=1)]
    tables: Annotated[dict[Name, SqlTable], Field(min_length=1)]

    @property
    def with_secrets(self) -> list[Any]:
        """Parts of the configuration in which `${NAME}` is replaced by a secret."""
        return [self.url]

    @field_validator("url")
    @classmethod
    def _password_is_kept_elsewhere(cls, url: str) -> str:
        check_password(url)
        return url


def check_password(url: str) -> None:
    """Refuse a database's URL with a password in it; the message never quotes it.

    Raises:
        ValueError: the password is written out, and is no `${NAME}`.
    """
    if _WRITTEN_PASSWORD.search(url):
        raise ValueError(
            "expected a password that is kept outside the file, such as ${CRM_PASSWORD}, or"
            " the whole address as ${CRM_URL}; found one written out"
        )
