from __future__ import annotations

from functools import partial

from ingestion.connect.mapping.matching import _columns
from ingestion.connect.mapping.shapes.near_misses import near_misses
from ingestion.connect.profiling import names
from tests.unit.ingestion.connect.mapping.shapes.conftest import Profiled


def test_a_near_miss_has_the_line_of_names_that_settles_it(profiled: Profiled) -> None:
    rows = [(n, n % 7, f"2025-01-{n % 28 + 1:02}", n % 5 + 1) for n in range(40)]
    profile = profiled(slips=("slip_key,customer_id,zeitp,stars", rows))
    misses = near_misses(profile.tables["slips"], partial(_columns, profile))
    feedback = next(each for each in misses if each.entity == "feedback")
    assert feedback.missing == (("created_at",),)
    assert feedback.lines == ("feedback,created_at,en,zeitp",)
    entity, field, _, name = feedback.lines[0].split(",")
    assert name not in names.names_of(entity, field)
