"""The bare plan: the demo company's day as a program written by hand for it and for nothing else.

Files in, one DuckDB file out: newest versions, identities, customers, facts, folds, features, a
model on the first day, scores with reasons, risk and segments. It has what Holdfast's day has to
compute and nothing of what makes it a product: no raw copies, no account of rejected rows, no
history of what was known when, no tests, contracts or runs, no registry, no published file. Model
code is `ml/` on both sides, and so is the list of dates.

`python -m benchmarks.bare LANDING FOLDER DATE` loads the drop of that date. In an empty folder it
trains; the next date uses the model that is there.
"""

from __future__ import annotations

import csv
import sys
import time
from datetime import date
from pathlib import Path

import duckdb

SQL = Path(__file__).parent / "sql"
SEEDS = Path(__file__).parent.parent / "dbt_project" / "seeds"
FIRST_DATE = date(2024, 7, 1)
TABLES = {
    "crm": {"customers": "csv", "touches": "csv"},
    "shop": {
        "accounts": "csv",
        "orders": "parquet",
        "order_lines": "parquet",
        "events": "parquet",
        "reviews": "jsonl",
    },
    "helpdesk": {"requesters": "jsonl", "tickets": "jsonl", "messages": "jsonl"},
}


def main(landing: Path, folder: Path, day: date) -> None:
    """Run a date: everything from the files of its drop to the day's risk and segments."""
    model_folder = folder / "model"
    is_first = not model_folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    con = duckdb.connect(str(folder / "bare.duckdb"), config={"preserve_insertion_order": False})
    con.execute("set enable_progress_bar = false")
    _set(con, "day", f"date '{day}'")
    _set(con, "first_date", f"date '{FIRST_DATE}'")
    _set(con, "known_from", f"date '{date.min if is_first else day}'")
    _set(con, "load_no", str(day.toordinal()))
    _set(con, "seeds", f"'{SEEDS}'")

    con.begin()
    with _Step("load"):
        _run(con, "schema")
        for source, tables in TABLES.items():
            for table, suffix in tables.items():
                files = sorted((landing / source / table).glob(f"**/{table}_{day}.{suffix}"))
                if files:
                    _set(con, "files", str([str(path) for path in files]))
                    _run(con, f"load/{source}_{table}")
        _run(con, "newest")
    with _Step("folds"):
        _run(con, "folds")
    with _Step("identity"):
        _run(con, "identity")
    with _Step("import ml"):
        from ml.churn.explain import Meaning
        from ml.churn.model import ChurnModel, LoadedModel
        from ml.churn.score import score
        from ml.churn.split import training_cutoffs
        from ml.config import TrainingSettings

    # As the demo's configuration has it.
    settings = TrainingSettings(tuning_trials=4, earlier_origins=2)
    with (SEEDS / "feature_catalogue.csv").open(encoding="utf-8", newline="") as rows:
        catalogue = {
            row["feature"]: Meaning(
                row["cause"] or None,
                row["topic"],
                int(row["risk_sign"]),
                *(float(row[name]) if row[name] else None for name in ("told_above", "told_below")),
            )
            for row in csv.DictReader(rows)
        }
    signs = {name: meaning.sign for name, meaning in catalogue.items()}
    cutoffs = training_cutoffs(day, FIRST_DATE, settings) if is_first else []
    days = ", ".join(f"date '{one}'" for one in (*cutoffs, day))
    con.execute(f"create temp table dates as select unnest([{days}]) as snapshot_date")
    with _Step("customers and facts"):
        _run(con, "customers")
    with _Step("features"):
        _run(con, "features")
    if is_first:
        from ml.training.train import fit

        with _Step("examples"):
            examples = con.execute(_read("examples")).to_arrow_table()
            histories = con.execute(
                f"select * exclude (customer_no) from snapshots"
                f" where snapshot_date = date '{day - settings.horizon}'"
            ).to_arrow_table()
        with _Step("train"):
            trained = fit(examples, settings, as_of=day, histories=histories, signs=signs).model
            model_folder.mkdir()
            trained.save(model_folder)
    with _Step("score"):
        model = LoadedModel(ChurnModel.load(model_folder), "1", day)
        today = con.execute(
            f"select * exclude (customer_no) from features"
            f" where snapshot_date = date '{day}' and is_eligible"
        ).to_arrow_table()
        con.register("scores", score(model, today, catalogue, 0.4))
    with _Step("risk and segments"):
        _run(con, "activation")
    with _Step("commit"):
        con.unregister("scores")
        con.commit()
        con.close()


class _Step:
    """Says what a step took: its name, wall seconds and CPU seconds, a line each."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> None:
        self._started = time.perf_counter(), time.process_time()

    def __exit__(self, *_: object) -> None:
        wall, cpu = self._started
        spent = f"{time.perf_counter() - wall:.3f}\t{time.process_time() - cpu:.3f}"
        sys.stdout.write(f"{self._name}\t{spent}\n")
        sys.stdout.flush()


def _set(con: duckdb.DuckDBPyConnection, name: str, expression: str) -> None:
    con.execute(f"set variable {name} = {expression}")


def _run(con: duckdb.DuckDBPyConnection, name: str) -> None:
    con.execute(_read(name))


def _read(name: str) -> str:
    return (SQL / f"{name}.sql").read_text(encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), date.fromisoformat(sys.argv[3]))
