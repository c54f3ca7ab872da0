"""A Spark cluster on the loopback address: a master and workers, each a process of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.spark_options import QUICK_JAVA

_LOOPBACK = "127.0.0.1"
_SECONDS = 300


@dataclass
class Cluster:
    """A master and its workers.

    Attributes:
        master: its address, as a session takes it.
        folder: logs and working folders.
        processes: the master and its workers.
    """

    master: str
    folder: Path
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, name: str, *command: str) -> subprocess.Popen[bytes]:
        """Start a Java class of Spark, and wait until its log says that it is ready."""
        import pyspark  # only where it is installed

        started = Path(pyspark.__file__).parent / "bin" / "spark-class"
        log = self.folder / f"{name}.log"
        environment = {
            **os.environ,
            "SPARK_LOCAL_IP": _LOOPBACK,
            "SPARK_DAEMON_MEMORY": "300m",
            "SPARK_DAEMON_JAVA_OPTS": QUICK_JAVA,
            "SPARK_MASTER_OPTS": "-Dspark.master.rest.enabled=false",
            "PYSPARK_PYTHON": sys.executable,
        }
        with log.open("wb") as output:
            process = subprocess.Popen(
                [str(started), *command],
                stdout=output,
                stderr=output,
                env=environment,
                start_new_session=True,
            )
        self.processes.append(process)
        return process

    def wait_for(self, name: str, text: str) -> None:
        """Wait until the log of a process contains a text."""
        log, deadline = self.folder / f"{name}.log", time.monotonic() + _SECONDS
        while text not in log.read_text(errors="replace"):
            assert time.monotonic() < deadline, log.read_text(errors="replace")[-2000:]
            time.sleep(0.2)

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """Kill a worker with its executors, as a machine that fails would end them."""
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@contextmanager
def cluster(folder: Path, workers: int) -> Iterator[Cluster]:
    """A cluster of workers with one core and a gigabyte each."""
    folder.mkdir(parents=True)
    with socket.socket() as listener:
        listener.bind((_LOOPBACK, 0))
        port = listener.getsockname()[1]
    made = Cluster(f"spark://{_LOOPBACK}:{port}", folder)
    host = ("--host", _LOOPBACK)
    made.start(
        "master",
        "org.apache.spark.deploy.master.Master",
        *(*host, "--port", str(port), "--webui-port", "0"),
    )
    made.wait_for("master", "I have been elected leader")
    try:
        for number in range(workers):
            made.start(
                f"worker-{number}",
                "org.apache.spark.deploy.worker.Worker",
                *(*host, "--cores", "1", "--memory", "1g", "--webui-port", "0"),
                *("--work-dir", str(folder / f"work-{number}"), made.master),
            )
        for number in range(workers):
            made.wait_for(f"worker-{number}", "Successfully registered with master")
        yield made
    finally:
        for process in made.processes:
            if process.poll() is None:
                made.kill(process)
