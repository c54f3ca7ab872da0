from __future__ import annotations

import subprocess
import sys

# In a process of its own: other tests leave memory of theirs.
SCRIPT = """
import os
import numpy as np
import pyarrow as pa
from pathlib import Path
from deployment.engine.free_memory import return_free_memory

def held():
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

def make_and_drop():
    column = pa.array(np.arange(20_000_000))
    parts = [column.slice(start, 100_000) for start in range(0, len(column), 100_000)]
    return [pa.concat_arrays([part, part]) for part in parts]

before = held()
tables = make_and_drop()
full = held()
del tables
return_free_memory()
print((held() - before) / (full - before))
"""


def test_the_memory_of_dropped_tables_is_returned() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True
    )
    assert float(done.stdout) < 0.2
