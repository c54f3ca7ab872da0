"""A shop with the troubles of real exports, connected by `holdfast connect` and run once.

The project is copied, as a user's clone is, because the drafts are added to it. Each question of
`connect` is answered by keeping the draft; the time zone is set.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from deployment.home import Home
from ingestion.connect.drafts.todo import MARKER
from tests.integration.deployments import QUICK_TRAINING, ROOT, Deployment
from tests.messy_shop import END, write

PARTS = (
    "alerts",
    "brief",
    "cli",
    "config",
    "dbt_project",
    "deployment",
    "erasure",
    "ingestion",
    "ml",
    "orchestration",
    "warehouse",
)
COMMAND = "import sys; from cli.commands import app; sys.argv[0] = 'holdfast'; app()"
# A question and the lines on which it goes on; the list of absent columns is no question.
QUESTION = re.compile(rf"^ *-- {re.escape(MARKER)}.*\n(?: *-- (?!Not in).*\n)*", re.MULTILINE)
STAGING = Path("dbt_project", "models", "staging", "messy")


@dataclass(frozen=True)
class Shop:
    """The shop after its run.

    Attributes:
        deployment: its home and configuration.
        questions: the open questions that `connect` wrote into its drafts, as one text.
        summary: what the run printed.
    """

    deployment: Deployment
    questions: str
    summary: str

    def customer(self, record: int) -> str:
        """The customer id of a source record."""
        [(customer_id,)] = self.deployment.query(
            "select customer_id from marts.customer_identities"
            f" where source_customer_id = '{record}'"
        )
        return str(customer_id)

    def facts(self, record: int, columns: str) -> tuple[object, ...]:
        """Columns of marts.dim_customers for the customer of a source record."""
        [row] = self.deployment.query(
            f"select {columns} from marts.dim_customers"
            f" where customer_id = '{self.customer(record)}'"
        )
        return row


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    root = tmp_path_factory.mktemp("messy")
    project = root / "project"
    for part in PARTS:
        ignored = shutil.ignore_patterns("__pycache__", "target", "logs")
        shutil.copytree(ROOT / part, project / part, ignore=ignored)
    write(root / "shop")
    environment = {
        **os.environ,
        "PYTHONPATH": str(project),
        "HOLDFAST_HOME": str(root / "home"),
        "HOLDFAST_CONFIG": str(project / "config" / "messy.yml"),
    }

    def holdfast(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", COMMAND, *arguments],
            env=environment,
            cwd=project,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    holdfast("connect", "messy", "--from", str(root / "shop"))
    questions = "\n".join(answer(path) for path in sorted((project / STAGING).glob("*.sql")))
    config = project / "config" / "messy.yml"
    text = re.sub(rf" *# {re.escape(MARKER)}.*", "", config.read_text(encoding="utf-8"))
    text = text.replace("time_zone: UTC", "time_zone: Europe/Berlin")
    text = re.sub("last_date: .*", f"last_date: {END:%Y-%m-%d}", text)
    config.write_text(f"{text}\ntraining: {QUICK_TRAINING}\n", encoding="utf-8")
    summary = holdfast("run")
    return Shop(Deployment(Home(root / "home"), config), questions, summary)


def answer(path: Path) -> str:
    """Keep a draft as it is: remove its questions, and return them."""
    text = path.read_text(encoding="utf-8")
    questions = re.findall(QUESTION, text)
    for question in questions:
        text = text.replace(question, "")
    path.write_text(text, encoding="utf-8")
    return "".join(questions)


def test_connect_asks_about_what_its_values_show(shop: Shop) -> None:
    for word in ("currencies", "gift card", "two digits", "no offset", "microseconds"):
        assert word in re.sub(r"\s*\n\s*--\s*", " ", shop.questions), word


def test_an_order_in_another_currency_is_a_purchase_of_unknown_amount(shop: Shop) -> None:
    last = "last_order_at::date, order_count, net_revenue"
    assert shop.facts(77, last) == (date(2026, 4, 18), 4, Decimal("82.00"))
    assert shop.facts(78, last) == (date(2026, 5, 19), 2, Decimal("50.00"))
    assert shop.deployment.query(
        "select net_amount, original_currency, original_amount::double from marts.fct_orders"
        " where order_id = 'messy:5003'"
    ) == [(None, "SEK", 455.0)]
    assert "2 orders count with an unknown amount (SEK 2)" in " ".join(shop.summary.split())


def test_refunds_reduce_what_was_kept_each_on_its_day(shop: Shop) -> None:
    assert shop.facts(90, "net_revenue, order_count") == (Decimal("120.00"), 2)
    assert shop.deployment.query(
        "select day, total from marts.daily_totals where metric = 'refunded_amount' and total > 0"
        " order by day"
    ) == [
        (date(2026, 3, 9), Decimal("180.00")),
        (date(2026, 4, 3), Decimal("50.00")),
        (date(2026, 4, 5), Decimal("60.00")),
        (date(2026, 4, 20), Decimal("30.00")),
    ]
    assert shop.deployment.query(
        "select refunded_amount from marts.fct_orders where order_id = 'messy:6002'"
    ) == [(Decimal("180.00"),)]


def test_no_order_gives_back_more_than_it_brought_in(shop: Shop) -> None:
    assert shop.facts(91, "net_revenue, order_count") == (Decimal("50.00"), 1)
    assert shop.deployment.query(
        "select refunded_amount, amount_issue from marts.fct_orders where order_id = 'messy:6004'"
    ) == [(Decimal("60.00"), "refunded beyond the order: 30.0000 EUR")]


def test_a_gift_card_counts_once_and_its_buyer_is_no_customer_yet(shop: Shop) -> None:
    facts = "order_count, net_revenue, lifecycle_stage"
    assert shop.facts(94, facts) == (0, Decimal("0.00"), "prospect")
    # An order without payment is no purchase.
    assert shop.facts(95, facts) == (1, Decimal("50.00"), "first_purchase")
    assert shop.deployment.query(
        "select count(*) from activation.customer_risk_daily"
        f" where customer_id = '{shop.customer(94)}'"
    ) == [(0,)]


def test_people_are_distinguished_by_what_contradicts_a_shared_key(shop: Shop) -> None:
    # Damaged phone numbers, a household with one phone, a mailbox of two people.
    for one, other in ((301, 302), (601, 602), (601, 605), (602, 605), (603, 604)):
        assert shop.customer(one) != shop.customer(other), (one, other)
    assert shop.customer(303) == shop.customer(305)
    assert shop.customer(606) == shop.customer(607)
    # A buyer who has a new id at each checkout.
    assert len({shop.customer(701 + number) for number in range(6)}) == 1
    assert shop.facts(701, "order_count, lifecycle_stage") == (6, "loyal")


def test_erased_people_stay_themselves(shop: Shop) -> None:
    assert shop.customer(201) != shop.customer(202)
    assert shop.facts(201, "order_count, has_email, has_phone") == (1, False, False)
    # The zero date costs the date and not the erasure.
    [(rejected, lost)] = shop.deployment.query(
        "select rejected, lost_fields from ops.data_quality_daily"
        f" where table_name = 'customers' and snapshot_date = '{END:%Y-%m-%d}'"
    )
    assert (rejected, lost) == (0, "created_at: 2")


def test_an_implausible_time_rejects_its_row_and_stops_nothing(shop: Shop) -> None:
    orders = shop.deployment.warehouse(
        "select source_order_id, _reject_reason from intermediate.int_orders_versions"
        " where source_order_id like 'bad-%' order by all"
    )
    assert [reason is None for _, reason in orders] == [False] * 6
    assert all(str(reason) for _, reason in orders)
    events = shop.deployment.warehouse(
        "select source_event_id, occurred_at from intermediate.int_events_checked"
        " where source_event_id in ('1', '2', '3') order by all"
    )
    assert shop.deployment.query(
        "select ordered_at::date from marts.fct_orders where order_id = 'messy:named-1'"
    ) == [(date(2026, 1, 3),)]
    assert {moment for _, moment in events} == {datetime(2026, 1, 1, 1)}  # noqa: DTZ001


def test_a_time_keeps_its_offset_and_is_local_without_one(shop: Shop) -> None:
    opened = shop.deployment.query(
        "select ticket_id, opened_at from marts.fct_tickets"
        " where ticket_id in ('messy:1', 'messy:2', 'messy:3', 'messy:4') order by 1"
    )
    assert [f"{moment:%H:%M}" for _, moment in opened if isinstance(moment, datetime)] == [
        "01:30",
        "02:30",
        "01:30",
        "01:30",
    ]
