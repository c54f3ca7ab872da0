"""The site of the documentation is built without a warning, and loads nothing from elsewhere."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def test_the_site_is_complete_and_loads_nothing_from_another_host(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict", "--site-dir", tmp_path],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    foreign = re.compile(r'<(?:script|img|iframe|link rel="stylesheet")[^>]*(?:src|href)="\w*:?//')
    pages = [path for path in tmp_path.rglob("*.html") if path.parent.name != "dbt"]
    assert len(pages) > 20
    assert [page.name for page in pages if foreign.search(page.read_text("utf-8"))] == []
    # Files of the repository that a page links to are part of the site.
    assert (tmp_path / "repository/dbt_project/seeds/action_catalogue.csv").exists()
