"""Error of a source that cannot be connected."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployment.errors import HoldfastError

if TYPE_CHECKING:
    from pydantic import ValidationError


class ConnectError(HoldfastError):
    """The source cannot be connected."""


def validation_summary(error: ValidationError) -> str:
    """Return the mistakes of a configuration entry on one line, without the entry's values."""
    return "; ".join(
        f"{'.'.join(map(str, each['loc']))}: {each['msg'].removeprefix('Value error, ')}"
        for each in error.errors(include_input=False, include_url=False)
    )
