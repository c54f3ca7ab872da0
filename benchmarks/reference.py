"""The reference: the core of a day as one person would write it by hand, in SQL and XGBoost.

Files in, one DuckDB file out: latest versions of rows, identities, customers, facts, 40 features,
a model on the first day, scores, risk tiers and RFM segments. The reference is fixed. It does not
follow Holdfast's features, and it imports nothing of Holdfast, so that a ratio of today can be
compared with one of last year. It leaves out raw copies, row accounting, validity intervals, tests,
contracts, explanations, the registry and publication.

`python -m benchmarks.reference LANDING FOLDER DATE` loads the drop of that date. In an empty folder
it trains; on the next date it uses the stored model.
"""

from __future__ import annotations

import sys
import time
from datetime import date, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import xgboost as xgb

SQL = Path(__file__).parent / "sql"
# Copies: the reference stays as it is when the project's own seeds change.
SEEDS = Path(__file__).parent / "seeds"
HORIZON = timedelta(days=90)
# Monthly training dates, the last of them for early stopping; none reaches into the first 180 days.
TRAINING_DATES = 13
PARAMETERS = {
    "objective": "binary:logistic",
    "max_depth": 4,
    "eta": 0.05,
    "subsample": 0.8,
    "colsample_bytree": 0.8,
    "seed": 7,
}
MAX_ROUNDS = 400
# Above it a share of the customers is trained on: at a million people all examples are 6.6 million,
# which do not fit into 24 GB as a table, a matrix and its bins.
MOST_EXAMPLES = 1_000_000
# DuckDB would take 80 % of the machine, beside which Python has no room for the examples.
MEMORY = "6GB"
PATIENCE = 20
NOT_FEATURES = {"customer_no", "customer_id", "snapshot_date", "churned"}
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
    """Run a date, from the files of its drop to the day's risk and segments."""
    model_file = folder / "model.ubj"
    is_first = not model_file.exists()
    folder.mkdir(parents=True, exist_ok=True)
    con = duckdb.connect(str(folder / "reference.duckdb"))
    con.execute("set preserve_insertion_order = false; set enable_progress_bar = false")
    con.execute(f"set memory_limit = '{MEMORY}'")
    _set(con, "day", f"date '{day}'")
    _set(con, "known_from", f"date '{date.min if is_first else day}'")
    _set(con, "load_no", str(day.toordinal()))
    _set(con, "seeds", f"'{SEEDS}'")
    con.begin()
    with _Step("load"):
        _load(con, landing, day)
    with _Step("facts"):
        _run(con, "facts")
    with _Step("identity"):
        _run(con, "identity")
    with _Step("customers"):
        last = day - HORIZON
        past = [last - timedelta(days=30 * number) for number in range(TRAINING_DATES)]
        days = ", ".join(f"date '{one}'" for one in ([*past, day] if is_first else [day]))
        con.execute(f"create temp table dates as select unnest([{days}]) as snapshot_date")
        _run(con, "customers")
    with _Step("features"):
        _run(con, "features")
    if is_first:
        with _Step("train"):
            examples = "from snapshots where snapshot_date + 90 <= getvariable('day')"
            _set(con, "parts", f"(select 1 + count(*) // {MOST_EXAMPLES} {examples})")
            _train(con.execute(_read("examples")).to_arrow_table(), last).save_model(model_file)
    with _Step("score"):
        today = con.execute(
            f"from features where snapshot_date = date '{day}' order by customer_id"
        ).to_arrow_table()
        probabilities = xgb.Booster(model_file=model_file).predict(xgb.DMatrix(_matrix(today)))
        con.register(
            "scores",
            pa.table(
                {"customer_id": today["customer_id"], "churn_probability": pa.array(probabilities)}
            ),
        )
    with _Step("risk and segments"):
        _run(con, "activation")
    with _Step("commit"):
        con.unregister("scores")
        con.commit()
        con.close()


def _load(con: duckdb.DuckDBPyConnection, landing: Path, day: date) -> None:
    _run(con, "schema")
    for source, tables in TABLES.items():
        for table, suffix in tables.items():
            files = sorted((landing / source / table).glob(f"**/{table}_{day}.{suffix}"))
            if files:
                _set(con, "files", str([str(path) for path in files]))
                _run(con, f"load/{source}_{table}")
    _run(con, "newest")


def _train(examples: pa.Table, stopping_date: date) -> xgb.Booster:
    """Gradient-boosted trees with early stopping on the latest training date."""
    is_late = np.array([one == stopping_date for one in examples["snapshot_date"].to_pylist()])
    matrix, labels = _matrix(examples), examples["churned"].to_numpy().astype(np.float32)
    fitted = xgb.QuantileDMatrix(matrix[~is_late], labels[~is_late])
    stopping = xgb.DMatrix(matrix[is_late], labels[is_late])
    return xgb.train(
        PARAMETERS,
        fitted,
        num_boost_round=MAX_ROUNDS,
        evals=[(stopping, "stopping")],
        early_stopping_rounds=PATIENCE,
        verbose_eval=False,
    )


def _matrix(table: pa.Table) -> np.ndarray:
    """Features as float32, rows × features; nulls become nan."""
    names = [name for name in table.column_names if name not in NOT_FEATURES]
    columns = [table[name].cast(pa.float32()).to_numpy() for name in names]
    return np.column_stack(columns)


class _Step:
    """Prints the name, wall seconds and CPU seconds of a step, one line each."""

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
