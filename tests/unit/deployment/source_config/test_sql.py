from __future__ import annotations

import pytest

from deployment.source_config import SqlSource


def test_a_password_in_the_configuration_is_refused() -> None:
    tables = {"t": {"columns": ["id"], "key": ["id"]}}
    for url in ("postgresql://crm:pw12345@h/crm", "postgresql://crm@h/crm?password=pw12345"):
        with pytest.raises(ValueError, match="expected a password that is kept outside"):
            SqlSource.model_validate({"kind": "sql", "url": url, "tables": tables})
    for url in ("${CRM_URL}", "postgresql://crm:${PW}@h/crm", "postgresql://h:5432/crm"):
        SqlSource.model_validate({"kind": "sql", "url": url, "tables": tables})
