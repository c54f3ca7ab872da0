"""Both engines on the same small rows."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.spark.dialect.engines import Engines, Session


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """A local session for a file's tests.

    A process has one session at a time, and other tests have another master. Java stays, so that
    all starts but the first take a second.
    """
    if shutil.which("java") is None:
        pytest.skip("Java is not installed (apt-get install openjdk-17-jre-headless)")
    pytest.importorskip("pyspark", reason="pyspark is not installed (the extra spark)")
    from tests.spark_models.session import local_session

    session = local_session(tmp_path_factory.mktemp("spark"))
    yield session
    session.stop()


@pytest.fixture
def engines(spark: Session, tmp_path: Path) -> Engines:
    return Engines(spark, tmp_path)
