"""Errors of printing; the PDF itself is printed in tests/browser/test_brief.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from brief.errors import BriefError
from brief.pdf import BROWSER_VARIABLE, write_pdf


def test_without_a_browser_the_message_names_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(BROWSER_VARIABLE, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BriefError, match="install Chromium"):
        write_pdf(tmp_path / "brief.html", "en", tmp_path / "brief.pdf")


@pytest.mark.parametrize(
    ("browser", "message"),
    [("false", "printed no PDF: no message"), ("missing", "printed no PDF: .*missing")],
)
def test_a_browser_that_fails_leaves_the_old_pdf(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, browser: str, message: str
) -> None:
    target = tmp_path / "brief.pdf"
    target.write_text("old")
    monkeypatch.setenv(BROWSER_VARIABLE, browser)
    with pytest.raises(BriefError, match=message):
        write_pdf(tmp_path / "brief.html", "en", target)
    assert target.read_text() == "old"
