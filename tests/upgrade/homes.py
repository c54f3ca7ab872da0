"""The packed homes: releases, their commits, and what is packed of a home."""

from __future__ import annotations

import tarfile
from collections.abc import Mapping
from datetime import date
from pathlib import Path

# The last commit of each release whose homes today's code has to open.
COMMITS: Mapping[str, str] = {"0.1.0": "ea8af3ba1fae"}
PEOPLE = 100
DROPS = 2
# The day of the history, which the release ran; a drop follows on each of the next two days.
DAY = date(2026, 6, 28)

# Of a home, what an upgrade must open. Plots, cards and the models' copies of the code are shown or
# run by MLflow's own tools only, and a run makes dbt's files again. Dagster's record of past runs
# belongs to the version of Dagster, which a release does not change by itself.
_LEFT_OUT = ("dbt", "dagster", "demo_truth", "plots", "code", "model_card.html", "model_card.md")


def packed(release: str) -> Path:
    """The file of a release's home."""
    return Path(__file__).with_name(f"home_{release}.tar.xz")


def pack(home: Path, release: str) -> None:
    """Pack a home, without its owner's name."""

    def kept(file: tarfile.TarInfo) -> tarfile.TarInfo | None:
        if Path(file.name).name in _LEFT_OUT:
            return None
        file.uid = file.gid = 0
        file.uname = file.gname = ""
        return file

    with tarfile.open(packed(release), "w:xz", preset=9) as archive:
        archive.add(home, ".", filter=kept)


def unpack(release: str, folder: Path) -> None:
    """Unpack a release's home into a folder."""
    with tarfile.open(packed(release)) as archive:
        # Python 3.11.2, which is Debian's, has no filters.
        archive.extraction_filter = getattr(tarfile, "data_filter", None)
        archive.extractall(folder)
