"""`python -m tests.upgrade 0.1.0`: make the packed home of a release anew, by the release's code.

The release runs with today's packages. Ids and times in the home differ from one making to the
next; what the tests compare does not.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from tests.upgrade.homes import COMMITS, DAY, DROPS, PEOPLE, pack, packed

_REPOSITORY = Path(__file__).parents[2]
_HOLDFAST = "import sys; from cli.commands import app; sys.argv[0] = 'holdfast'; app()"


def main(release: Annotated[str, typer.Argument(help="The release, such as 0.1.0.")]) -> None:
    """Check the release out, run the demo company's first day in it, and pack the home."""
    if release not in COMMITS:
        raise typer.BadParameter(f"no release {release}: {', '.join(COMMITS)}")
    with TemporaryDirectory() as folder:
        tree, home = Path(folder) / "tree", Path(folder) / "home"
        _git("worktree", "add", "--detach", str(tree), COMMITS[release])
        try:
            _run(tree, home, "-m", "demo", "--out", str(home), *_size())
            _run(tree, home, "-c", _HOLDFAST, "run", "--date", str(DAY))
        finally:
            _git("worktree", "remove", "--force", str(tree))
        pack(home, release)
    typer.echo(f"{packed(release)}: {packed(release).stat().st_size / 1e6:.1f} MB")


def _size() -> tuple[str, ...]:
    return ("--people", str(PEOPLE), "--drops", str(DROPS))


def _git(*arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=_REPOSITORY, check=True)


def _run(tree: Path, home: Path, *arguments: str) -> None:
    """Run the release's code on a home, with the demo's configuration of the release."""
    own = {
        "PYTHONPATH": str(tree),
        "HOLDFAST_HOME": str(home),
        "HOLDFAST_CONFIG": str(tree / "config" / "demo.yml"),
    }
    subprocess.run([sys.executable, *arguments], cwd=tree, env={**os.environ, **own}, check=True)


if __name__ == "__main__":
    typer.run(main)
