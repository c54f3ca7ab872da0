"""What goes wrong while a source is being connected."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployment.errors import HoldfastError

if TYPE_CHECKING:
    from pydantic import ValidationError


class ConnectError(HoldfastError):
    """The source cannot be connected."""


def mistakes_in(error: ValidationError) -> str:
    """What is wrong with an entry of the configuration, in one line and without what it holds."""
    return "; ".join(
        f"{'.'.join(map(str, each['loc']))}: {each['msg'].removeprefix('Value error, ')}"
        for each in error.errors(include_input=False, include_url=False)
    )
