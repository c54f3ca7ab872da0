"""Models whose files no kept day needs."""

from __future__ import annotations

from datetime import date

from ml.registry.unused_files import unused
from ml.registry.version_index import Version

FIRST = date(2026, 5, 1)


def version(number: int, as_of: str, *, promoted: bool = True, judged: bool = True) -> Version:
    return Version("churn", str(number), as_of, f"run{number}/model", promoted, judged)


def numbers(*versions: Version) -> list[str]:
    return [each.version for each in unused(versions, FIRST)]


def test_models_before_the_one_of_the_first_day_and_of_a_rollback_on_it_are_unused() -> None:
    monthly = [version(month, f"2026-0{month}-10") for month in range(1, 8)]
    assert numbers(*monthly) == ["1", "2"]


def test_a_refused_version_does_not_stand_for_the_promoted_one_before_it() -> None:
    assert numbers(
        version(1, "2026-01-10"),
        version(2, "2026-02-10", promoted=False),
        version(3, "2026-03-10"),
        version(4, "2026-04-10", promoted=False),
    ) == ["2"]


def test_a_version_that_is_not_judged_yet_and_versions_of_later_days_stay() -> None:
    assert (
        numbers(
            version(1, "2026-01-10", promoted=False, judged=False),
            version(2, "2026-04-10"),
            version(3, "2026-05-02", promoted=False),
        )
        == []
    )
