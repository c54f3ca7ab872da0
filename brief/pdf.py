"""PDF of a brief, printed by an installed browser from the page's own print style."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from brief.errors import BriefError

BROWSER_VARIABLE = "CHROMIUM"
_BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "microsoft-edge",
)
_PATIENCE_SECONDS = 120
# The page loads nothing, and neither may the browser.
_FLAGS = (
    "--headless=new",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--no-pdf-header-footer",
)


def write_pdf(page: Path, language: str, target: Path) -> None:
    """Print a page to a PDF file.

    Args:
        page: a brief.
        language: one of its languages.
        target: the file, which is replaced.

    Raises:
        BriefError: no browser is installed, or it failed.
    """
    browser = find_browser()
    with TemporaryDirectory() as folder:
        printed = Path(folder) / "brief.pdf"
        command = [
            browser,
            *_FLAGS,
            # Chromium refuses to start its sandbox as root, which containers often are.
            *(["--no-sandbox"] if os.geteuid() == 0 else []),
            f"--user-data-dir={folder}/profile",
            f"--print-to-pdf={printed}",
            f"{page.resolve().as_uri()}#{language}",
        ]
        try:
            done = subprocess.run(
                command, capture_output=True, check=False, timeout=_PATIENCE_SECONDS
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise BriefError(f"{browser} printed no PDF: {error}") from error
        if not printed.exists():
            said = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
            raise BriefError(f"{browser} printed no PDF: {' '.join(said) or 'no message'}")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(printed, target)


def find_browser() -> str:
    """Path of a browser that prints: `CHROMIUM`, or the first that is installed.

    Raises:
        BriefError: none is installed.
    """
    named = os.environ.get(BROWSER_VARIABLE)
    found = named or next(filter(None, map(shutil.which, _BROWSERS)), None)
    if found is None:
        raise BriefError(
            "no browser was found to print the PDF: install Chromium (on Debian: apt-get install"
            f" chromium), or name one in {BROWSER_VARIABLE}; any browser prints the page itself too"
        )
    return found
