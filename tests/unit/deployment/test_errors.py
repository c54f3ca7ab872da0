from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent.parent
# `ml` knows no other package, so its exceptions have a root of their own.
ROOT_OF = {
    "HoldfastError": ("deployment", "warehouse", "ingestion", "orchestration", "cli"),
    "ModelError": ("ml",),
}


@pytest.mark.parametrize("root", ROOT_OF)
def test_every_public_exception_derives_from_the_root_of_its_packages(root: str) -> None:
    bases = {
        node.name: {ast.unparse(base) for base in node.bases}
        for package in ROOT_OF[root]
        for path in (ROOT / package).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
        and node.name.endswith("Error")
        and not node.name.startswith("_")
    }
    known = {root}
    while found := {name for name in bases.keys() - known if bases[name] & known}:
        known |= found
    assert set(bases) == known
