"""Configuration of sources, one module a kind: files, databases and APIs.

Code that looks up a secret or reads a source does not belong here.
"""

from typing import Annotated

from pydantic import Field

from deployment.source_config.base import ENTITIES, Entity, Name, SourceTable, TimeZone
from deployment.source_config.files import CsvOptions, FilesSource, FileTable, WorkbookOptions
from deployment.source_config.rest import RestSource, RestTable
from deployment.source_config.sql import SqlSource, SqlTable

Source = Annotated[FilesSource | SqlSource | RestSource, Field(discriminator="kind")]

__all__ = [
    "ENTITIES",
    "CsvOptions",
    "Entity",
    "FileTable",
    "FilesSource",
    "Name",
    "RestSource",
    "RestTable",
    "Source",
    "SourceTable",
    "SqlSource",
    "SqlTable",
    "TimeZone",
    "WorkbookOptions",
]
