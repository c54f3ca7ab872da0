"""Compiled templates: the code of dbt's Jinja templates, kept from build to build and day to day.

dbt compiles the text of each macro and model again in every process. On the demo company the first
three builds of a process took 1.7 s of CPU more than the next three, and take 0.3 s more with the
code from the folder.

`runtime/dbt.py` replaces the method by which dbt's environments compile. The folder is Jinja's own
bytecode cache, which Jinja does not ask about templates made from strings, as dbt's are. The test
fails once dbt's own environment does not compile a text twice; this module can be deleted then.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from types import CodeType

from jinja2 import Environment
from jinja2.bccache import FileSystemBytecodeCache

# The code depends on both, and on Python's version, which Jinja's cache checks itself.
_COMPILERS = f"jinja2 {version('jinja2')}, dbt-common {version('dbt-common')}"


class CompiledTemplates:
    """Code by class of environment and text, in this process and in a folder."""

    def __init__(self) -> None:
        """Begin with no code and no folder."""
        self._code: dict[tuple[str, str], CodeType] = {}
        self._stored: FileSystemBytecodeCache | None = None

    def store_in(self, folder: Path) -> None:
        """From now on read code from the folder, and write to it what had to be compiled."""
        folder.mkdir(parents=True, exist_ok=True)
        self._stored = FileSystemBytecodeCache(str(folder), "%s.code")

    def remembering(
        self, compiling: Callable[[Environment, str], CodeType]
    ) -> Callable[[Environment, str], CodeType]:
        """A method that compiles a text unless its code is known.

        Args:
            compiling: the environment's own method. Options of one environment that are not those
                of all of its class, such as its undefined values, have no part in the code.
        """

        def compiled(environment: Environment, source: str) -> CodeType:
            key = type(environment).__name__, source
            if key not in self._code:
                self._code[key] = self._read(environment, source, compiling)
            return self._code[key]

        return compiled

    def _read(
        self,
        environment: Environment,
        source: str,
        compiling: Callable[[Environment, str], CodeType],
    ) -> CodeType:
        if self._stored is None:
            return compiling(environment, source)
        name = f"{_COMPILERS}, {type(environment).__name__}\n{source}"
        bucket = self._stored.get_bucket(environment, name, None, source)
        if bucket.code is None:
            bucket.code = compiling(environment, source)
            # Another process may have emptied dbt's folder; then this code is compiled once more.
            with suppress(FileNotFoundError):
                self._stored.set_bucket(bucket)
        return bucket.code
