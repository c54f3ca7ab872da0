"""A source of the configuration, opened once with its secrets: for a run, doctor and connect."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from deployment.secrets import SecretError, hide, reveal
from deployment.source_config.base import BaseSource
from deployment.source_config.references import is_reference
from ingestion.errors import SourceError

C = TypeVar("C")
S = TypeVar("S", bound=BaseSource)


@dataclass(frozen=True, repr=False)
class OpenedSource(Generic[C]):
    """A source and the values of its secrets, which are in memory only and never printed.

    Attributes:
        name: the source's name, with which messages begin.
        config: the configuration, with references in place of secrets.
    """

    name: str
    config: C
    _values: Mapping[str, str]

    def __repr__(self) -> str:
        """The name only."""
        return f"OpenedSource({self.name!r})"

    def value(self, text: Any) -> Any:
        """Replace the references in a text of the configuration, also within lists and mappings."""
        if isinstance(text, Mapping):
            return {key: self.value(inner) for key, inner in text.items()}
        if isinstance(text, list):
            return [self.value(inner) for inner in text]
        return self._values.get(text, text) if isinstance(text, str) else text

    def hide(self, message: str) -> str:
        """Replace every secret in a message by `***`."""
        return hide(message, *self._values.values())


def open_source(name: str, config: S) -> OpenedSource[S]:
    """Look up the secrets of a source.

    Args:
        name: the source's name in the configuration.
        config: its configuration.

    Raises:
        SourceError: a secret is not set, or the file of secrets cannot be used.
    """
    return OpenedSource(name, config, _looked_up(name, _texts(config.with_secrets)))


def open_origin(name: str, origin: str) -> OpenedSource[str]:
    """Look up the secrets in an address that has no configuration yet.

    Raises:
        SourceError: as `open_source`.
    """
    return OpenedSource(name, origin, _looked_up(name, [origin]))


def _looked_up(name: str, texts: Iterable[str]) -> dict[str, str]:
    try:
        return {text: reveal(text) for text in texts if is_reference(text)}
    except SecretError as error:
        raise SourceError(f"source {name}: {error}") from None


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
    elif isinstance(value, str):
        yield value
