"""Companies of the comparison: their data, configuration and the commands that each tree runs."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Company:
    """A deployment that both trees run from an empty home.

    Attributes:
        name: as given to `--only`.
        config: configuration file, relative to the tree.
        commands: arguments of `holdfast`, one tuple for each call.
        variable: environment variable that names the folder of the public data; None for the demo.
        demo: arguments of `python -m demo` beside `--out`; empty where the data is public.
    """

    name: str
    config: str
    commands: tuple[tuple[str, ...], ...]
    variable: str | None = None
    demo: tuple[str, ...] = ()

    @property
    def missing(self) -> str | None:
        """The reason why the company's data cannot be read; None if it can."""
        if self.variable is None:
            return None
        folder = os.environ.get(self.variable)
        if not folder:
            return f"set {self.variable} to the folder of the data set"
        return None if Path(folder).is_dir() else f"there is no folder {folder} ({self.variable})"

    @property
    def fingerprint(self) -> str:
        """Hash of the definition and of the data's file names and sizes: names cached results."""
        folder = Path(os.environ[self.variable]) if self.variable else None
        files = (
            sorted((path.name, path.stat().st_size) for path in folder.iterdir()) if folder else []
        )
        return hashlib.sha256(repr((self, files)).encode()).hexdigest()[:12]


# 1,000 people are enough for a model better than the base rate and for terms of complaints. Of the
# dates, the second follows the first by a day, the third lies more than a horizon before both, so
# that its predictions have outcomes, and the last has a new model, 7 days after the first.
COMPANIES = (
    Company(
        name="demo",
        config="config/demo.yml",
        demo=("--people", "1000", "--drops", "7"),
        commands=(
            ("run", "--date", "2026-06-23"),
            ("run", "--date", "2026-06-24"),
            ("run", "--date", "2026-03-20"),
            ("train", "--date", "2026-06-30"),
        ),
    ),
    Company(
        name="online_retail",
        config="config/online_retail.yml",
        variable="ONLINE_RETAIL_DIR",
        commands=(("run", "--date", "2010-12-09"),),
    ),
    Company(
        name="ravenstack",
        config="config/ravenstack.yml",
        variable="RAVENSTACK_DIR",
        commands=(("run", "--date", "2024-12-31"),),
    ),
    Company(
        name="olist",
        config="config/olist.yml",
        variable="OLIST_DIR",
        commands=(("run", "--date", "2018-08-29"),),
    ),
    Company(
        name="cdnow",
        config="config/cdnow.yml",
        variable="CDNOW_DIR",
        commands=(("run", "--date", "1998-07-01"),),
    ),
)
