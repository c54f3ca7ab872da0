from __future__ import annotations

import pytest

from ml.registry.rollback import RollbackError, version_to_restore


def test_without_a_request_the_previous_version_is_restored() -> None:
    assert version_to_restore(["1", "4", "3"], ["1", "2", "3", "4"], None) == "4"


def test_a_requested_version_is_restored_without_promotion_before() -> None:
    assert version_to_restore(["1", "3"], ["1", "2", "3"], "2") == "2"


@pytest.mark.parametrize(
    ("promoted", "to", "said"),
    [
        ([], None, "no model is in use"),
        (["1"], None, "version 1 is the only promoted version"),
        (["1", "2"], "2", "version 2 is already in use"),
        (["1", "2"], "11", "there is no version 11; there are 1, 2, 10"),
    ],
)
def test_an_impossible_rollback_is_refused_with_the_versions(
    promoted: list[str], to: str | None, said: str
) -> None:
    with pytest.raises(RollbackError, match=said):
        version_to_restore(promoted, ["10", "2", "1"], to)
