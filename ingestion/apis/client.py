"""Requests to an API: credentials, rate limit, retries, and messages for failed requests.

Uses urllib3, whose retries include answers that end early. No message quotes a secret, a query or a
body.
"""

from __future__ import annotations

import base64
import json
import math
import random
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

import urllib3
from urllib3.exceptions import HTTPError, InvalidHeader, MaxRetryError, SSLError

from deployment.http_pool import http_pool
from deployment.source_config.references import referred
from deployment.source_config.rest import RestSource, Retries, check_address
from ingestion.errors import SourceError
from ingestion.opened_source import OpenedSource

_TRIED_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
_RELATION = re.compile(r";\s*rel\s*=\s*(?:\"([^\"]*)\"|([\w.-]+))", re.IGNORECASE)


@dataclass(frozen=True)
class Answer:
    """One page of an API.

    Attributes:
        body: the JSON value.
        link: address of the next page in the Link header, None without one.
    """

    body: Any
    link: str | None


class Patience(urllib3.Retry):
    """Exponential waits with random jitter.

    Two differences from urllib3: the first retry waits too, and a Retry-After that cannot be parsed
    is ignored.
    """

    def get_backoff_time(self) -> float:
        """Seconds until the next attempt."""
        tried = len(self.history or ())
        if not tried:
            return 0.0
        wait = min(self.backoff_max, self.backoff_factor * 2 ** min(tried - 1, 30))
        return float(wait * random.uniform(0.5, 1.0))

    def parse_retry_after(self, retry_after: str) -> float:
        """Seconds of a Retry-After header, 0 if it cannot be parsed."""
        try:
            return super().parse_retry_after(retry_after)
        except InvalidHeader:
            return 0.0


class ApiClient:
    """The client of one API for one extraction; secrets are in memory only."""

    def __init__(self, opened: OpenedSource[RestSource]) -> None:
        """Prepare the requests of a source; no connection is opened yet.

        Raises:
            SourceError: the address is not safe, or a secret cannot be sent in a header.
        """
        source = opened.config
        self.name = opened.name
        self._secrets = source.auth.secrets() if source.auth else []
        self._base = _address(opened)
        self._headers = {
            "Accept": "application/json",
            "Accept-Encoding": "gzip",
            "User-Agent": "holdfast",
            **source.headers,
            **_credentials(opened),
        }
        self._pause = 1 / source.requests_per_second if source.requests_per_second else 0.0
        self._not_before = 0.0
        self._pool = _pool(self._base, source)

    def target(self, path: str, query: str) -> str:
        """Path and query of a resource, below the path of the base address."""
        whole = urlsplit(self._base).path.rstrip("/") + path
        return f"{whole}?{query}" if query else whole

    def followed(self, table: str, target: str, address: str) -> str:
        """Path and query of the next page's address in an answer.

        Raises:
            SourceError: the address has another host, which must not receive the secret.
        """
        parts = urlsplit(urljoin(f"{self._base}{target}", address))
        if parts.hostname != urlsplit(self._base).hostname:
            raise SourceError(
                f"{self.name}.{table}: the address of the next page is at {parts.hostname}, which"
                " is not the host of base_url: correct base_url, or the paging"
            )
        return f"{parts.path}?{parts.query}" if parts.query else parts.path

    def get(self, table: str, target: str) -> Answer:
        """Request a page.

        Raises:
            SourceError: the API does not answer, refuses the request, or its answer is no JSON.
        """
        self._wait()
        where = f"{self.name}.{table}: {target.partition('?')[0]}"
        origin = "{0.scheme}://{0.netloc}".format(urlsplit(self._base))
        problem = ""
        try:
            response = self._pool.request(
                "GET", origin + target, headers=self._headers, redirect=False
            )
        except HTTPError as error:
            problem = _unreachable(error)
        if problem:  # raised outside the handler, so that the library's error is not its context
            raise SourceError(f"{where}: {problem}")
        if response.status != 200:
            raise SourceError(f"{where}: {self._refusal(response.status)}")
        return Answer(self._decoded(where, response), _next_link(response.headers.get("Link")))

    def close(self) -> None:
        """Close the connections."""
        self._pool.clear()

    def _wait(self) -> None:
        now = time.monotonic()
        time.sleep(max(0.0, self._not_before - now))
        self._not_before = max(now, self._not_before) + self._pause

    def _refusal(self, status: int) -> str:
        names = " and ".join(self._secrets)
        if status == 401:
            what = f"check {names}, which is wrong or has expired" if names else "it needs auth"
        elif status == 403:
            what = (
                f"the owner of {names} lacks a permission: grant it at the source"
                if names
                else "it needs auth"
            )
        elif status in (404, 410):
            what = "there is no such resource: check base_url and path"
        elif status in (400, 422):
            what = (
                "it does not understand the request: check parameters, paging and incremental"
                " against its documentation (an expired cursor is refused in this way too)"
            )
        elif status == 429:
            what = "it receives too many requests: lower requests_per_second, or raise retries"
        elif status in _TRIED_AGAIN or status >= 500:
            what = "the server fails: rows delivered before are kept; run again later"
        elif 300 <= status < 400:
            what = "it redirects, which is not followed with a secret: correct base_url"
        else:
            what = "check the table's configuration"
        return f"the API answers {status}: {what}"

    @staticmethod
    def _decoded(where: str, response: urllib3.BaseHTTPResponse) -> Any:
        body = response.data
        problem = ""
        try:
            return json.loads(body, parse_float=_number, parse_constant=_no_constant)
        except (ValueError, RecursionError):
            problem = (
                "the answer is a web page, not JSON: correct base_url to the address of the API"
                if body[:200].lstrip()[:1] == b"<"
                else "the answer is not one whole JSON value: run again; if it stays so, check"
                " base_url and path"
            )
        raise SourceError(f"{where}: {problem}")


def _address(opened: OpenedSource[RestSource]) -> str:
    base = str(opened.value(opened.config.base_url)).rstrip("/")
    problem = ""
    try:
        check_address(base)
        return base
    except ValueError as error:
        problem = str(error)
    raise SourceError(f"source {opened.name}: base_url: {problem}")


def _credentials(opened: OpenedSource[RestSource]) -> dict[str, str]:
    """The header with the credentials."""
    auth = opened.config.auth
    if auth is None:
        return {}
    if auth.bearer is not None:
        return {"Authorization": f"Bearer {_secret(opened, auth.bearer)}"}
    if auth.header is not None and auth.value is not None:
        return {auth.header: _secret(opened, auth.value)}
    pair = f"{_secret(opened, auth.user or '')}:{_secret(opened, auth.password or '')}"
    return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}


def _secret(opened: OpenedSource[RestSource], text: str) -> str:
    value = str(opened.value(text)).strip()
    if value.isascii() and value.isprintable():
        return value
    raise SourceError(
        f"source {opened.name}: auth: {' and '.join(referred(text))} has characters that a header"
        " cannot hold: set it again"
    )


def _pool(base: str, source: RestSource) -> urllib3.PoolManager:
    return http_pool(base, source.timeout_seconds, retries=_patience(source.retries))


def _patience(retries: Retries) -> Patience:
    return Patience(
        total=retries.attempts - 1,
        allowed_methods=None,
        status_forcelist=_TRIED_AGAIN,
        backoff_factor=retries.first_wait_seconds,
        backoff_max=retries.longest_wait_seconds,
        retry_after_max=max(1, math.ceil(retries.longest_wait_seconds)),
        raise_on_status=False,
    )


def _unreachable(error: HTTPError) -> str:
    """Message for a connection error; the error's own text contains addresses and proxies."""
    reason = error.reason if isinstance(error, MaxRetryError) and error.reason else error
    if isinstance(reason, SSLError):
        return "its certificate is not trusted: check base_url, or the machine's certificates"
    kind = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(reason).__name__).lower()
    return (
        f"the API cannot be reached, or its answers end early ({kind}): check base_url and the"
        " network, and run again later; rows delivered before are kept"
    )


def _next_link(header: str | None) -> str | None:
    """The address with the relation next in a Link header (RFC 8288)."""
    for address, attributes in re.findall(r"<([^>]*)>([^<]*)", header or ""):
        relation = _RELATION.search(attributes)
        if relation and "next" in (relation[1] or relation[2]).casefold().split():
            return str(address)
    return None


def _number(text: str) -> float | str:
    """A number; as text if it is beyond the range of a double."""
    number = float(text)
    return number if math.isfinite(number) else text


def _no_constant(text: str) -> Mapping[str, Any]:
    raise ValueError(f"{text} is no JSON")
