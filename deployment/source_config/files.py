"""Settings of sources that deliver files."""

from __future__ import annotations

import codecs
import os
import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, PositiveInt, field_validator, model_validator

from deployment.source_config.base import BaseSource, Name, Section, SourceTable, with_keys
from deployment.source_config.references import is_reference

DETECTED = "auto"

OneCharacter = Annotated[str, Field(min_length=1, max_length=1)]

# Words in the name of an option whose value is a secret.
_SECRET = re.compile(
    r"key|secret|token|passw|passphrase|credential|connection_string|signature", re.IGNORECASE
)
# Options with such a word and without a secret: the name of a file, or of an encryption key.
_NOT_SECRET = {"key_filename", "SSEKMSKeyId"}


class CsvOptions(Section):
    """Format of a CSV export; by default RFC 4180 in UTF-8, without detection.

    With `encoding: auto` the encoding of each file is detected: UTF-8, UTF-16, GB18030,
    Windows-1252 or Latin-1. The report of the extraction has the encodings found.
    """

    delimiter: OneCharacter = ","
    quote: OneCharacter = '"'
    escape: OneCharacter = '"'
    encoding: str = "utf-8"
    null: str = ""
    skip_lines: Annotated[int, Field(ge=0)] = 0

    @field_validator("encoding")
    @classmethod
    def _encoding_exists(cls, encoding: str) -> str:
        if encoding == DETECTED:
            return encoding
        try:
            return codecs.lookup(encoding).name
        except LookupError:
            raise ValueError(
                f"expected an encoding such as utf-8, latin-1, windows-1252 or gb18030, or auto,"
                f" found {encoding!r}"
            ) from None


class WorkbookOptions(Section):
    """Place of the table in an Excel workbook; by default the first sheet and its first row."""

    sheet: str | None = None
    header_row: PositiveInt = 1


class FileTable(SourceTable):
    """The files of one raw table and their columns.

    `member` selects the file in a zip archive that holds several (`orders_*.csv`).
    """

    path: Annotated[str, Field(min_length=1)]
    format: Literal["csv", "parquet", "jsonl", "excel"]
    options: CsvOptions = CsvOptions()
    workbook: WorkbookOptions = WorkbookOptions()
    member: str | None = None

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
        if self.format != "excel" and self.workbook != WorkbookOptions():
            raise ValueError(f"expected no workbook with format {self.format}, found one")
        if self.member is not None and not self.is_zip:
            raise ValueError(f"expected member with a path that ends in .zip, found {self.path!r}")
        return self

    @property
    def is_zip(self) -> bool:
        """True if the files are archives."""
        return self.path.casefold().endswith(".zip")

    @property
    def is_dated(self) -> bool:
        """True if the names of the files have a date."""
        return "{date}" in self.path


class FilesSource(BaseSource):
    """A system that delivers files into a folder, or into an object store.

    `location` is a path, or the URL of a folder that fsspec supports: `s3://exports/shop`. Secrets
    in `storage_options` are references: `{key: ${S3_KEY}, secret: ${S3_SECRET}}`.
    """

    kind: Literal["files"]
    location: Annotated[str, Field(min_length=1)]
    storage_options: dict[str, Any] = Field(default_factory=dict)
    tables: Annotated[dict[Name, FileTable], Field(min_length=1)]

    @property
    def with_secrets(self) -> list[Any]:
        """Parts of the configuration in which `${NAME}` is replaced by a secret."""
        return [self.location, self.storage_options]

    @property
    def is_remote(self) -> bool:
        """True if the files are in an object store, and not in a folder of this machine."""
        return "://" in self.location

    @field_validator("location")
    @classmethod
    def _variables_are_set(cls, location: str) -> str:
        if "://" in location:  # references may be secrets, which are looked up by `open_source`
            if urlsplit(location).password and not is_reference(location):
                raise ValueError("expected the password in it as ${NAME}, found it written out")
            return location

        def value(match: re.Match[str]) -> str:
            name = match.group(1)
            if not os.environ.get(name):
                raise ValueError(
                    f"expected the environment variable {name} to name the folder, found it unset"
                )
            if "://" in os.environ[name]:
                raise ValueError(
                    f"expected the environment variable {name} to name a folder, found a URL:"
                    " write its scheme in location, as in s3://${BUCKET}/shop"
                )
            return os.environ[name]

        return re.sub(r"\$\{(\w+)\}", value, location)

    @field_validator("storage_options", mode="before")
    @classmethod
    def _secrets_are_references(cls, options: Any) -> Any:
        for name, value in _written_out(with_keys(options)):
            if _SECRET.search(name) and name not in _NOT_SECRET and not is_reference(value):
                raise ValueError(f"expected {name} as a reference ${{NAME}}, found it written out")
        return options

    @model_validator(mode="after")
    def _options_are_of_a_store(self) -> FilesSource:
        if self.storage_options and not self.is_remote:
            raise ValueError("expected storage_options with a URL as location, found a folder")
        return self


def _written_out(options: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Every text and number in the options, with the name of its option."""
    for name, value in options.items():
        if isinstance(value, Mapping):
            yield from _written_out(value)
        elif not isinstance(value, bool | None):  # a password of digits is read as a number
            yield str(name), str(value)
