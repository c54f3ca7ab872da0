"""Checks of the machine: Python, packages, the home folder, disk space, ports and the warehouse."""

from __future__ import annotations

import os
import re
import shutil
import socket
import sys
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import Literal

import duckdb
from packaging.markers import Marker

from cli.doctor.finding import Finding
from deployment.config import DeploymentConfig
from deployment.home import Home
from warehouse.connection import Warehouse, warehouse_owner
from warehouse.errors import WarehouseError
from warehouse.health.disk_space import held_bytes
from warehouse.health.files import damages
from warehouse.health.lost_days import lost_days, rebuild_command

_OLDEST_PYTHON = (3, 11)
_LEAST_FREE_BYTES = 1 << 30


def diagnose_python() -> Iterator[Finding]:
    """Compare the Python version with the oldest supported one."""
    found = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < _OLDEST_PYTHON:
        wanted = ".".join(map(str, _OLDEST_PYTHON))
        yield Finding("error", "Python", f"{found} runs", f"install Python {wanted} or newer")
    else:
        yield Finding("ok", "Python", found)


def diagnose_packages(lock: Path) -> Iterator[Finding]:
    """Compare the installed package versions with those of the lock file."""
    if not lock.is_file():
        yield Finding("warning", "packages", f"cannot be compared: there is no {lock}")
        return
    pins = _pins_here(lock.read_text(encoding="utf-8"))
    different = 0
    for name, pinned in pins:
        try:
            found = metadata.version(name)
        except metadata.PackageNotFoundError:
            found = "not installed"
        if found != pinned:
            different += 1
            yield Finding(
                "error" if found == "not installed" else "warning",
                f"package {name}",
                f"{found}, but {pinned} is locked",
                "install the versions of requirements.lock: make env",
            )
    if not different:
        yield Finding("ok", "packages", f"all {len(pins)} have the locked version")


def _pins_here(text: str) -> list[tuple[str, str]]:
    """Return name and version of the pins of a lock file whose marker holds for this interpreter.

    A package may be pinned once for each version of Python, and not at all for this system.
    """
    found = re.findall(r"^([\w.-]+)==([^\s;\\]+)[^\S\n]*(?:;([^\n\\]+))?", text, re.MULTILINE)
    return [
        (name, pinned)
        for name, pinned, marker in found
        if not marker.strip() or Marker(marker.strip()).evaluate()
    ]


def diagnose_home(home: Home) -> Iterator[Finding]:
    """Check that the home can be written and its disk has space for a run."""
    existing = next(path for path in (home.root, *home.root.parents) if path.exists())
    if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
        yield Finding(
            "error",
            "home",
            f"{home.root} cannot be written: {existing} is not a folder with write permission",
            "set HOLDFAST_HOME to a folder that can be written",
        )
        return
    yield Finding("ok", "home", str(home.root))
    free = shutil.disk_usage(existing).free
    # A publication writes the new file beside the old one; a build writes temporary tables.
    needed = max(_LEAST_FREE_BYTES, held_bytes(home))
    if free < needed:
        yield Finding(
            "warning",
            "disk",
            f"{_gigabytes(free)} free, a run may need {_gigabytes(needed)}",
            "free some space, or set HOLDFAST_HOME to another disk",
        )
    else:
        yield Finding("ok", "disk", f"{_gigabytes(free)} free")


def diagnose_ports(ports: Mapping[str, int]) -> Iterator[Finding]:
    """Check that the ports of the web interfaces are free on the loopback address."""
    for name, port in ports.items():
        with socket.socket() as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind(("127.0.0.1", port))
            except OSError:
                yield Finding(
                    "warning",
                    f"port {port}",
                    f"in use, but {name} needs it",
                    "stop the process that listens there, unless it is that UI",
                )
            else:
                yield Finding("ok", f"port {port}", f"free for {name}")


def diagnose_warehouse(home: Home, config: DeploymentConfig) -> Iterator[Finding]:
    """Read every block of the home's databases, and check that they are of this deployment."""
    found = damages(home, is_whole=True)
    for damage in found:
        level: Literal["warning", "error"] = "warning" if damage.is_made_again else "error"
        yield Finding(level, damage.path.name, f"{damage.path} {damage.condition}", damage.remedy)
    if any(damage.path == home.warehouse for damage in found):
        return
    try:
        lost = lost_days(home)
        if lost:
            yield Finding(
                "error",
                "warehouse",
                f"it lacks {len(lost)} published days, {lost[0]} to {lost[-1]}",
                f"restore it from a backup, or rebuild the days: {rebuild_command(lost)}",
            )
        if not home.warehouse.exists():
            if not lost:
                yield Finding("ok", "warehouse", "does not exist yet: the first run creates it")
            return
        with Warehouse(home.warehouse).connect(read_only=True) as con:
            owner = warehouse_owner(con)
    except (WarehouseError, duckdb.Error) as error:
        problem = str(error).splitlines()[0]
        yield Finding("warning", "warehouse", problem, "run again when no run is going on")
        return
    if owner not in (None, config.slug):
        yield Finding(
            "error",
            "warehouse",
            f"it belongs to {owner}, the configuration is for {config.slug}",
            "set HOLDFAST_HOME to another folder",
        )
    elif not lost:
        yield Finding("ok", "warehouse", f"belongs to {config.slug}, every block can be read")


def _gigabytes(size: int) -> str:
    return f"{size / (1 << 30):.1f} GB"
