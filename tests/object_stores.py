"""An object store of S3's kind, run here by moto for the tests that need one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import fsspec
import pytest

KEY = "exporter"
SECRET = "correct-horse-battery"


@pytest.fixture(scope="module")
def object_store() -> Iterator[str]:
    """Its address; SHOP_KEY_ID and SHOP_SECRET are set to what opens it."""
    from moto.server import ThreadedMotoServer

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SHOP_KEY_ID", KEY)
        patch.setenv("SHOP_SECRET", SECRET)
        server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        server.start()
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}"
        server.stop()


@pytest.fixture
def exports_bucket(object_store: str) -> Any:
    """The empty bucket `exports`; what writes there."""
    store = fsspec.filesystem(
        "s3", key=KEY, secret=SECRET, endpoint_url=object_store, skip_instance_cache=True,
        use_listings_cache=False,
    )  # fmt: skip
    if store.exists("exports"):
        store.rm("exports", recursive=True)
    store.mkdir("exports")
    return store
