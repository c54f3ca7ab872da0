"""Files of a day's actions, one folder a day: `actions.csv` and `actions.parquet`.

`withdrawn.csv` has the decisions of earlier days that must not be carried out any more.
The same actions give the same bytes. In the CSV file, a text that a spreadsheet would take for a
formula begins with an apostrophe; the Parquet file has every text as it is.
"""

from __future__ import annotations

import shutil
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from deployment.private_files import private_folder, replace_file
from warehouse.hand_over.spreadsheet_cells import without_formulas

CSV = "actions.csv"
PARQUET = "actions.parquet"
WITHDRAWN = "withdrawn.csv"


def write_actions(folder: Path, day: date, actions: pa.Table) -> None:
    """Replace the two files of a day.

    Args:
        folder: the folder of all days.
        day: the day of the decisions.
        actions: the day's actions, in the order of the files.
    """
    private_folder(folder)
    of_day = private_folder(folder / day.isoformat())
    csv, parquet = pyarrow.csv.write_csv, pyarrow.parquet.write_table
    replace_file(of_day / PARQUET, partial(parquet, actions))
    replace_file(of_day / CSV, partial(csv, without_formulas(actions)))


def write_withdrawn(folder: Path, day: date, withdrawn: pa.Table) -> None:
    """Replace a day's file of earlier decisions that are withdrawn; delete it without any.

    Args:
        folder: the folder of all days.
        day: the day on which they are known to be withdrawn.
        withdrawn: withdrawn decisions, also those of the day itself, which no file has.
    """
    earlier = withdrawn.filter(pc.less(withdrawn["snapshot_date"], pa.scalar(day)))
    path = folder / day.isoformat() / WITHDRAWN
    if not len(earlier):
        path.unlink(missing_ok=True)
        return
    private_folder(folder)
    private_folder(path.parent)
    replace_file(path, partial(pyarrow.csv.write_csv, without_formulas(earlier)))


def has_actions(folder: Path, day: date) -> bool:
    """True if both files of a day were written."""
    return all((folder / day.isoformat() / name).exists() for name in (PARQUET, CSV))


def delete_old(folder: Path, as_of: date, keep_days: int) -> list[date]:
    """Delete the files of days more than `keep_days` before a date; return those days."""
    old = [day for day in _days(folder) if day < as_of - timedelta(days=keep_days)]
    for day in old:
        shutil.rmtree(folder / day.isoformat())
    return old


def _days(folder: Path) -> list[date]:
    """Days that have a folder; other names are left alone."""
    found = []
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        try:
            found.append(date.fromisoformat(path.name))
        except ValueError:
            continue
    return found
