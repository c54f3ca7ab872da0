from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from ml.registry.store import ensure_store

ROOT = Path(__file__).parents[4]
# Waits for a line, so that all processes begin at once.
OPEN = """
import sys
from pathlib import Path
import mlflow
from ml.registry.store import ensure_store
database = Path(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
ensure_store(database)
from mlflow import MlflowClient
client = MlflowClient(f"sqlite:///{database}", registry_uri=f"sqlite:///{database}")
client.create_experiment(sys.argv[2])
print(*(each.name for each in client.search_experiments()))
"""


def test_processes_that_open_a_new_store_at_once_all_use_it(tmp_path: Path) -> None:
    database = tmp_path / "mlflow.db"
    # A creation that was killed before.
    (tmp_path / "mlflow.db.new").write_bytes(b"half")
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", OPEN, str(database), name],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for name in ("one", "other")
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        _, errors = process.communicate()
        assert process.returncode == 0, errors
    assert not (tmp_path / "mlflow.db.new").exists()


def test_a_store_that_exists_is_not_opened(tmp_path: Path) -> None:
    database = tmp_path / "mlflow.db"
    database.write_bytes(b"whatever is in it")
    ensure_store(database)
    assert [path.name for path in tmp_path.iterdir()] == ["mlflow.db"]
