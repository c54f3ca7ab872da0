"""Loggers: the name under which a run logs to the process that executes it, and the silent default.

What a terminal shows of a run does not belong here (`cli/progress.py`).
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import dagster as dg

RUN_LOGGER = "terminal"


def _silent(context: dg.InitLoggerContext) -> logging.Logger:
    del context
    logger = logging.getLogger("holdfast.silent")
    logger.addHandler(logging.NullHandler())
    logger.propagate = False
    return logger


SILENT = dg.LoggerDefinition(_silent, description="Discards the log, which the UI shows.")

# The configuration of a run that logs to the definitions' logger, and not to the process's output.
OWN_LOGGER: Mapping[str, Any] = {"loggers": {RUN_LOGGER: {}}}
