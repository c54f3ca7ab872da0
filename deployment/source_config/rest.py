"""Resources of an HTTP API that answers in JSON."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    BeforeValidator,
    Field,
    NonNegativeFloat,
    PositiveFloat,
    PositiveInt,
    field_validator,
    model_validator,
)

from deployment.source_config.base import (
    BaseSource,
    MutableTable,
    Name,
    Section,
    matching,
    with_keys,
)
from deployment.source_config.references import is_reference, referred

_SECRET_WORDS = re.compile(
    r"auth|token|secret|passw|api[-_]?key|apikey|access[-_]?key|cookie", re.IGNORECASE
)
LOOPBACK = {"localhost", "127.0.0.1", "::1"}


def _is_kept_outside(value: Any) -> Any:
    """Refuse a secret that is written in the file; the message never quotes it."""
    if not isinstance(value, str) or not is_reference(value):
        raise ValueError(
            "expected the name of a secret such as ${API_TOKEN}, which is kept outside the"
            " configuration, found another text: set the secret in the environment, and replace it"
            " wherever this file has been"
        )
    return value


Reference = Annotated[str, BeforeValidator(_is_kept_outside)]
FieldPath = Annotated[
    str, matching(r"[^.\s]+(\.[^.\s]+)*", "a field such as paging.next.after, dots between names")
]


class Auth(Section):
    """Credentials for the API: a bearer token, a header of its own, or user and password.

    `bearer` is sent as `Authorization: Bearer …`, `value` in the header `header`, and `user` and
    `password` as basic authentication.
    """

    bearer: Reference | None = None
    header: Annotated[str, matching(r"[\w-]+", "a header's name")] | None = None
    value: Reference | None = None
    user: str | None = None
    password: Reference | None = None

    @model_validator(mode="after")
    def _is_of_one_kind(self) -> Auth:
        given = {name for name, text in self if text is not None}
        if given not in ({"bearer"}, {"header", "value"}, {"user", "password"}):
            raise ValueError(
                "expected bearer, or header and value, or user and password,"
                f" found {' and '.join(sorted(given)) or 'none of them'}"
            )
        return self

    def texts(self) -> list[str]:
        """The settings in which `${NAME}` is replaced by a secret."""
        texts = (self.bearer, self.value, self.user, self.password)
        return [text for text in texts if text]

    def secrets(self) -> list[str]:
        """The names of the secrets."""
        return [name for text in self.texts() for name in referred(text)]


class Retries(Section):
    """Retries of a request when the API is busy, fails or closes the connection.

    The wait doubles from `first_wait_seconds` on. It is shortened at random by up to half, so that
    clients that were refused together do not return together. A Retry-After of the API is obeyed up
    to `longest_wait_seconds`.
    """

    attempts: PositiveInt = 7
    first_wait_seconds: NonNegativeFloat = 1
    longest_wait_seconds: NonNegativeFloat = 120


class Paging(Section):
    """Pagination.

    cursor: `field` of the answer is sent as `parameter`, until the answer has no such field or its
    `end` is true; with `resumes` the next extraction begins at the last cursor. next_url: `field`
    is the address of the next page. link: the Link header has the address. page: `parameter`
    counts pages from `first`. offset: `parameter` counts records. Both end at an empty page. none:
    there is one page.
    """

    kind: Literal["none", "cursor", "next_url", "link", "page", "offset"] = "none"
    field: FieldPath | None = None
    parameter: str | None = None
    end: FieldPath | None = None
    resumes: bool = False
    first: int | None = None

    @model_validator(mode="after")
    def _has_what_its_kind_needs(self) -> Paging:
        needed = {
            "cursor": {"field", "parameter"},
            "next_url": {"field"},
            "page": {"parameter"},
            "offset": {"parameter"},
        }.get(self.kind, set())
        possible = {
            "cursor": {"end", "resumes"},
            "next_url": {"end"},
            "page": {"first"},
            "offset": {"first"},
        }.get(self.kind, set())
        given = {name for name in self.model_fields_set - {"kind"} if getattr(self, name)}
        for name in sorted(needed - given):
            raise ValueError(f"expected {name}, which kind {self.kind} needs, found none")
        for name in sorted(given - needed - possible):
            raise ValueError(f"expected no {name}, of which kind {self.kind} knows nothing")
        return self


class Incremental(Section):
    """Request of changed records only.

    The latest time in the records' `field`, less `look_back_hours`, is sent as `parameter`. The
    time of the records is used instead of a clock, so that records that appear late are not missed.
    """

    parameter: Annotated[str, Field(min_length=1)]
    field: FieldPath
    format: Literal["iso", "date", "epoch", "epoch_ms"] = "iso"
    look_back_hours: NonNegativeFloat = 1


class SideLoad(Section):
    """A second list of the answer, with one item for each record.

    The item whose `on` equals the record's `id` becomes the record's field `into`.
    """

    into: Name
    on: str


class RestTable(MutableTable):
    """One resource, whose records become rows.

    `records` is the path of the list in an answer (`.`: the answer is the list). The members of the
    objects named in `lift` become columns of their own (`properties_email` of `properties`); other
    nested values are kept as JSON. `start_parameters` are sent until there is a cursor. A record is
    deleted where a column of `deleted_when` equals the value, or is a list with the value. Without
    `incremental` or a cursor that resumes, all records are read and compared, and absent ones are
    soft-deleted. With either, this is done every `compare_every_days`, or never if that is not set.
    """

    path: Annotated[str, Field(min_length=1)]
    records: Annotated[str, matching(r"\.|[^.\s]+(\.[^.\s]+)*", "a field such as data.items, or .")]
    parameters: dict[str, str | int | bool] = Field(default_factory=dict)
    start_parameters: dict[str, str | int | bool] = Field(default_factory=dict)
    paging: Paging = Paging()
    incremental: Incremental | None = None
    lift: list[str] = Field(default_factory=list)
    side_loads: dict[str, SideLoad] = Field(default_factory=dict)
    deleted_when: dict[str, str] = Field(default_factory=dict)
    compare_every_days: PositiveInt | None = None

    @field_validator("path")
    @classmethod
    def _path_is_below_the_base(cls, path: str) -> str:
        if re.search(r"[?#\s]", path):  # not quoted: a query may hold a secret
            raise ValueError("expected a path, its query under parameters, found more than a path")
        if "://" in path or ".." in path.split("/"):
            raise ValueError("expected a path below base_url, found an address or ..")
        return "/" + path.lstrip("/")

    @field_validator("parameters", "start_parameters", mode="before")
    @classmethod
    def _no_secret_in_an_address(cls, parameters: Any) -> Any:
        return _without_secrets(
            parameters, "addresses are written into logs: send it by auth, as a header"
        )

    @model_validator(mode="after")
    def _fits_together(self) -> RestTable:
        unknown = set(self.deleted_when) - {*self.columns, *self.optional_columns}
        if unknown:
            raise ValueError(
                f"deleted_when: expected a column that columns lists, found {min(unknown)}"
            )
        if self.incremental and self.paging.resumes:
            raise ValueError(
                "expected incremental or a cursor that resumes, found both: they are two ways to"
                " ask for what has changed"
            )
        return self

    @property
    def asks_for_changes(self) -> bool:
        """True if only changed records are requested after the first extraction."""
        return self.incremental is not None or self.paging.resumes


class RestSource(BaseSource):
    """An API that answers in JSON.

    After more than `stalled_pages` pages in a row without a new record the paging is taken for an
    endless loop.
    """

    kind: Literal["rest"]
    base_url: Annotated[str, Field(min_length=1)]
    auth: Auth | None = None
    headers: dict[str, str] = Field(default_factory=dict)
    requests_per_second: PositiveFloat | None = None
    timeout_seconds: PositiveFloat = 60
    retries: Retries = Retries()
    stalled_pages: PositiveInt = 20
    tables: Annotated[dict[Name, RestTable], Field(min_length=1)]

    @property
    def with_secrets(self) -> list[Any]:
        """Parts of the configuration in which `${NAME}` is replaced by a secret."""
        return [self.base_url, *(self.auth.texts() if self.auth else [])]

    @field_validator("base_url")
    @classmethod
    def _base_url_is_safe(cls, base_url: str) -> str:
        if not is_reference(base_url.partition("/")[0]):
            check_address(base_url)
        return base_url.rstrip("/")

    @field_validator("auth", mode="before")
    @classmethod
    def _auth_has_keys(cls, auth: Any) -> Any:
        if auth is not None and not isinstance(auth, dict | Auth):
            raise ValueError(
                "expected bearer, or header and value, or user and password, found a single value"
            )
        return auth

    @field_validator("headers", mode="before")
    @classmethod
    def _no_secret_in_a_header(cls, headers: Any) -> Any:
        return _without_secrets(headers, "send it by auth")


def check_address(base_url: str) -> None:
    """Refuse an address that would expose a secret.

    Raises:
        ValueError: the address is not HTTPS, or has a password in it.
    """
    try:
        parts = urlsplit(base_url)
        host = parts.hostname
    except ValueError:
        parts, host = urlsplit(""), None
    if parts.scheme not in ("http", "https") or not host:
        raise ValueError("expected an address such as https://api.example.com, found another text")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("expected an address without user, password and query: use auth")
    if parts.scheme == "http" and host not in LOOPBACK:
        raise ValueError("expected https, without which everybody on the way reads the secrets")


def _without_secrets(texts: Any, remedy: str) -> Any:
    for name, value in with_keys(texts).items():
        if _SECRET_WORDS.search(str(name)) or (isinstance(value, str) and is_reference(value)):
            raise ValueError(f"expected no secret here, found {name}: {remedy}")
    return texts
