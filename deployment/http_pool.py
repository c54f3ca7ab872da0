"""Connections to an HTTP server, through the proxy that the machine names for it."""

from __future__ import annotations

from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import urllib3

from deployment.source_config.rest import LOOPBACK

_CONNECT_SECONDS = 10.0


def http_pool(
    address: str, timeout_seconds: float, *, retries: urllib3.Retry | bool
) -> urllib3.PoolManager:
    """A pool of connections for requests to an address; no connection is opened yet.

    Args:
        address: any address of the server; the machine itself is never asked through a proxy.
        timeout_seconds: wait for each part of an answer; connecting takes at most 10 seconds.
        retries: retries of each request; False raises the first error.
    """
    timeout = urllib3.Timeout(connect=min(_CONNECT_SECONDS, timeout_seconds), read=timeout_seconds)
    parts = urlsplit(address)
    proxy = getproxies().get(parts.scheme)
    host = parts.hostname or ""
    if proxy and host not in LOOPBACK and not proxy_bypass(host):
        return urllib3.ProxyManager(proxy, retries=retries, timeout=timeout)
    return urllib3.PoolManager(retries=retries, timeout=timeout)
