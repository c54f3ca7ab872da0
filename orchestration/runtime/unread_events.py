"""Unread events: dbt's debug events are not built while nothing reads them.

dbt makes several events of level debug for each node and statement. Each is a Protobuf message that
is filled from a dictionary, which takes 125 microseconds whatever the log level, and 0.9 here. In
the profile of the demo company's builds 9 % of Python's time is spent on events.

`runtime/dbt.py` replaces two methods of dbt. The test fails once dbt's own debug events are empty
without a logger; this module can be deleted then.
"""

from __future__ import annotations

from typing import Any, cast

from dbt_common.events.base_types import BaseEvent, DebugLevel
from dbt_common.events.event_manager import EventManager


class UnreadEvents(EventManager):
    """An event manager that passes events of level debug to its loggers, and to no callback."""

    def fire_event(self, e: BaseEvent, *arguments: Any, **options: Any) -> None:
        """Handle an event; one of level debug only if there is a logger."""
        if self.loggers or not isinstance(e, DebugLevel):
            super().fire_event(e, *arguments, **options)


class BuiltWhenRead:
    """Methods of a debug event that fill its message when an attribute is read."""

    def __init__(self, *arguments: Any, **values: Any) -> None:
        """Keep the values."""
        object.__setattr__(self, "_given", (arguments, values))

    def __getattr__(self: Any, name: str) -> Any:
        if "pb_msg" not in self.__dict__:
            arguments, values = self.__dict__["_given"]
            BaseEvent.__init__(cast(BaseEvent, self), *arguments, **values)
        message = self.__dict__["pb_msg"]
        return message if name == "pb_msg" else getattr(message, name)


def build_when_read() -> None:
    """Let dbt's debug events fill their messages when they are read."""
    for name in ("__init__", "__getattr__"):
        setattr(DebugLevel, name, BuiltWhenRead.__dict__[name])
