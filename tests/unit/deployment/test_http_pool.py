from __future__ import annotations

import pytest
import urllib3

from deployment.http_pool import http_pool


@pytest.fixture
def proxied(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("https_proxy", "http://proxy.example.com:3128")
    monkeypatch.setenv("http_proxy", "http://proxy.example.com:3128")


@pytest.mark.usefixtures("proxied")
def test_another_machine_is_asked_through_the_proxy_and_this_one_never() -> None:
    far = http_pool("https://crm.example.com/x", 30, retries=False)
    assert isinstance(far, urllib3.ProxyManager)
    for address in ("http://localhost:8000", "http://127.0.0.1/x", "http://[::1]:80"):
        assert not isinstance(http_pool(address, 30, retries=False), urllib3.ProxyManager)


@pytest.mark.usefixtures("proxied")
def test_an_exception_from_the_proxy_is_obeyed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "example.com")
    near = http_pool("https://crm.example.com/x", 30, retries=False)
    assert not isinstance(near, urllib3.ProxyManager)


@pytest.mark.parametrize(("given", "connect"), [(30, 10), (2, 2)])
def test_connecting_takes_ten_seconds_at_most(given: float, connect: float) -> None:
    timeout = http_pool("http://localhost", given, retries=False).connection_pool_kw["timeout"]
    assert (timeout.connect_timeout, timeout.read_timeout) == (connect, given)
