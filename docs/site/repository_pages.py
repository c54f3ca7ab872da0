"""MkDocs hook: pages and files of the repository outside docs/ become part of the site.

A page that links to a file of the repository, such as `../CHANGELOG.md`, keeps the link: the file
is added to the site, and the link is rewritten to its place there. Links that lead nowhere are
found by `mkdocs build --strict`.
"""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from posixpath import normpath, relpath

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[2]
HOME = "README.md"
# Path in the repository by path in the site; `dbt/index.html` is written by `make docs`.
PAGES = {
    "index.md": HOME,
    "README.zh-CN.md": "README.zh-CN.md",
    "CHANGELOG.md": "CHANGELOG.md",
    "DECISIONLOG.md": "DECISIONLOG.md",
    "benchmarks/RESULTS.md": "benchmarks/RESULTS.md",
    "benchmarks/POSTGRES.md": "benchmarks/POSTGRES.md",
}
DBT = "dbt/index.html"
_LINK = re.compile(r"(?<=\]\()(?![a-z]+:|#|/)([^)\s#]+)(#[^)\s]*)?(?=\))")
_CODE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_DIAGRAM = re.compile(r"^```mermaid$", re.MULTILINE)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages of the repository, every file that a page links to, and dbt's page."""
    for place, source in PAGES.items():
        files.append(_file(config, place, source))
    for page in files.documentation_pages():
        source = _source(page.src_uri)
        for target, _ in _LINK.findall(_without_code((ROOT / source).read_text("utf-8"))):
            linked = _linked(source, target)
            place = _place(linked)
            if (ROOT / linked).is_file() and files.get_file_from_path(place) is None:
                files.append(_file(config, place, linked))
    written = ROOT / "build" / "dbt" / "static_index.html"
    page = written.read_text("utf-8") if written.exists() else "<p>make docs writes this page.</p>"
    files.append(File.generated(config, DBT, content=page))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Rewrite links from places in the repository to places in the site."""
    place = page.file.src_uri
    source = _source(place)

    def rewritten(match: re.Match[str]) -> str:
        target = _place(_linked(source, match.group(1)))
        folder = PurePosixPath(place).parent.as_posix()
        return relpath(target, folder) + (match.group(2) or "")

    return _DIAGRAM.sub("```text", _LINK.sub(rewritten, markdown))


def _file(config: MkDocsConfig, place: str, source: str) -> File:
    return File.generated(config, place, abs_src_path=str(ROOT / source))


def _source(place: str) -> str:
    """The path in the repository of a page of the site."""
    return PAGES.get(place, f"docs/{place}")


def _linked(source: str, target: str) -> str:
    """The path in the repository of a link's target."""
    return normpath(f"{PurePosixPath(source).parent}/{target}")


def _place(source: str) -> str:
    """The path in the site of a file of the repository."""
    if source.startswith("docs/"):
        return source.removeprefix("docs/")
    places = {repository: place for place, repository in PAGES.items()}
    return places.get(source, f"repository/{source}")


def _without_code(markdown: str) -> str:
    return _CODE.sub("", markdown)
