"""Backup of a home: a folder that is a home itself, made while the web interfaces run.

DuckDB admits one writer or several readers of a file. As long as the warehouse is open for reading,
no run can change it, and the copy of its bytes is that of one moment. SQLite's own backup copies a
database that other processes write. Which deliveries are kept elsewhere does not belong here.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from deployment.errors import HoldfastError
from deployment.home import PRIVATE_UMASK, Home, write_ahead_log
from warehouse.connection import Warehouse, open_file
from warehouse.health.files import damages

_PARTIAL = ".partial"


class BackupError(HoldfastError):
    """No backup was made; the target is as it was."""


@dataclass(frozen=True)
class Backup:
    """A complete backup: its folder and its size in bytes."""

    folder: Path
    size_bytes: int


def back_up(home: Home, folder: Path, *, with_landing: bool = False) -> Backup:
    """Copy a home into a new folder, and read every block of the copy.

    Caches are left out: a run makes them again. The folder appears by one rename, so a backup that
    is killed leaves no folder of the name.

    Args:
        home: the home; its runs wait, or are refused, as long as the copy takes.
        folder: does not exist yet; its parent does.
        with_landing: copy the deliveries too.

    Raises:
        WarehouseBusyError: a run writes the warehouse.
        WarehouseError: there is no warehouse.
        BackupError: the folder exists or is in the home, or a file or its copy is damaged.
    """
    folder = folder.expanduser().absolute()
    if folder.exists() or folder.is_relative_to(home.root):
        raise BackupError(f"{folder} exists or lies in the home: name a new folder outside of it")
    Warehouse(home.warehouse).require()
    if found := damages(home):
        raise BackupError(f"nothing was copied: {found[0].sentence}")
    copy = Home(folder.with_name(f"{folder.name}{_PARTIAL}"))
    shutil.rmtree(copy.root, ignore_errors=True)
    umask = os.umask(PRIVATE_UMASK)
    try:
        copy.create()
        with closing(open_file(home.warehouse, read_only=True)):
            _copy(home, copy, with_landing=with_landing)
        if found := damages(copy, is_whole=True):
            raise BackupError(f"the copy is damaged: {found[0].path.name} {found[0].condition}")
        size = sum(path.lstat().st_size for path in copy.root.rglob("*"))
        copy.root.rename(folder)
    finally:
        os.umask(umask)
        shutil.rmtree(copy.root, ignore_errors=True)
    return Backup(folder, size)


def _copy(home: Home, copy: Home, *, with_landing: bool) -> None:
    log = write_ahead_log(home.warehouse)
    for file in (home.warehouse, *([log] if log.exists() else [])):
        shutil.copyfile(file, copy.root / file.name)
    databases = [home.mlflow_database, *sorted(home.dagster_home.rglob("*.db"))]
    for database in databases:
        if database.exists():
            _copy_sqlite(database, copy.root / database.relative_to(home.root))
    folders = [home.mlflow_artifacts, home.published.parent, home.hand_over, home.lake]
    for folder in (*folders, *([home.landing] if with_landing else [])):
        if folder.is_dir():
            target = copy.root / folder.relative_to(home.root)
            shutil.copytree(folder, target, symlinks=True, dirs_exist_ok=True)


def _copy_sqlite(database: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(target)) as copied:
        source.backup(copied)
