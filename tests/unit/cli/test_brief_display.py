from __future__ import annotations

import shutil
from datetime import date
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from brief.errors import BriefError
from cli.brief_display import show_brief
from deployment.config import DeploymentConfig
from deployment.config_file import load_config
from deployment.home import Home
from deployment.project import CONFIG
from tests.unit.brief.published_file import DAY, a_day, published_file


@pytest.fixture
def config() -> DeploymentConfig:
    return load_config(CONFIG / "demo.yml")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home in which a day was published, with its page."""
    made = Home(tmp_path).create()
    version = made.published.parent / "versions" / "000001"
    (version / "briefs").mkdir(parents=True)
    published_file(version / "holdfast.duckdb", a_day())
    (version / "briefs" / f"{DAY}.html").write_text("page")
    made.published.symlink_to("versions/000001/holdfast.duckdb")
    made.briefs.symlink_to("versions/000001/briefs")
    return made


def shown(config: DeploymentConfig, home: Home, day: date | None = None, **others: object) -> str:
    output = StringIO()
    options = {"is_opened": False, "pdf": None, "is_sent": False, "language": None, **others}
    show_brief(Console(file=output, width=200), config, home, day, **options)  # type: ignore[arg-type]
    return output.getvalue()


def test_the_page_is_named_and_opened_in_the_language(
    config: DeploymentConfig, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    assert shown(config, home, is_opened=True, language="zh") == (
        f"Brief of {DAY}: {home.briefs / f'{DAY}.html'}\n"
    )
    assert opened == [f"{(home.briefs / f'{DAY}.html').as_uri()}#zh"]


def test_without_a_mail_server_nothing_is_sent(config: DeploymentConfig, home: Home) -> None:
    with pytest.raises(BriefError, match=r"add brief\.mail to the configuration"):
        shown(config, home, is_sent=True)


def test_a_language_without_a_brief_is_refused(config: DeploymentConfig, home: Home) -> None:
    with pytest.raises(BriefError, match="written in en and zh, not in fr"):
        shown(config, home, language="fr")


def test_a_day_that_was_not_published_is_refused(config: DeploymentConfig, home: Home) -> None:
    shutil.rmtree(home.published.parent / "versions" / "000001" / "briefs")
    with pytest.raises(BriefError, match="2026-01-01 was not published"):
        shown(config, home, date(2026, 1, 1))
