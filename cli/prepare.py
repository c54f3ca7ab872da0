"""Preparation of a command: the deployment's configuration, home, runner and date."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

if TYPE_CHECKING:
    from deployment.config import DeploymentConfig
    from deployment.home import Home
    from orchestration.runtime.execution import Runner

# Python's default is 700. Collections of a small day take 1.2 s of CPU at 50,000 and 0.7 s here.
_NEW_OBJECTS_BEFORE_COLLECTION = 500_000

_errors = Console(stderr=True)


def prepare_deployment(config: Path | None) -> tuple[DeploymentConfig, Home]:
    """Read the configuration, make the home, and set this process's environment for both.

    Args:
        config: the YAML; by default the one that the environment names.

    Raises:
        ConfigError: the configuration is wrong.
        FaultError: the home belongs to another account.
        OSError: this account may not write the home.
    """
    from deployment.config_file import config_path_from_env, load_config
    from deployment.home import Home
    from orchestration.runtime.instance import prepare
    from warehouse.health.access import require_access

    path = config or config_path_from_env()
    settings, home = load_config(path), Home.from_env()
    require_access(home)
    if closed := prepare(home, path):
        names = ", ".join(each.relative_to(home.root).as_posix() for each in closed)
        _errors.print(
            f"Other accounts could read {names} in {home.root}; they are closed now.",
            soft_wrap=True,
            highlight=False,
        )
    return settings, home


def prepare_runner(config: Path | None, console: Console) -> Runner:
    """A runner of the deployment that reports to the console.

    Raises:
        ConfigError: the configuration is wrong.
        FaultError: a file of the home is damaged that no run makes again.
    """
    from warehouse.health.files import require_sound

    settings, home = prepare_deployment(config)
    for damage in require_sound(home):
        console.print(f"{damage.path} {damage.condition}: this run makes it again.", soft_wrap=True)
    with console.status("Loading"), _rare_collections():
        from cli.progress import TerminalReporter
        from orchestration.runtime.execution import Runner
    return Runner(settings, home, TerminalReporter(console))


@contextmanager
def _rare_collections() -> Iterator[None]:
    """Import without garbage collection, leave the imports out of it, and collect rarely later.

    The process ends with its run, and imported modules live as long as it does. With Python's
    defaults, collections take 2 s of the 37 s of CPU of a small day.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.set_threshold(_NEW_OBJECTS_BEFORE_COLLECTION, 20, 100)
        gc.enable()


def date_to_run(config: DeploymentConfig, given: datetime | None) -> date:
    """The given date; by default the latest complete one.

    Raises:
        ConfigError: the company has no data of the date.
    """
    from deployment.config import run_date, today_in
    from deployment.config_file import ConfigError

    latest = run_date(config, today_in(config.time_zone))
    day = given.date() if given else latest
    if not config.first_date <= day <= latest:
        raise ConfigError(
            f"{day} cannot be run: {config.company} has data from {config.first_date} to {latest}"
        )
    return day
