"""A browser for tests: without network of its own, and with patience for a busy machine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

# A browser in a test may neither call home nor wait for a graphics card.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
]
PATIENCE = 120_000


@contextmanager
def browser() -> Iterator[Browser]:
    """The browser that CHROMIUM names."""
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=os.environ["CHROMIUM"], args=FLAGS, timeout=PATIENCE
        )
        yield opened
        opened.close()
