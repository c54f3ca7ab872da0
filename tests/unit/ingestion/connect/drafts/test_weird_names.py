"""Drafts of tables whose columns have names that SQL, Jinja or YAML would misread."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from deployment.config import deployment_vars
from deployment.config_file import load_config
from tests.campaign import times
from tests.unit.ingestion.connect.conftest import ROOT, project_in
from warehouse.quoting import identifier, literal

# Of text that DuckDB takes as a column's name; the load columns are Holdfast's own.
NASTY = (
    'Or"der', "it's", "a b", "select", "{{ x }}", "{% raw %}", "#}", "{#", "col-1", "名前", "ß",
    "a\nb", "back\\slash", "1st", "order", "group", "-- x", "a;b", "%", "é", "Source", "final",
    "source", "null", "no", "x: y", "[a]", "- a", "&a", "*a", "!a", "'", '"',
)  # fmt: skip
NAMES = st.one_of(
    st.sampled_from(NASTY),
    st.text(
        st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\0"),
        min_size=1,
        max_size=12,
    ),
)
ROLES = ("order_no {}", "customer_no {}", "{} order_date", "{} status", "{} total")


def deliver_orders(folder: Path, names: list[str]) -> None:
    """A Parquet file of 40 orders whose columns have these names; values are all text."""
    columns = ("'O' || n", "'C' || n % 9", "'2025-01-02 10:00:' || 10 + n", "'paid'", "n || '.5'")
    selected = ", ".join(
        f"{column} as {identifier(name)}" for column, name in zip(columns, names, strict=True)
    )
    with duckdb.connect() as con:
        con.execute(
            f"copy (select {selected} from range(40) t (n))"
            f" to {literal(str(folder / 'orders.parquet'))} (format parquet)"
        )


@settings(max_examples=times(5), deadline=None, suppress_health_check=list(HealthCheck))
@given(affixes=st.lists(NAMES, min_size=5, max_size=5))
@example(affixes=list(NASTY[:5]))
@example(affixes=list(NASTY[5:10]))
@example(affixes=list(NASTY[10:15]))
@example(affixes=list(NASTY[15:20]))
@example(affixes=list(NASTY[-5:]))
@example(affixes=['Or"der', ":0", "\U0001b13c", "\u2028", "\ufffe"])
def test_columns_of_any_name_are_staged_and_kept_in_yaml(
    affixes: list[str],
) -> None:
    names = [role.format(affix) for role, affix in zip(ROLES, affixes, strict=True)]
    with tempfile.TemporaryDirectory() as folder:
        project = project_in(Path(folder))
        (Path(folder) / "exports").mkdir()
        deliver_orders(Path(folder) / "exports", names)
        project.connect("shop", Path(folder) / "exports")
        config = yaml.safe_load(project.config.read_text())
        assert config["sources"]["shop"]["tables"]["orders"]["columns"] == names
        assert yaml.safe_load((project.staging("shop") / "_shop__sources.yml").read_text())
        if (project.staging("shop") / "stg_shop__orders.sql").exists():
            rows = project.staged("shop", "orders")
            assert len(rows) == 40
            assert {row["source_order_id"] for row in rows} == {f"O{n}" for n in range(40)}


def test_dbt_compiles_models_over_columns_of_any_name(tmp_path: Path) -> None:
    project = project_in(tmp_path)
    (tmp_path / "exports").mkdir()
    affixes = ('"{{ x }}"', "it's", "{% raw %}", "#}", "名前\\")
    names = [role.format(affix) for role, affix in zip(ROLES, affixes, strict=True)]
    deliver_orders(tmp_path / "exports", names)
    project.connect("shop", tmp_path / "exports")
    assert (project.staging("shop") / "stg_shop__orders.sql").exists()
    # The other models would cost six seconds of parsing and have no part in these.
    dbt = project.root / "dbt_project"
    for name in ("dbt_project.yml", "profiles.yml"):
        shutil.copy(ROOT / "dbt_project" / name, dbt)
    shutil.copytree(ROOT / "dbt_project" / "macros", dbt / "macros")
    done = subprocess.run(
        [
            str(Path(sys.executable).with_name("dbt")),
            *("compile", "--select", "stg_shop__orders", "--no-introspect"),
            *("--project-dir", str(dbt), "--profiles-dir", str(dbt)),
            *("--target-path", str(tmp_path / "target"), "--log-path", str(tmp_path / "logs")),
            *("--vars", json.dumps(deployment_vars(load_config(project.config)))),
        ],
        env={"PATH": "", "HOLDFAST_WAREHOUSE": ":memory:", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert '"order_no ""{{ x }}"""' in done.stdout
