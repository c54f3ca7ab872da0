"""A company whose deliveries are mangled: rows, whole files, and what must be found of them."""

from __future__ import annotations

import gzip
import io
import json
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import yaml
from hypothesis import strategies as st
from openpyxl import Workbook

from deployment.config_file import load_config
from deployment.home import Home
from deployment.source_config import FilesSource, Source, SqlSource
from ingestion.errors import SourceError
from ingestion.extraction.files import extract_files
from ingestion.landing import mutable_table
from ingestion.landing.mutable_table import Landing
from ingestion.opened_source import open_source
from tests.integration.deployments import DEMO, Deployment
from tests.integration.mangling import (
    FILE_FAULTS,
    MARK,
    Mangler,
    csv_line,
    in_bytes,
    marks,
    swapped,
    zipped,
)
from warehouse.connection import Warehouse

FIRST = date(2026, 1, 1)
CUSTOMERS = (
    "customer_no", "email", "phone", "name", "created", "updated", "birth_year", "country", "city",
    "channel", "plan", "marketing_consent", "shop_account",
)  # fmt: skip
TOUCHES = (
    "contact_id", "customer_no", "action", "sent_at", "channel", "arm", "cost", "redeemed_at",
)  # fmt: skip
ACCOUNTS = ("account_no", "email", "phone", "full_name", "created_at", "newsletter")
REVIEWS = ("review_id", "order_no", "account_no", "created_at", "rating", "text")
TICKETS = (
    "ticket_id", "requester_id", "opened", "first_response", "resolved", "channel", "topic",
    "priority", "status", "satisfaction", "reopened_count",
)  # fmt: skip


def described(columns: Sequence[str], **rest: object) -> dict[str, object]:
    return {"columns": list(columns), "key": [columns[0]], **rest}


def configuration(folder: Path) -> Path:
    """The demo company with its tables in every wrapper, and a help desk in a database."""
    content = yaml.safe_load(DEMO.read_text(encoding="utf-8"))
    auto = {"delimiter": ";", "encoding": "auto"}
    orders = content["sources"]["shop"]["tables"]["orders"]
    csv_of = {"format": "csv", "options": auto}
    content["sources"] = {
        "crm": {
            "kind": "files",
            "location": "landing/crm",
            "tables": {
                "customers": described(
                    CUSTOMERS, path="customers_{date}.csv*", provides=["customers"], **csv_of
                ),
                "touches": described(
                    TOUCHES, path="touches_{date}.csv.zip", provides=["touches"], **csv_of
                ),
            },
        },
        "shop": {
            "kind": "files",
            "location": "landing/shop",
            "tables": {
                "accounts": described(
                    ACCOUNTS, path="accounts_{date}.xlsx", format="excel", provides=["customers"]
                ),
                "orders": {**orders, "path": "orders_{date}.parquet", "optional": True},
                "reviews": described(
                    REVIEWS, path="reviews_{date}.jsonl", format="jsonl", provides=["feedback"]
                ),
            },
        },
        "helpdesk": {
            "kind": "sql",
            "url": "${HELPDESK_URL}",
            "tables": {"tickets": described(TICKETS, provides=["tickets"])},
        },
    }
    for source in ("crm", "shop"):
        for table in content["sources"][source]["tables"].values():
            table["optional"] = True
    path = folder / "mangled.yml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path


# A value larger than a block of DuckDB's file. A few of them in a file show what a hundred would,
# which take two thirds of the test's time.
HUGE = "huge value"
MOST_HUGE = 3

# What may happen to a line on its way, mostly nothing.
LINE_FAULTS: dict[str, Callable[[bytes, random.Random], bytes]] = {
    "none": lambda line, _: line,
    "cut quote": lambda line, dice: swapped(line, dice, b'"'),
    "opening quote": lambda line, _: b'"' + line,
    "extra delimiter": lambda line, dice: swapped(line, dice, b";"),
    "lost delimiter": lambda line, _: line.replace(b";", b"", 1),
    "control character": lambda line, dice: swapped(line, dice, b"\x07"),
    "zero": lambda line, dice: swapped(line, dice, b"\0"),
    "invalid bytes": lambda line, dice: swapped(line, dice, b"\xff\xfe"),
    HUGE: lambda line, dice: swapped(line, dice, b"h" * 300_000),
    "carriage return": lambda line, _: line[:-1] + b"\r\n",
    "lone carriage return": lambda line, _: line[:-1] + b"\r",
    "line break within": lambda line, dice: swapped(line, dice, b"\n"),
    "blank line": lambda line, _: b"\n" + line,
    "trailing delimiter": lambda line, _: line[:-1] + b";\n",
}


@st.composite
def deliveries(draw: st.DrawFn) -> tuple[str, str, list[str], random.Random]:
    """A table, what is wrong with its file, and what is wrong with each of its rows.

    Rows are diced by a seed: hypothesis gives up examples of some hundred draws, and what is left
    of them are the plainest.
    """
    table = draw(st.sampled_from(["customers", "touches", "accounts", "reviews", "orders"]))
    fault = draw(st.sampled_from(FILE_FAULTS))
    faults = draw(st.lists(st.sampled_from(list(LINE_FAULTS)), min_size=1, max_size=6))
    share = draw(st.floats(0, 0.5))
    dice = random.Random(draw(st.integers(0, 2**32)))
    lines = [dice.choice(faults) if dice.random() < share else "none" for _ in range(250)]
    huge = [number for number, line in enumerate(lines) if line == HUGE]
    for number in huge[MOST_HUGE:]:
        lines[number] = "none"
    return table, fault, lines, dice


@dataclass
class Company:
    """A deployment to which mangled files are delivered, one a day."""

    deployment: Deployment
    rows: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    days: int = 0

    @property
    def home(self) -> Home:
        return self.deployment.home

    @cached_property
    def sources(self) -> dict[str, Source]:
        """The configured sources, read once for all days."""
        return load_config(self.deployment.config).sources

    @property
    def day(self) -> date:
        return FIRST + timedelta(days=self.days)

    def mark(self) -> str:
        self.rows += 1
        return f"m{self.rows:06d}z"

    def deliver(self, table: str, fault: str, lines: Sequence[str], dice: random.Random) -> None:
        """Deliver a file, load it or see it refused, and find each of its rows again."""
        self.days += 1
        source = "crm" if table in ("customers", "touches") else "shop"
        write = {
            "customers": self.csv_file, "touches": self.csv_file, "accounts": self.workbook,
            "reviews": self.json_lines, "orders": self.parquet,
        }[table]  # fmt: skip
        mangler = Mangler(dice)
        expected: Counter[str] = Counter()
        for _ in range(2 if fault == "changed later" else 1):
            content, name = write(table, fault, lines, mangler)
            path = self.home.landing / source / name
            path.write_bytes(content)
            if not self.extract(source):
                path.unlink()
                self.refused[f"{table}: {fault}"] += 1
                return
            expected += marks(content, name)
        assert self.found(source, table, name) == expected, (table, fault)

    def extract(self, source: str) -> bool:
        """True if the source could be read; only a SourceError means that it was not."""
        config = self.sources[source]
        assert isinstance(config, FilesSource)
        with Warehouse(self.home.warehouse).connect() as con:
            try:
                extract_files(con, open_source(source, config), self.home, self.day)
            except SourceError as error:
                message = str(error)
            else:
                return True
        assert not MARK.search(message)
        return False

    def found(self, source: str, table: str, file: str) -> Counter[str]:
        """The marks in raw and among the rows that cannot be read."""
        with duckdb.connect(str(self.home.warehouse), read_only=True) as con:
            rows = con.execute(
                f"""
                with texts as (
                    select concat_ws(chr(10), *columns(*)) as text
                    from raw_{source}.{table} where _file = $file
                    union all
                    select content from ops.unreadable_rows
                    semi join (select load_id from ops.load_ledger where path = $file)
                        using (load_id)
                ),

                found as (
                    select unnest(regexp_extract_all(text, '{MARK.pattern}')) as mark from texts
                )

                select mark, count(*) from found group by mark
                """,
                {"file": file},
            ).fetchall()
        return Counter(dict(rows))

    def csv_file(
        self, table: str, fault: str, lines: Sequence[str], mangler: Mangler
    ) -> tuple[bytes, str]:
        columns = list(CUSTOMERS if table == "customers" else TOUCHES)
        header = list(columns)
        if fault == "reordered":
            mangler.dice.shuffle(header)
        if fault == "added":
            header.append("added")
        body = b""
        for line in lines:
            row = {"added": "new"} | mangler.row(columns, self.mark())
            text = csv_line([row[name] for name in header])
            body += LINE_FAULTS[line](text, mangler.dice)
        if fault == "renamed":
            header[-1] = "renamed"
        content = csv_line(header) + body
        content = in_bytes(content, fault, mangler.dice)
        name = f"{table}_{self.day}.csv"
        if table == "touches":
            content, name = zipped(content), f"{name}.zip"
        elif self.days % 3 == 0:
            content, name = gzip.compress(content), f"{name}.gz"
        if fault == "packed and cut":
            content = content[: mangler.dice.randrange(len(content))]
        return content, name

    def json_lines(
        self, table: str, fault: str, lines: Sequence[str], mangler: Mangler
    ) -> tuple[bytes, str]:
        body = b""
        for line in lines:
            row = mangler.row(REVIEWS, self.mark())
            if fault == "added":
                row["added"] = {"nested": [1, None]}
            if mangler.dice.random() < 0.2:
                row["rating"] = mangler.dice.choice([4, 4.5, None, [1], {"a": 1}, True, 10**30])
            if mangler.dice.random() < 0.1:
                del row["order_no"]
            text = json.dumps(row, ensure_ascii=mangler.dice.random() < 0.5).encode() + b"\n"
            body += LINE_FAULTS[line](text, mangler.dice)
        if fault == "renamed":
            body = body.replace(b'"rating"', b'"stars"')
        if fault == "utf-16":
            fault = "none"
        return in_bytes(body, fault, mangler.dice), f"{table}_{self.day}.jsonl"

    def workbook(
        self, table: str, fault: str, lines: Sequence[str], mangler: Mangler
    ) -> tuple[bytes, str]:
        header = list(ACCOUNTS)
        if fault == "reordered":
            mangler.dice.shuffle(header)
        if fault == "renamed":
            header[0] = "renamed"
        workbook = Workbook()
        workbook.active.append(header)
        for line in lines:
            row = {"renamed": "x"} | mangler.row(ACCOUNTS, self.mark())
            row["email"] = mangler.dice.choice([1, 0.1, True, None, datetime(2026, 1, 1), "等"])  # noqa: DTZ001
            cells = [None if row[name] == "\x1f" else row[name] for name in header]
            if line == "extra delimiter":
                cells.append("more")
            if line == "blank line":
                workbook.active.append([])
            workbook.active.append(cells)
        target = io.BytesIO()
        workbook.save(target)
        content = target.getvalue()
        if fault in ("cut", "packed and cut"):
            content = content[: mangler.dice.randrange(len(content))]
        return content, f"{table}_{self.day}.xlsx"

    def parquet(
        self, table: str, fault: str, lines: Sequence[str], mangler: Mangler
    ) -> tuple[bytes, str]:
        path = self.home.root / "orders.parquet"
        amount = "'n/a'" if fault == "renamed" else "20 + i % 7"
        missing = "exclude (coupon_code)" if fault == "cut" else ""
        with duckdb.connect() as con:
            con.execute(
                f"""
                copy (
                    select * {missing} from (select
                        case when i % 23 > 0 then 'o' || hash(i, {self.days}) % 300 end as order_no,
                        'k' || i % 50 as account_no,
                        case when i % 31 > 0 then timestamp '2025-12-01' end as ordered_at,
                        ['completed', 'refunded', 'open', 'lost', null][1 + i % 5] as status,
                        ['EUR', 'EUR', 'USD'][1 + i % 3] as currency,
                        {amount} as gross_amount, 0 as discount_amount, {amount} as net_amount,
                        null::varchar as coupon_code,
                        format('m{{:06d}}z', {self.rows} + i) as sales_channel,
                        null::timestamp as cancelled_at, null::timestamp as refunded_at,
                        0::decimal(9, 2) as refunded_amount
                    from range(1, {len(lines)} + 1) as rows (i))
                ) to '{path}' (format parquet)
                """
            )
        self.rows += len(lines)
        content = path.read_bytes()
        path.unlink()
        if fault == "packed and cut":
            content = content[: mangler.dice.randrange(len(content))]
        return content, f"{table}_{self.day}.parquet"


def land_tickets(company: Company, dice: random.Random, rows: int) -> None:
    """Read mangled rows of a live table, day by day, and hold raw to what was read last."""
    config = company.sources["helpdesk"]
    assert isinstance(config, SqlSource)
    mangler = Mangler(dice)
    columns = dict.fromkeys(TICKETS, "VARCHAR")
    latest: dict[str, tuple[Any, ...]] = {}
    read = 0
    with Warehouse(company.home.warehouse).connect() as con:
        for day in range(1, 21):
            at = Landing(
                "helpdesk",
                "tickets",
                config.tables["tickets"],
                FIRST + timedelta(days=day),
                datetime.now(UTC),
            )
            given = [
                tuple(value or None for value in mangler.row(TICKETS, company.mark()).values())
                for _ in range(rows // 20)
            ]
            # Some come again as they were.
            given += dice.sample(list(latest.values()), min(len(latest), 50))
            read += len(given)
            values = [pa.array(column, pa.string()) for column in zip(*given, strict=True)]
            con.register("given", pa.table(values, names=list(columns)))
            con.execute("create or replace temp table fetched as from given")
            con.begin()
            mutable_table.prepare(con, at, columns, "fetched")
            mutable_table.land(con, at, "fetched", columns, has_repeats=True)
            con.commit()
            latest |= {row[0]: row for row in given if row[0] is not None}
        there = con.execute(
            f"""
            select {", ".join(columns)} from raw_helpdesk.tickets where ticket_id is not null
            qualify row_number() over (partition by ticket_id order by _load_id desc, _row desc) = 1
            """
        ).fetchall()
    assert read >= rows
    assert {row[0]: row for row in there} == latest
