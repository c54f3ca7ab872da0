"""Links of the documentation lead to files and headings of the repository, and every page is found.

`make docs` builds the site, where MkDocs checks the links of its own pages.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("benchmarks/*.md")])
LINK = re.compile(r"\]\((?![a-z]+:)([^)\s#]*)(?:#([^)\s]*))?\)")
# Code and comments have no links.
CODE = re.compile(r"^```.*?^```|`[^`\n]*`|<!--.*?-->", re.MULTILINE | re.DOTALL)


def headings(path: Path) -> set[str]:
    """Anchors of a page's headings, as GitHub and MkDocs make them."""
    text = re.sub(r"^```.*?^```", "", path.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_link_leads_to_a_file_and_to_a_heading_of_it(page: Path) -> None:
    dead = []
    for target, anchor in LINK.findall(CODE.sub("", page.read_text("utf-8"))):
        linked = page.parent / target if target else page
        if not linked.exists() or (anchor and anchor not in headings(linked)):
            dead.append(f"{target}#{anchor}")
    assert dead == []


def test_every_guide_is_in_the_navigation_of_the_site_and_linked_from_the_readme() -> None:
    site = (ROOT / "mkdocs.yml").read_text("utf-8")
    listed = {
        place
        for section in yaml.safe_load(site)["nav"]
        for entries in section.values()
        for entry in entries
        for place in entry.values()
    }
    guides = {path.relative_to(ROOT / "docs").as_posix() for path in ROOT.glob("docs/**/*.md")}
    assert guides <= listed
    linked = {target for target, _ in LINK.findall((ROOT / "README.md").read_text("utf-8"))}
    assert {f"docs/{guide}" for guide in guides} <= linked


def test_both_readmes_have_the_same_figures() -> None:
    """Rows of the accuracy table, and amounts of the demo, taken over from the English page."""
    english, chinese = (
        (ROOT / name).read_text("utf-8") for name in ("README.md", "README.zh-CN.md")
    )
    rows = re.findall(r"\| [\d,]+ (?:\| \*?\*?\.\d{3}\*?\*? / [^|]+){5}\|", english)
    assert len(rows) == 4
    assert [row for row in rows if row not in chinese] == []
    amounts = set(re.findall(r"\d[\d,]{4,}", chinese.split("## 接入自己的数据")[0]))
    assert amounts
    assert {amount for amount in amounts if amount not in english} == set()
