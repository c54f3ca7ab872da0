from __future__ import annotations

from pathlib import Path

import pytest

from deployment.engine.spark import Spark
from spark.engine.errors import SparkError
from spark.engine.session import Session, missing, require


def with_java(folder: Path, monkeypatch: pytest.MonkeyPatch, version: str) -> None:
    """Let JAVA_HOME name a Java that reports a version."""
    java = folder / "bin" / "java"
    java.parent.mkdir()
    java.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\" 2025-04-15' >&2\n")
    java.chmod(0o700)
    monkeypatch.setenv("JAVA_HOME", str(folder))


@pytest.mark.parametrize("version", ["17.0.15", "21"])
def test_nothing_is_missing_with_a_java_of_spark(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    with_java(tmp_path, monkeypatch, version)
    assert missing() is None


@pytest.mark.parametrize(("version", "found"), [("11.0.2", "Java 11"), ("25", "Java 25")])
def test_another_java_is_reported_with_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, found: str
) -> None:
    with_java(tmp_path, monkeypatch, version)
    with pytest.raises(SparkError, match=f"{found} was found: install Java 17 or 21"):
        require()


def test_a_missing_java_and_a_missing_package_are_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    assert "no Java was found" in str(missing())
    monkeypatch.setattr("spark.engine.session._PACKAGES", ("pyspark", "no_such_package"))
    assert "no_such_package cannot be imported" in str(missing())


def test_a_session_that_was_not_started_has_nothing_to_cancel_or_stop() -> None:
    session = Session(Spark(master="local[1]"))
    session.cancel()
    session.stop()
