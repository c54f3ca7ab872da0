"""What readers and the next run find when something goes wrong."""

from __future__ import annotations

import shutil
import signal
import subprocess
import time
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest
import yaml

from orchestration.instance import RunError
from tests.integration.deployments import DEMO, HISTORY, Deployment, differences

NEXT = HISTORY + timedelta(days=1)


def test_a_reader_in_a_loop_never_fails_and_never_sees_half_a_day(
    first_day: Deployment, home_copy: Path
) -> None:
    deployment = first_day.copy(home_copy)
    # A process of its own: within one process DuckDB would share the instance of the old file.
    reader = f"""
import duckdb, sys
while True:
    with duckdb.connect({str(deployment.home.published)!r}, read_only=True) as con:
        print(*con.execute('''
            select
                (select count(distinct snapshot_date) from activation.customer_risk_daily),
                (select count(distinct snapshot_date) from activation.customer_segments_daily),
                (select count(distinct snapshot_date) from ops.data_quality_daily)
        ''').fetchone(), flush=True)
"""
    process = subprocess.Popen(
        [*deployment.command()[:1], "-c", reader],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        for number in range(3):
            deployment.day(HISTORY + timedelta(days=number))
    finally:
        alive = process.poll() is None
        process.kill()
        out, err = process.communicate()
    assert alive, err
    seen = [
        [int(count) for count in line.split()] for line in out.splitlines() if line.count(" ") == 2
    ]
    assert {days for days, *_ in seen} >= {1, 2}
    assert all(len(set(counts)) == 1 for counts in seen)


@pytest.mark.parametrize("seconds", [6, 9, 12])
def test_a_run_killed_at_any_moment_leaves_the_day_before_and_is_made_good_by_the_next(
    first_day: Deployment, day_by_day: Deployment, home_copy: Path, seconds: int
) -> None:
    deployment = first_day.copy(home_copy)
    process = subprocess.Popen(
        deployment.command("run", "--date", NEXT.isoformat()),
        env=deployment.environ(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert differences(first_day, deployment) == [] or _days(deployment) == 2
    deployment.day(NEXT)
    for table in ("activation.customer_risk_daily", "activation.customer_segments_daily"):
        where = f"snapshot_date <= '{NEXT}'"
        assert deployment.table(table) == day_by_day.table(table, where)


def _days(deployment: Deployment) -> int:
    [(days,)] = deployment.query(
        "select count(distinct snapshot_date) from activation.customer_risk_daily"
    )
    assert isinstance(days, int)
    return days


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("crm/touches/touches_{next}.csv", b"", "touches_{next}.csv"),
        ("crm/touches/touches_{next}.csv", b"contact_id;action\n1;2\n", "touches_{next}.csv"),
        ("shop/orders/orders_{next}.parquet", b"PAR1 not really", "orders_{next}.parquet"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_and_leaves_the_published_day(
    first_day: Deployment, home_copy: Path, file: str, content: bytes, said: str
) -> None:
    deployment = first_day.copy(home_copy)
    target = deployment.home.landing / file.format(next=NEXT)
    target.write_bytes(content)
    with pytest.raises(RunError) as raised:
        deployment.day(NEXT)
    assert said.format(next=NEXT) in str(raised.value)
    assert "Traceback" not in str(raised.value)
    assert differences(first_day, deployment) == []


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("time_zone", "Europe/Berlinn", "time_zone"),
        ("curency", "EUR", "curency"),
    ],
)
def test_a_mistake_in_the_configuration_is_one_message_and_no_trace(
    first_day: Deployment, tmp_path: Path, key: str, value: str, said: str
) -> None:
    content = {**yaml.safe_load(DEMO.read_text(encoding="utf-8")), key: value}
    config = tmp_path / "wrong.yml"
    config.write_text(yaml.safe_dump(content), encoding="utf-8")
    done = Deployment(first_day.home, config).cli("run", "--config", str(config))
    assert done.returncode == 1
    assert said in done.stderr
    assert "wrong.yml" in done.stderr
    assert "Traceback" not in done.stderr


def test_another_company_is_refused_the_home(first_day: Deployment, tmp_path: Path) -> None:
    content = {**yaml.safe_load(DEMO.read_text(encoding="utf-8")), "slug": "another"}
    config = tmp_path / "another.yml"
    config.write_text(yaml.safe_dump(content), encoding="utf-8")
    deployment = first_day.copy(tmp_path / "home")
    shutil.rmtree(deployment.home.dbt_target)
    with pytest.raises(RunError, match="another"):
        Deployment(deployment.home, config).day(HISTORY)


def test_a_corrected_file_replaces_what_it_said(first_day: Deployment, home_copy: Path) -> None:
    deployment = first_day.copy(home_copy)
    file = deployment.home.landing / "shop" / "orders" / f"orders_{HISTORY}.parquet"
    with duckdb.connect() as con:
        con.execute(
            f"copy (from '{file}' order by order_no offset 10) to '{file}.new' (format parquet)"
        )
    Path(f"{file}.new").rename(file)
    deployment.day(NEXT)
    [(before,)] = first_day.query("select count(*) from marts.fct_orders")
    [(superseded,)] = deployment.query(
        f"""
        select superseded from ops.data_quality_daily
        where table_name = 'orders' and snapshot_date = '{NEXT}'
        """
    )
    assert isinstance(before, int)
    assert isinstance(superseded, int)
    assert superseded >= before
