"""A company with a table of every kind of column, and a database for its copies."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.databases import Database, Server
from tests.unit.warehouse.company import CUSTOMERS, RISKS, Company
from tests.unit.warehouse.published.copies.kinds import KINDS


@pytest.fixture
def company(tmp_path: Path) -> Company:
    """Published once; `marts.kinds` has a row of values and one of nulls."""
    company = Company(tmp_path, tables=(RISKS, CUSTOMERS, KINDS)).create()
    company.execute(
        """
        set timezone = 'Europe/Berlin';
        create table marts.kinds as
        select
            1 as id,
            null::varchar as part,
            -12.30::decimal(18, 2) as amount,
            12345678901234567890123::hugeint as wide,
            7::ubigint as count,
            'nan'::double as ratio,
            1.5::float as weight,
            true as is_true,
            timestamp '2026-03-29 02:30:00.123456' as local_at,
            timestamptz '2026-10-25 02:30:00+02' as moment_at,
            date '0044-03-15' as day,
            time '23:59:59' as time_of_day,
            interval '1 month 2 days' as period,
            '\\x00\\xff'::blob as bytes,
            'a' || chr(10) || '''"\\王' as text,
            'high'::enum('low', 'high') as tier,
            ['a', null, 'b,"'] as words,
            [1, 2] as numbers,
            {'a': 1, 'b': ['x']} as nested,
            map {'k': 1.5} as pairs
        union all
        select
            2, 'b', null, null, null, 'inf'::double, null, null, null, null, null, null, null,
            null, '', null, [], null, null, null;
        comment on column marts.kinds.text is 'Isn''t it; end $body$?';
        """
    )
    company.run(0)
    company.publish()
    return company


@pytest.fixture
def database(postgres: Server, monkeypatch: pytest.MonkeyPatch) -> Database:
    database = postgres.database("bi")
    monkeypatch.setenv("BI_URL", database.url)
    return database
