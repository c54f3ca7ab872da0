"""docs/configuration.md lists every setting of a deployment with the default that the model has."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from deployment.config import DeploymentConfig
from deployment.source_config.base import Section

PAGE = (Path(__file__).parent.parent.parent / "docs" / "configuration.md").read_text()
ROW = re.compile(r"^\| `(\w+)` \| (.+?) \| (.+?) \| (.+?) \|$", re.MULTILINE)


def sections() -> Iterator[tuple[str, type[BaseModel]]]:
    yield "The deployment", DeploymentConfig
    for name, field in DeploymentConfig.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, Section):
            yield name, field.annotation


def documented(heading: str) -> dict[str, str]:
    """Default by setting in the table below a heading."""
    part = PAGE[PAGE.index(f"\n## {heading}\n") + 1 :].split("\n## ")[0]
    return {name: default for name, default, _, _ in ROW.findall(part)}


def shown(field: FieldInfo) -> str:
    """A default as the page shows it."""
    if field.is_required():
        return "required"
    default: Any = field.get_default(call_default_factory=True)
    if default is None:
        return "none"
    return f"{default:g}" if isinstance(default, float) else str(default)


@pytest.mark.parametrize(("heading", "section"), list(sections()))
def test_the_page_has_each_setting_with_its_default(
    heading: str, section: type[BaseModel]
) -> None:
    expected = {
        name: shown(field)
        for name, field in section.model_fields.items()
        if not isinstance(field.default, Section)
    }
    assert documented(heading) == expected


def test_the_page_names_the_sections_that_have_defaults() -> None:
    for name, field in DeploymentConfig.model_fields.items():
        if isinstance(field.default, Section):
            assert f"`{name}`" in PAGE


def test_the_history_of_a_training_is_the_one_that_a_run_asks_for() -> None:
    config = DeploymentConfig.model_fields
    training, horizon = config["training"].default, 90
    assert training.min_history_days + 2 * horizon + training.step_days == 300
    assert "300 with the defaults" in PAGE
