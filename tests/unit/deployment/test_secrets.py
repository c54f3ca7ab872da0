from __future__ import annotations

from pathlib import Path

import pytest

from deployment.secrets import SECRETS_VARIABLE, SecretError, hide, reveal


def secrets_file(folder: Path, content: str, mode: int = 0o600) -> dict[str, str]:
    path = folder / "holdfast.secrets"
    path.write_text(content, encoding="utf-8")
    path.chmod(mode)
    return {SECRETS_VARIABLE: str(path)}


def test_the_environment_precedes_the_secrets_file(tmp_path: Path) -> None:
    environ = secrets_file(tmp_path, "USER_NAME=file\nPASSWORD='s3cret = x'\n# a comment\n\n")
    environ["USER_NAME"] = "environment"
    assert reveal("postgresql://${USER_NAME}:${PASSWORD}@crm/", environ) == (
        "postgresql://environment:s3cret = x@crm/"
    )


def test_text_without_a_reference_is_unchanged() -> None:
    assert reveal("sqlite:///crm.db", {}) == "sqlite:///crm.db"


@pytest.mark.parametrize(
    ("content", "mode", "said"),
    [
        ("OTHER=1\n", 0o600, "CRM_URL is not set"),
        ("CRM_URL=\n", 0o600, "CRM_URL is not set"),
        ("CRM_URL=hunter2\n", 0o640, "other users may read the secrets file"),
        ("CRM_URL hunter2\n", 0o600, "line 1: expected NAME=value"),
    ],
)
def test_a_missing_or_unsafe_secret_is_named_and_not_quoted(
    tmp_path: Path, content: str, mode: int, said: str
) -> None:
    with pytest.raises(SecretError, match=said) as raised:
        reveal("${CRM_URL}", secrets_file(tmp_path, content, mode))
    assert "hunter2" not in str(raised.value)


def test_a_missing_secrets_file_is_reported() -> None:
    with pytest.raises(SecretError, match="which is not a file"):
        reveal("${CRM_URL}", {SECRETS_VARIABLE: "/nowhere/holdfast.secrets"})


def test_a_secrets_file_in_the_repository_is_refused() -> None:
    here = Path(__file__)
    with pytest.raises(SecretError, match="is in the repository"):
        reveal("${CRM_URL}", {SECRETS_VARIABLE: str(here)})


@pytest.mark.parametrize(
    "message",
    [
        "cannot connect to postgresql://crm:p%40ss/word@db:5432/crm",
        'password authentication failed: "p@ss/word"',
        "dsn=postgresql%3A%2F%2Fcrm%3Ap%2540ss%2Fword%40db%3A5432%2Fcrm",
        "retrying with p%40ss%2Fword",
    ],
)
def test_no_form_of_a_url_or_its_password_remains_in_a_message(message: str) -> None:
    hidden = hide(message, "postgresql://crm:p%40ss/word@db:5432/crm")
    assert "***" in hidden
    assert "word" not in hidden.replace("password", "")


def test_a_secret_as_short_as_a_word_is_not_masked() -> None:
    assert hide("the table is there", "the") == "the table is there"
