"""Spark session of a run: started by the first model that needs it, stopped at the build's end."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from deployment.engine.spark import Spark
from spark.engine.errors import SparkError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

# Java versions that Spark 4 runs on.
JAVA = (17, 21)
_PACKAGES = ("pyspark", "sqlglot")
# Options of the deployment may replace these.
_OPTIONS = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "ERROR",
    "spark.pyspark.python": sys.executable,
    # New files are their owner's alone, as all of a home.
    "spark.hadoop.fs.permissions.umask-mode": "077",
}
# Nobody else may reach a driver that has no cluster.
_LOCAL = {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}
# What the translated statements and the files rely on.
RULES = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.timestampType": "TIMESTAMP_NTZ",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    # Days before 1582, such as the 0001-01-01 of "from the beginning", as DuckDB writes them.
    "spark.sql.parquet.datetimeRebaseModeInRead": "CORRECTED",
    "spark.sql.parquet.datetimeRebaseModeInWrite": "CORRECTED",
}


def missing() -> str | None:
    """Name what this machine lacks to start Spark, with the remedy; None if it lacks nothing."""
    absent = [name for name in _PACKAGES if find_spec(name) is None]
    if absent:
        return (
            f"engine.kind is spark, and {' and '.join(absent)} cannot be imported:"
            " pip install 'holdfast[spark]'"
        )
    version = _java_version()
    if version not in JAVA:
        found = f"Java {version} was found" if version else "no Java was found"
        wanted = " or ".join(map(str, JAVA))
        return (
            f"engine.kind is spark, and {found}: install Java {wanted} (on Debian:"
            " apt-get install openjdk-17-jre-headless), or set JAVA_HOME to one"
        )
    return None


def require() -> None:
    """Check that Spark can start.

    Raises:
        SparkError: Java or a package is missing.
    """
    reason = missing()
    if reason is not None:
        raise SparkError(reason)


def _java_version() -> int | None:
    """Major version of the Java that Spark would start; None without one."""
    home = os.environ.get("JAVA_HOME")
    java = Path(home, "bin", "java") if home else shutil.which("java")
    if java is None or not Path(java).exists():
        return None
    shown = subprocess.run([java, "-version"], capture_output=True, text=True, check=False)
    version = re.search(r'version "(\d+)', shown.stderr)
    return int(version[1]) if version else None


class Session:
    """One Spark session, shared by the threads of a build."""

    def __init__(self, settings: Spark) -> None:
        """Keep the settings; nothing is started."""
        self._settings = settings
        self._lock = Lock()
        self._started: SparkSession | None = None

    def get(self) -> SparkSession:
        """The session, started if there is none yet, which takes some seconds.

        Raises:
            SparkError: the master cannot be reached.
        """
        with self._lock:
            if self._started is None:
                self._started = self._start()
            return self._started

    def cancel(self) -> None:
        """Cancel the running jobs; their models fail."""
        if self._started is not None:
            self._started.sparkContext.cancelAllJobs()

    def stop(self) -> None:
        """Give the executors back; does nothing where no session was started."""
        with self._lock:
            if self._started is not None:
                self._started.stop()
                self._started = None

    def _start(self) -> SparkSession:
        from py4j.protocol import Py4JError
        from pyspark.errors import PySparkException
        from pyspark.sql import SparkSession

        settings = self._settings
        builder = SparkSession.builder.appName("holdfast").master(settings.master)
        local = _LOCAL if settings.master.startswith("local") else {}
        for name, value in {**_OPTIONS, **local, **settings.options, **RULES}.items():
            builder = builder.config(name, value)
        try:
            session = builder.getOrCreate()
        except (PySparkException, Py4JError, RuntimeError) as error:
            raise SparkError(f"Spark cannot start at {settings.master}: {error}") from error
        if session.sparkContext.master != settings.master:
            raise SparkError(
                f"Spark cannot start at {settings.master}: this process has a session at"
                f" {session.sparkContext.master}"
            )
        return session
