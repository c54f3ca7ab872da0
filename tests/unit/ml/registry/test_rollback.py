from __future__ import annotations

import pytest

from ml.registry.rollback import RollbackError, version_to_restore


def test_without_a_name_the_one_in_use_before_comes_back() -> None:
    assert version_to_restore(["1", "4", "3"], ["1", "2", "3", "4"], None) == "4"


def test_a_named_version_comes_back_though_it_was_never_in_use() -> None:
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
def test_what_cannot_be_put_back_is_refused_and_says_what_can(
    promoted: list[str], to: str | None, said: str
) -> None:
    with pytest.raises(RollbackError, match=said):
        version_to_restore(promoted, ["10", "2", "1"], to)
