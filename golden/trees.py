"""Trees: a commit's files and the working tree, and the companies that are run in each.

A tree is driven from outside, by processes whose folder and PYTHONPATH are the tree.
"""

from __future__ import annotations

import fcntl
import io
import os
import shutil
import subprocess
import sys
import tarfile
import time
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import typer

from golden.companies import Company

PUBLISHED = Path("published/holdfast.duckdb")
WAREHOUSE = Path("warehouse.duckdb")
LAST_LINES = 25


class RunError(Exception):
    """A command of a tree failed; the text names the log and gives its last lines."""


def commit_of(repository: Path, revision: str) -> str:
    """The full id of a revision such as `main~3`.

    Raises:
        RunError: the repository has no such commit.
    """
    found = subprocess.run(
        ["git", "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}"],
        cwd=repository,
        capture_output=True,
        text=True,
        check=False,
    )
    if found.returncode:
        raise RunError(f"{repository} has no commit {revision}")
    return found.stdout.strip()


@contextmanager
def files_of(repository: Path, commit: str, folder: Path) -> Iterator[Path]:
    """Write a commit's files into a folder for the length of the context."""
    shutil.rmtree(folder, ignore_errors=True)
    archive = subprocess.run(
        ["git", "archive", "--format=tar", commit], cwd=repository, capture_output=True, check=True
    )
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as files:
        # Python 3.11.2, which is Debian's, has no filters.
        files.extraction_filter = getattr(tarfile, "data_filter", None)
        files.extractall(folder)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def start_of(tree: Path) -> list[str]:
    """The process that is the tree's `holdfast`, by the entry point in its pyproject.toml."""
    project = tomllib.loads((tree / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    module, _, name = project["scripts"]["holdfast"].partition(":")
    program = f"import sys; from {module} import {name} as app; sys.argv[0] = 'holdfast'; app()"
    return [sys.executable, "-c", program]


@dataclass(frozen=True)
class Cache:
    """The folder of results, which one comparison uses at a time.

    Attributes:
        folder: holds `base/<commit>/<company>/` and `working/<company>/`, each with the two
            DuckDB files and the log of a completed run.
        lock: open file whose lock is held. Commands inherit it, so a comparison that was killed
            lets the next one begin only after its last command has ended.
        homes: folder that keeps the homes of commands run now; None removes them.
    """

    folder: Path
    lock: int
    homes: Path | None = None

    @classmethod
    @contextmanager
    def opened(cls, folder: Path, homes: Path | None = None) -> Iterator[Cache]:
        """Wait for the folder's lock and hold it for the length of the context."""
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                typer.echo(f"Another comparison uses {folder}; waiting for it to end", err=True)
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield cls(folder.resolve(), lock.fileno(), homes and homes.resolve())

    def of_commit(self, repository: Path, commit: str, company: Company) -> Path:
        """The folder of a commit's results, which are run only if they are not cached."""
        target = self.folder / "base" / commit / f"{company.name}-{company.fingerprint}"
        if not target.is_dir():
            with files_of(repository, commit, self.folder / "tree") as tree:
                self._run(tree, company, target, "base")
        return target

    def of_working_tree(self, tree: Path, company: Company) -> Path:
        """The folder of the working tree's results, which are always run."""
        target = self.folder / "working" / company.name
        shutil.rmtree(target, ignore_errors=True)
        self._run(tree, company, target, "working")
        return target

    def _run(self, tree: Path, company: Company, target: Path, side: str) -> None:
        """Run a company in a tree; its results get their place when all commands have ended.

        Raises:
            RunError: a command failed.
        """
        running, started = self.folder / "running", time.monotonic()
        shutil.rmtree(running, ignore_errors=True)
        home, results = running / "home", running / "results"
        home.mkdir(parents=True)
        results.mkdir()
        log = self.folder / f"{side}-{company.name}.log"
        log.unlink(missing_ok=True)
        environment = {
            **os.environ,
            "PYTHONPATH": str(tree),
            "HOLDFAST_HOME": str(home),
            "HOLDFAST_CONFIG": str(tree / company.config),
        }
        if company.demo:
            generator = [sys.executable, "-m", "demo", "--out", str(home), *company.demo]
            self._command(generator, tree, environment, log)
        for arguments in company.commands:
            self._command([*start_of(tree), *arguments], tree, environment, log)
        if self.homes:
            kept = self.homes / side / company.name
            shutil.rmtree(kept, ignore_errors=True)
            shutil.copytree(home, kept, symlinks=True)
        for file in (PUBLISHED, WAREHOUSE):
            # The published file is a link to its current version.
            (home / file).resolve().replace(results / file.name)
        target.parent.mkdir(parents=True, exist_ok=True)
        results.rename(target)
        shutil.rmtree(running)
        seconds = time.monotonic() - started
        typer.echo(f"{company.name}, {side}: {seconds:.0f} s", err=True)

    def _command(
        self, command: Sequence[str], tree: Path, environment: Mapping[str, str], log: Path
    ) -> None:
        with log.open("a", encoding="utf-8") as output:
            done = subprocess.run(
                command,
                cwd=tree,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                pass_fds=(self.lock,),
                check=False,
            )
        if done.returncode:
            lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-LAST_LINES:]
            raise RunError(
                "\n".join([f"exit code {done.returncode}, log {log}; its last lines:", *lines])
            )
