"""docs/configuration.md lists every setting of a deployment with the default that the model has."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from deployment.config import DeploymentConfig
from deployment.source_config.base import Section
from ml.churn.split import NotEnoughHistoryError, training_cutoffs
from ml.config import TrainingSettings

PAGE = (Path(__file__).parent.parent.parent / "docs" / "configuration.md").read_text()
ROW = re.compile(r"^\| `(\w+)` \| (.+?) \| (.+?) \| (.+?) \|$", re.MULTILINE)


def sections() -> Iterator[tuple[str, type[BaseModel]]]:
    yield "The deployment", DeploymentConfig
    for name, section in sections_of(DeploymentConfig):
        yield name, section
        yield from ((f"{name}.{inner}", found) for inner, found in sections_of(section))


def sections_of(model: type[BaseModel]) -> Iterator[tuple[str, type[Section]]]:
    """Settings of a model that are sections, also those that may be absent."""
    for name, field in model.model_fields.items():
        for kind in (field.annotation, *get_args(field.annotation)):
            if isinstance(kind, type) and issubclass(kind, Section):
                yield name, kind


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
def test_the_page_has_each_setting_with_its_default(heading: str, section: type[BaseModel]) -> None:
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


def test_the_history_that_the_page_asks_for_is_the_least_that_can_be_split() -> None:
    defaults = DeploymentConfig.model_fields["training"].default
    settings = TrainingSettings(
        horizon_days=90, step_days=defaults.step_days, min_history_days=defaults.min_history_days
    )
    first = date(2025, 1, 1)
    (needed,) = map(int, re.findall(r"(\d+) days with the defaults", PAGE))
    assert training_cutoffs(first + timedelta(days=needed), first, settings)
    with pytest.raises(NotEnoughHistoryError, match=f"needs {needed}"):
        training_cutoffs(first + timedelta(days=needed - 1), first, settings)
