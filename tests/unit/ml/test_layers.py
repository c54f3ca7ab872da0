"""Imports within `ml` run one way, from the folders above to those below."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ML = Path(__file__).parents[3] / "ml"
# From the bottom up; the modules of `ml` itself are the ground of all. Folders of one layer may
# import each other in one direction only.
LAYERS = (
    {"metrics", "shapley"},
    {"level"},
    {"purchases", "churn", "value", "texts", "segments", "effects", "decisions"},
    {"training", "uplift"},
    {"monitoring", "cards"},
    {"registry"},
)


def layer_of(folder: str) -> int:
    return next((number for number, layer in enumerate(LAYERS) if folder in layer), -1)


def arrows() -> Iterator[tuple[str, str]]:
    """Importing and imported folder; the ground is the empty name."""
    for path in ML.rglob("*.py"):
        here = path.parent.relative_to(ML).as_posix().replace(".", "")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("ml."):
                target = (node.module or "").split(".")[1]
                there = target if (ML / target).is_dir() else ""
                if there != here:
                    yield here, there


def test_no_folder_imports_one_of_a_layer_above() -> None:
    upward = {(here, there) for here, there in arrows() if layer_of(there) > layer_of(here)}

    assert upward == set()


def test_every_folder_has_a_layer_and_no_two_import_each_other() -> None:
    folders = {path.parent.relative_to(ML).as_posix() for path in ML.glob("*/__init__.py")}
    found = set(arrows())

    assert folders == set().union(*LAYERS)
    assert {(there, here) for here, there in found} & found == set()


def test_a_folder_holds_a_dozen_modules_and_a_module_400_lines() -> None:
    folders = [path for path in [ML, *ML.iterdir()] if (path / "__init__.py").exists()]
    crowded = [path.name for path in folders if len(list(path.glob("*.py"))) > 13]
    long = [path.name for path in ML.rglob("*.py") if len(path.read_text().splitlines()) > 400]

    assert (crowded, long) == ([], [])
