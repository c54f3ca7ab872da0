from __future__ import annotations

import pytest

from tests.databases import PASSWORD, Server
from tests.unit.cli.doctor.conftest import CONFIG, Deployment

COPIES = "publish:\n  postgres: {url: '${BI_URL}'}\n  parquet: {folder: bi/parquet}\n"


def found(deployment: Deployment) -> list[tuple[str, str, str]]:
    return [
        (finding.level, finding.subject, finding.message)
        for finding in deployment.findings()
        if finding.subject.startswith("publish.")
    ]


def test_the_server_is_asked_whether_the_copy_could_be_written(
    deployment: Deployment, postgres: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert found(deployment) == []
    deployment.config.write_text(CONFIG + COPIES)
    database = postgres.database("probed")
    monkeypatch.setenv("BI_URL", database.url)
    assert found(deployment) == [
        ("ok", "publish.postgres", "the schema holdfast can be replaced"),
        ("ok", "publish.parquet", str(deployment.home.root / "bi/parquet")),
    ]
    assert database.rows("select count(*) from pg_namespace where nspname like 'hold%'") == [(0,)]
    if not database.rows("select 1 from pg_roles where rolname = 'visitor'"):
        database.execute(f"create role visitor login password '{PASSWORD}'")
    monkeypatch.setenv("BI_URL", database.url.replace("//holdfast:", "//visitor:"))
    (deployment.home.root / "bi").write_text("a file")
    (postgres_finding, parquet_finding) = found(deployment)
    assert postgres_finding[0] == parquet_finding[0] == "warning"
    assert "the role may not create a schema" in postgres_finding[2]
    assert "cannot be written" in parquet_finding[2]
