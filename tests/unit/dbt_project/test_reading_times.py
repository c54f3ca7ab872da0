"""Times as staging reads them: offsets, zones, epochs, orders of the day, implausible values."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import duckdb
import pytest

from deployment.config import utc_offsets
from tests.unit.dbt_project.conftest import ParsedProject

HERE = "Europe/Berlin"
# Each reading of the column `given`, by name.
READINGS = {
    "utc": "read_timestamp('given')",
    "here": "read_timestamp('given', zone='Europe/Berlin')",
    "new_york": "read_timestamp('given', zone='America/New_York')",
    "day_first": "read_timestamp('given', zone='Europe/Berlin', order='day_first')",
    "day_first_utc": "read_timestamp('given', order='day_first')",
    "month_first": "read_timestamp('given', zone='Europe/Berlin', order='month_first')",
    "serial": "read_timestamp('given', zone='Europe/Berlin', formats='excel_serial')",
    "formats": "read_timestamp('given', zone='Europe/Berlin', formats="
    "['%d %b %Y', '%d %b %Y %H:%M', '%a, %d %b %Y %H:%M:%S %z'])",
}
Read = Callable[..., str | None]


@pytest.fixture(scope="module")
def connections(project: ParsedProject) -> Iterator[list[duckdb.DuckDBPyConnection]]:
    """A view of each reading, with the zone's offsets in the query and without."""
    with duckdb.connect() as compiled, duckdb.connect() as looked_up:
        for con, offsets in ((compiled, utc_offsets(HERE)), (looked_up, [])):
            con.execute("create table given (given varchar)")
            sql = "\n--\n".join(f"{{{{ {macro} }}}}" for macro in READINGS.values())
            texts = project.query(sql, time_zone=HERE, utc_offsets=offsets).split("\n--\n")
            for name, text in zip(READINGS, texts, strict=True):
                con.execute(f"create view {name} as select {text} as read, given from given")
            reason = project.query(
                "{{ first_failed([('given', 'read', 'opened_at')]) }}", time_zone=HERE
            )
            for name in READINGS:
                con.execute(f"create view {name}_reason as select {reason} as read from {name}")
        yield [compiled, looked_up]


@pytest.fixture(scope="module")
def read(connections: list[duckdb.DuckDBPyConnection]) -> Read:
    """A reading of a value, the same in every time zone of the session."""

    def read(reading: str, given: object, kind: str = "varchar") -> str | None:
        found = set()
        for con in connections:
            con.execute(f"create or replace table given as select $1::{kind} as given", [given])
            for zone in ("UTC", "America/New_York"):
                con.execute(f"set TimeZone = '{zone}'")
                found.add(con.execute(f"select cast(read as varchar) from {reading}").fetchone())
        ((value,),) = found
        return value

    return read


@pytest.mark.parametrize(
    ("given", "local"),
    [
        ("2026-03-29T00:30:00Z", "2026-03-29 01:30:00"),
        ("2026-03-29T02:30:00", "2026-03-29 04:30:00"),
        ("2026-03-29 02:30:00+02", "2026-03-29 01:30:00"),
        ("2026-03-29T00:30:00+00:00", "2026-03-29 01:30:00"),
        ("2026-04-01 10:00:00 +0200", "2026-04-01 10:00:00"),
        ("2026-04-01 10:00:00+0200", "2026-04-01 10:00:00"),
        ("2026-04-01 10:00:00+02:00", "2026-04-01 10:00:00"),
        ("2026-04-01T10:00:00-05:30", "2026-04-01 17:30:00"),
        ("2026-04-01T08:00:00.125Z", "2026-04-01 10:00:00.125"),
        ("2026-04-01T08:00:00.123456+00:00", "2026-04-01 10:00:00.123456"),
        ("2026-04-01 08:00 UTC", "2026-04-01 10:00:00"),
        ("2026-04-01T08:00Z", "2026-04-01 10:00:00"),
        ("20260401T080000Z", "2026-04-01 10:00:00"),
        ("2026/4/1 8:00", "2026-04-01 10:00:00"),
        ("Dec 3 2025", "2025-12-03 00:00:00"),
        ("December 3rd, 2025 at 9:15 PM", "2025-12-03 22:15:00"),
        ("3-Dec-25", "2025-12-03 00:00:00"),
        ("31. May 1999", "1999-05-31 00:00:00"),
        ("Wed, 03 Dec 2025 10:15:00 GMT", "2025-12-03 11:15:00"),
        ("Wed Dec 03 2025 10:15:00 GMT+0530 (IST)", "2025-12-03 05:45:00"),
        ("Feb 30 2025", None),
        ("3 Dec", None),
    ],
)
def test_an_offset_counts_and_a_time_without_one_is_utc(
    read: Read, given: str, local: str | None
) -> None:
    assert read("utc", given) == local


@pytest.mark.parametrize(
    ("given", "here", "new_york"),
    [
        ("2026-04-01 10:00:00", "2026-04-01 10:00:00", "2026-04-01 16:00:00"),
        ("2026-04-01 10:00", "2026-04-01 10:00:00", "2026-04-01 16:00:00"),
        ("2026-04-01T10:00:00Z", "2026-04-01 12:00:00", "2026-04-01 12:00:00"),
        ("2026-04-01", "2026-04-01 00:00:00", "2026-04-01 00:00:00"),
        # Between the changes of the two zones, Berlin is five hours ahead and not six.
        ("2026-03-20 10:00:00", "2026-03-20 10:00:00", "2026-03-20 15:00:00"),
    ],
)
def test_a_time_without_an_offset_is_of_the_declared_zone_and_a_day_of_the_calendar(
    read: Read, given: str, here: str, new_york: str
) -> None:
    assert (read("here", given), read("new_york", given)) == (here, new_york)


def test_the_hour_that_is_skipped_and_the_hour_that_comes_twice_are_times(read: Read) -> None:
    # In New York the clocks go from 2:00 to 3:00 on 8 March, and from 2:00 to 1:00 on 1 November:
    # the skipped hour is the one after it, and the doubled hour is the second of the two.
    assert read("new_york", "2026-03-08 02:30:00") == "2026-03-08 08:30:00"
    assert read("new_york", "2026-03-08 03:30:00") == "2026-03-08 08:30:00"
    assert read("new_york", "2026-11-01 01:30:00") == "2026-11-01 07:30:00"
    # A time of the deployment's own zone stays as written.
    assert read("here", "2026-03-29 02:30:00") == "2026-03-29 02:30:00"
    assert read("here", "2026-10-25 02:30:00") == "2026-10-25 02:30:00"
    # 0:30 and 1:30 UTC are both 2:30 in Berlin on the last Sunday of October.
    assert read("utc", "2026-10-25T00:30:00Z") == "2026-10-25 02:30:00"
    assert read("utc", "2026-10-25T01:30:00Z") == "2026-10-25 02:30:00"


@pytest.mark.parametrize(
    ("given", "local"),
    [
        ("1767225600000", "2026-01-01 01:00:00"),
        ("1767225600", "2026-01-01 01:00:00"),
        ("1767225600000000", "2026-01-01 01:00:00"),
        ("1767225600000000000", "2026-01-01 01:00:00"),
        ("1767225600.0", "2026-01-01 01:00:00"),
        ("1767225600.5", "2026-01-01 01:00:00.5"),
        ("1767225600000.0", "2026-01-01 01:00:00"),
        ("1775037600", "2026-04-01 12:00:00"),
    ],
)
def test_a_number_is_a_time_since_1970_in_the_unit_of_its_size(
    read: Read, given: str, local: str
) -> None:
    assert read("utc", given) == read("here", given) == local


@pytest.mark.parametrize(
    ("given", "moment"),
    [
        ("03/04/26", "2026-04-03 00:00:00"),
        ("28/02/26", "2026-02-28 00:00:00"),
        ("31/12/99", "1999-12-31 00:00:00"),
        ("03/04/2026", "2026-04-03 00:00:00"),
        ("01/01/90", "1990-01-01 00:00:00"),
        ("3.7.2026 9:05", "2026-07-03 09:05:00"),
        ("3.7.26 9:05", "2026-07-03 09:05:00"),
        (" 31-12-2026 23:59:58 ", "2026-12-31 23:59:58"),
        ("31/12/2026, 10:00", "2026-12-31 10:00:00"),
        ("3/4/2026 1:05 PM", "2026-04-03 13:05:00"),
        ("3/4/2026 12:05:06 am", "2026-04-03 00:05:06"),
        ("2026-07-03", "2026-07-03 00:00:00"),
        ("31/31/2026", None),
        ("29/02/2026", None),
        ("03/07/2026 tomorrow", None),
        ("03/07/2026 13:05 PM", None),
        # A year beyond the plausible interval: 1989 is not read as 2089.
        ("03/07/1989", None),
        ("03/07/0026", None),
    ],
)
def test_a_day_is_read_before_its_month(read: Read, given: str, moment: str | None) -> None:
    assert read("day_first", given) == moment


def test_a_day_before_its_month_has_an_offset_or_the_declared_zone(read: Read) -> None:
    assert read("day_first_utc", "03/04/2026 10:00") == "2026-04-03 12:00:00"
    assert read("day_first_utc", "03/04/26 10:00:30 +0200") == "2026-04-03 10:00:30"
    assert read("day_first_utc", "03/04/2026") == "2026-04-03 00:00:00"


def test_a_month_is_read_before_its_day(read: Read) -> None:
    assert read("month_first", "03/04/26") == "2026-03-04 00:00:00"
    assert read("month_first", "3/4/2026 9:05") == "2026-03-04 09:05:00"
    assert read("month_first", "28/02/26") is None


def test_a_slashed_day_without_a_declared_order_is_not_guessed(read: Read) -> None:
    assert read("utc", "03/04/2026") is None
    assert read("utc", "03/04/26") is None
    assert read("utc", "26-04-03") is None


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ("0", "implausible opened_at: 0"),
        ("0000-00-00 00:00:00", "implausible opened_at: 0000-00-00 00:00:00"),
        ("0000-00-00", "implausible opened_at: 0000-00-00"),
        ("0026-04-03", "implausible opened_at: 0026-04-03"),
        ("57971-01-01", "implausible opened_at: 57971-01-01"),
        ("9999-12-31", "implausible opened_at: 9999-12-31"),
        ("9999-12-31T23:59:59Z", "implausible opened_at: 9999-12-31T23:59:59Z"),
        ("1970-01-01 00:00:00", "implausible opened_at: 1970-01-01 00:00:00"),
        ("infinity", "implausible opened_at: infinity"),
        ("17672256000000000000", "implausible opened_at: 17672256000000000000"),
        ("46114", "unreadable opened_at: 46114 (serial date of a spreadsheet)"),
        ("46114.4375", "unreadable opened_at: 46114.4375 (serial date of a spreadsheet)"),
        ("1.7672256E+12", "unreadable opened_at: 1.7672256E+12"),
        ("2026-02-30", "unreadable opened_at: 2026-02-30"),
        ("12 avril 2026", "unreadable opened_at: 12 avril 2026"),
        ("2026", "unreadable opened_at: 2026"),
        ("soon", "unreadable opened_at: soon"),
    ],
)
def test_what_is_no_plausible_time_is_null_with_its_reason(
    read: Read, given: str, reason: str
) -> None:
    for reading in ("utc", "here", "day_first"):
        assert read(reading, given) is None
        assert read(f"{reading}_reason", given) == reason


@pytest.mark.parametrize("given", [None, "", " "])
def test_no_time_is_null_and_no_fault(read: Read, given: str | None) -> None:
    assert read("utc", given) is None
    assert read("utc_reason", given) is None


@pytest.mark.parametrize(
    ("given", "moment"),
    [
        ("46114", "2026-04-02 00:00:00"),
        ("46114.4375", "2026-04-02 10:30:00"),
        ("46114.43751157407", "2026-04-02 10:30:01"),
        ("2026-04-02 10:30:00", "2026-04-02 10:30:00"),
        ("1", None),
        ("99999", None),
    ],
)
def test_a_serial_date_is_read_where_it_is_asked_for(
    read: Read, given: str, moment: str | None
) -> None:
    assert read("serial", given) == moment


@pytest.mark.parametrize(
    ("given", "moment"),
    [
        ("12 Apr 2026", "2026-04-12 00:00:00"),
        ("12 Apr 2026 09:15", "2026-04-12 09:15:00"),
        ("Wed, 01 Apr 2026 10:00:00 -0500", "2026-04-01 17:00:00"),
        ("2026-04-12", "2026-04-12 00:00:00"),
        ("12 Apr 0026", None),
    ],
)
def test_further_formats_are_read_beside_the_usual_forms(
    read: Read, given: str, moment: str | None
) -> None:
    assert read("formats", given) == moment


def test_typed_columns_are_read_as_their_texts(read: Read) -> None:
    summer = datetime(2026, 7, 1, 8, tzinfo=UTC)
    assert read("new_york", summer, "timestamptz") == "2026-07-01 10:00:00"
    assert read("utc", summer.replace(tzinfo=None), "timestamp") == "2026-07-01 10:00:00"
    assert read("utc", summer.date(), "date") == "2026-07-01 00:00:00"
    assert read("utc", 1767225600000, "bigint") == "2026-01-01 01:00:00"
    assert read("utc", 1767225600.0, "double") == "2026-01-01 01:00:00"
    for reading in ("utc", "new_york", "here"):
        assert read(reading, "infinity", "timestamp") is None


def test_every_hour_of_three_years_is_as_the_calendar_has_it(
    connections: list[duckdb.DuckDBPyConnection],
) -> None:
    con = connections[0]
    con.execute(
        "create or replace table given as select strftime(hour, '%Y-%m-%dT%H:%M:%SZ') as given"
        " from range(timestamp '2024-01-01', timestamp '2027-01-01', interval 1 hour) as t(hour)"
    )
    rows = con.execute("select given, read from utc").fetchall()
    zone = ZoneInfo(HERE)
    wrong = [
        (given, local)
        for given, local in rows
        if datetime.fromisoformat(given).astimezone(zone).replace(tzinfo=None) != local
    ]
    assert len(rows) == 26304
    assert wrong == []


def test_a_source_s_declared_zone_is_that_of_its_models(project: ParsedProject) -> None:
    compiled = project.compiled(
        *("--select", "stg_helpdesk__feedback", "stg_shop__feedback"),
        time_zone=HERE,
        source_time_zones={"helpdesk": "Asia/Tokyo"},
    )
    assert "'Asia/Tokyo'" in compiled["stg_helpdesk__feedback"]
    assert "'Asia/Tokyo'" not in compiled["stg_shop__feedback"]
