from __future__ import annotations

from pathlib import Path

import pytest

from cli.doctor.engine import diagnose_engine
from deployment.config import DeploymentConfig
from deployment.config_file import load_config
from tests.unit.deployment.configs import GOOD, write

ON_SPARK = "engine: {kind: spark, spark: {master: 'spark://host:7077'}}\n"


def deployment(folder: Path, more: str = "") -> DeploymentConfig:
    return load_config(write(folder, GOOD + more))


def test_a_deployment_on_duckdb_needs_no_java(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    assert list(diagnose_engine(deployment(tmp_path))) == []


def test_spark_can_start_where_java_is(tmp_path: Path) -> None:
    (finding,) = diagnose_engine(deployment(tmp_path, ON_SPARK))
    assert (finding.level, finding.subject) == ("ok", "engine")
    assert "spark://host:7077" in finding.message


def test_a_missing_java_is_an_error_with_its_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    (finding,) = diagnose_engine(deployment(tmp_path, ON_SPARK))
    assert (finding.level, finding.message) == (
        "error",
        "engine.kind is spark, and no Java was found",
    )
    assert "openjdk-17-jre-headless" in finding.remedy
