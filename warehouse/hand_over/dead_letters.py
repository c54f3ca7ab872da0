"""Dead letters: a file of the decisions that a receiver has not taken, with the error of each.

The file repeats the ledger, so a killed run loses none. It has no contact: the day's files have it.
"""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa

from deployment.private_files import private_folder, replace_file

FILE = "dead_letters.jsonl"


def write_dead_letters(folder: Path, refused: pa.Table) -> Path:
    """Replace the file by one JSON line a decision; delete it where there is none.

    Args:
        folder: the folder of the hand-over.
        refused: decisions that were not taken, as `ledger.refused` returns them.
    """
    path = folder / FILE
    if not len(refused):
        path.unlink(missing_ok=True)
        return path
    private_folder(folder)
    lines = "".join(f"{json.dumps(row, default=str)}\n" for row in refused.to_pylist())
    replace_file(path, lambda fresh: fresh.write_text(lines, encoding="utf-8"))
    return path
