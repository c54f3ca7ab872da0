from __future__ import annotations

import pytest

from deployment.postgres_url import check_postgres_url


@pytest.mark.parametrize(
    "url", ["postgresql://bi:${PASSWORD}@db/bi", "postgres://db/bi", "${BI_URL}"]
)
def test_an_address_with_a_reference_is_taken(url: str) -> None:
    assert check_postgres_url(url) == url


@pytest.mark.parametrize("url", ["mysql://db/bi", "db.example.com", "postgresql://bi:open@db/bi"])
def test_another_address_or_an_open_password_is_refused_and_not_quoted(url: str) -> None:
    with pytest.raises(ValueError, match=r"\$\{") as error:
        check_postgres_url(url)
    assert "open" not in str(error.value)
