from __future__ import annotations

from deployment.source_config.references import is_reference, referred


def test_a_reference_is_a_name_in_braces_after_a_dollar_sign() -> None:
    assert is_reference("postgresql://crm:${CRM_PASSWORD}@db/crm")
    assert not any(map(is_reference, ["sqlite:///crm.db", "$CRM_URL", "{CRM_URL}", "${}"]))


def test_the_names_in_a_text_are_listed_in_its_order() -> None:
    assert referred("https://${USER_NAME}:${PASSWORD}@crm") == ["USER_NAME", "PASSWORD"]
