"""Files that a system delivers into a folder."""

from __future__ import annotations

import codecs
import os
import re
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from orchestration.source_config.base import BaseSource, Name, Section, SourceTable

OneCharacter = Annotated[str, Field(min_length=1, max_length=1)]


class CsvOptions(Section):
    """How a CSV export is written. Nothing is guessed: the default is RFC 4180 in UTF-8."""

    delimiter: OneCharacter = ","
    quote: OneCharacter = '"'
    escape: OneCharacter = '"'
    encoding: str = "utf-8"
    null: str = ""
    skip_lines: Annotated[int, Field(ge=0)] = 0

    @field_validator("encoding")
    @classmethod
    def _encoding_exists(cls, encoding: str) -> str:
        try:
            return codecs.lookup(encoding).name
        except LookupError:
            raise ValueError(
                f"expected an encoding such as utf-8, latin-1, windows-1252 or gb18030,"
                f" found {encoding!r}"
            ) from None


class FileTable(SourceTable):
    """The files of one raw table, and what must be in them."""

    path: Annotated[str, Field(min_length=1)]
    format: Literal["csv", "parquet", "jsonl"]
    options: CsvOptions = CsvOptions()

    @field_validator("path")
    @classmethod
    def _path_stays_inside_the_location(cls, path: str) -> str:
        if path.startswith("/") or ".." in path.split("/"):
            raise ValueError(f"expected a path below the source's location, found {path!r}")
        unknown = set(re.findall(r"\{(.*?)\}", path)) - {"date"}
        if unknown:
            raise ValueError(f"expected {{date}} as the only placeholder, found {path!r}")
        return path

    @model_validator(mode="after")
    def _options_are_for_csv(self) -> FileTable:
        if self.format != "csv" and self.options.model_fields_set:
            raise ValueError(f"expected no options, which are for csv, found format {self.format}")
        return self

    @property
    def is_dated(self) -> bool:
        """Whether a file's name tells the day of its drop."""
        return "{date}" in self.path


class FilesSource(BaseSource):
    """A system that delivers files into a folder."""

    kind: Literal["files"]
    location: Annotated[str, Field(min_length=1)]
    tables: Annotated[dict[Name, FileTable], Field(min_length=1)]

    @field_validator("location")
    @classmethod
    def _variables_are_set(cls, location: str) -> str:
        def value(match: re.Match[str]) -> str:
            name = match.group(1)
            if not os.environ.get(name):
                raise ValueError(
                    f"expected the environment variable {name} to name the folder, found it unset"
                )
            return os.environ[name]

        return re.sub(r"\$\{(\w+)\}", value, location)
