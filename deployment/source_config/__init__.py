"""What a deployment's configuration may say of where its data comes from, a module a kind."""

from typing import Annotated

from pydantic import Field

from deployment.source_config.base import ENTITIES, Entity, Name, SourceTable
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
    "WorkbookOptions",
]
