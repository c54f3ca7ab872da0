from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from deployment.engine.spark import Spark


@pytest.mark.parametrize(
    "master", ["local", "local[2]", "local[*]", "spark://host:7077", "yarn", "k8s://https://host:1"]
)
def test_a_master_of_spark_is_accepted(master: str) -> None:
    assert Spark(master=master).lake == Path("lake")


@pytest.mark.parametrize("master", ["", "host:7077", "local[two]", "spark://"])
def test_another_master_is_refused(master: str) -> None:
    with pytest.raises(ValidationError, match="expected a master of Spark"):
        Spark(master=master)
