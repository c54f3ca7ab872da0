from __future__ import annotations

import sys
import traceback

import pytest

from ingestion.errors import SourceError
from tests.databases import PASSWORD
from tests.unit.ingestion.extraction.crm import Crm


def test_no_message_has_the_password(crm: Crm, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = "correct horse@battery"
    urls = [
        f"postgresql://{PASSWORD}:{secret.replace('@', '%40').replace(' ', '%20')}@localhost:1/crm",
        crm.database.url.replace(PASSWORD, "sea-otter-3"),
        f"mysql+pymysql://crm:{PASSWORD}@127.0.0.1:1/crm",
        f"nosuch://crm:{PASSWORD}@localhost/crm",
        f"postgresql://crm:{PASSWORD}@localhost/crm?nonsense={PASSWORD}",
        f"{PASSWORD}",
    ]
    crm.extract(1)
    for url in urls:
        monkeypatch.setenv("CRM_URL", url)
        if crm.database.kind == "sqlite" and url == crm.database.url:
            continue
        with pytest.raises(SourceError, match="source crm: ") as caught:
            crm.extract(2)
        message = "".join(
            [str(caught.value), repr(caught.value), *traceback.format_exception(caught.value)]
        )
        for form in (PASSWORD, "sea-otter-3", secret, "horse%40battery", "horse@battery"):
            assert form not in message
    monkeypatch.delenv("CRM_URL")
    with pytest.raises(SourceError, match="source crm: CRM_URL is not set"):
        crm.extract(2)
    assert len(crm.current()) == 3


def test_a_missing_driver_is_reported_with_the_package_to_install(
    crm: Crm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pymysql", None)
    monkeypatch.setenv("CRM_URL", f"mysql+pymysql://crm:{PASSWORD}@localhost/crm")
    with pytest.raises(SourceError, match=r"pip install 'holdfast\[mysql\]'"):
        crm.extract(1)
