"""Sentences in published columns can be recomputed from published figures."""

from __future__ import annotations

import csv
import json
import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from tests.integration.deployments import ROOT, Deployment

SEEDS = ROOT / "dbt_project" / "seeds"
SENTENCES = 100

Figures = Mapping[str, object]


def templates(path: Path, column: str) -> list[str]:
    with path.open(encoding="utf-8", newline="") as file:
        return [row[column] for row in csv.DictReader(file)]


def written(placeholder: str, figures: Figures) -> str:
    name, _, form = placeholder.partition(":")
    figure = figures[name]
    if form == "yes_no":
        return "yes" if figure else "no"
    if form == "text":
        return str(figure)
    assert isinstance(figure, int | float | np.float32)
    if form.isdigit():
        return f"{figure:.{form}f}".replace("-", "−")
    match form:
        case "days":
            return f"{rounded(figure)} day{'' if rounded(figure) == 1 else 's'}"
        case "%":
            return f"{rounded(type(figure)(100) * figure)} %"
        case "money":
            return f"EUR {rounded(figure):,}"
        case _:
            return str(rounded(figure))


def rounded(number: float | np.float32) -> int:
    """Halves away from zero, as SQL rounds."""
    return int(math.copysign(math.floor(abs(float(number)) + 0.5), float(number)))


def sentences(reported: list[str], figures: Figures) -> Iterator[str]:
    """Sentences of all templates with these figures; an unknown half is left out."""
    for template in reported:
        for part in (template, template.split("; ")[0]):
            names = [name.partition(":")[0] for name in re.findall(r"\{(.*?)\}", part)]
            if all(name in figures for name in names):
                yield re.sub(r"\{(.*?)\}", lambda found: written(found[1], figures), part)


def test_every_number_of_a_reason_is_among_the_published_figures(first_day: Deployment) -> None:
    catalogue = templates(SEEDS / "feature_catalogue.csv", "reason_en")
    rows = first_day.query(
        """
        select reason_figures, reason
        from (
            select customer_id, reason_figures, unnest([reason_1, reason_2, reason_3]) as reason
            from activation.customer_risk_daily
        )
        where reason is not null
        order by hash(customer_id || reason)
        """
    )
    assert len(rows) > SENTENCES
    [no_reason] = first_day.warehouse(
        "select text_en from seeds.reason_words where word = 'no_reason'"
    )
    for figures, reason in rows[:SENTENCES]:
        if (reason,) == no_reason:
            continue
        # Features are floats of four bytes.
        reported = json.loads(str(figures), parse_float=np.float32)
        assert reason in set(sentences(catalogue, reported))


def test_every_number_of_a_warning_is_a_column_beside_it(first_day: Deployment) -> None:
    catalogue = templates(SEEDS / "warning_catalogue.csv", "evidence_en")
    names = ("observed", "expected", "period_days", "category")
    rows = first_day.query(
        f"""
        select signal, evidence, {", ".join(names)}
        from activation.customer_warnings_daily
        order by hash(customer_id, signal)
        """
    )
    assert len({signal for signal, *_ in rows}) >= 5
    for _, evidence, *figures in rows[:SENTENCES]:
        known = zip(names, figures, strict=True)
        reported = {name: figure for name, figure in known if figure is not None}
        assert evidence in set(sentences(catalogue, reported))


def test_every_number_of_an_alarm_is_a_column_beside_it(day_by_day: Deployment) -> None:
    catalogue = templates(SEEDS / "alarm_catalogue.csv", "evidence_en")
    names = ("observed", "expected", "expected_low", "expected_high")
    rows = day_by_day.query(
        f"select evidence, {', '.join(names)} from activation.company_alarms_daily"
    )
    assert len(rows) > 10
    for evidence, *figures in rows:
        assert evidence in set(sentences(catalogue, dict(zip(names, figures, strict=True))))
