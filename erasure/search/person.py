"""Person: the source records, ids, addresses, numbers, names and texts of the customers to erase.

The records are those of the customers today. An id of an earlier day, of a record that was merged
since, leads to the same customer.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import duckdb

from erasure.errors import ErasureError, NobodyError
from erasure.keys import addresses, mailbox
from erasure.search.queries import column, count, rows_of
from ml.texts.complaints import example_phrase
from warehouse.identity.phone_numbers import e164

# Column that names a row of an entity, in that entity's rows and in those that refer to it.
REFERENCES: Mapping[str, str] = {
    "source_customer_id": "customers",
    "source_order_id": "orders",
    "source_ticket_id": "tickets",
    "source_refund_id": "refunds",
    "source_feedback_id": "feedback",
    "source_subscription_id": "subscriptions",
    "source_touch_id": "touches",
    "source_consent_id": "consents",
    "source_suppression_id": "suppressions",
}
_LEAST_NAME = 6
_LEAST_TEXT = 12
_FOREVER = "date '9999-12-31'"


@dataclass(frozen=True)
class Person:
    """Everything by which rows and texts of a person are found.

    Attributes:
        customer_ids: ids of the customer on any day.
        entities: (entity, source, id) of the person's records, orders, tickets and other rows.
        addresses: e-mail addresses in lower case that no remaining customer has.
        phones: (number as delivered, country) that no remaining customer has.
        full_names: names as delivered.
        distinct_names: those among them that no remaining customer has.
        texts: what the person wrote and nobody else did.
        decision_ids: decisions that were handed over to a receiver, as (destination, id).
        shared_keys: number of addresses and numbers that a remaining customer has too.
        known_since: day on which the first record was known; None for the initial history.
    """

    customer_ids: list[str]
    entities: list[tuple[str, str, str]]
    addresses: list[str]
    phones: list[tuple[str, str]]
    full_names: list[str]
    distinct_names: list[str]
    texts: list[str]
    decision_ids: list[tuple[str, str]] = field(default_factory=list)
    shared_keys: int = 0
    known_since: date | None = None

    @property
    def phrases(self) -> list[str]:
        """The texts as examples of complaints quote them, with and without the name masked."""
        found = {
            example_phrase(text, names) for text in self.texts for names in ((), self.full_names)
        }
        return sorted(phrase for phrase in found if len(phrase) >= _LEAST_TEXT)

    @property
    def needles(self) -> list[str]:
        """Texts that identify the person wherever they stand, longest first."""
        numbers = [phone for phone, _ in self.phones if sum(map(str.isdigit, phone)) > _LEAST_NAME]
        found = {*self.addresses, *numbers, *self.distinct_names, *self.customer_ids}
        found |= {*self.texts, *self.phrases}
        return sorted(found, key=lambda needle: (-len(needle), needle))


def find_person(
    con: duckdb.DuckDBPyConnection,
    customer_ids: Sequence[str],
    emails: Sequence[str],
    default_country: str,
) -> Person | None:
    """The person with these customer ids or addresses; None if none is given.

    An address that no record has may still be in rejected rows and in waiting files. Writes the
    temporary table `erased_entities`.

    Args:
        con: the working warehouse after a run.
        customer_ids: ids of any day.
        emails: addresses in any spelling.
        default_country: country of numbers that are delivered without one.

    Raises:
        NobodyError: no customer has an id.
        ErasureError: an address belongs to several customers, or no run has built the warehouse.
    """
    if not count(
        con, "select count(*) from duckdb_tables() where table_name = 'int_identity_history'"
    ):
        raise ErasureError("no run has built the warehouse yet: holdfast run")
    records = _records(con, customer_ids, emails)
    create_entities(con, [("customers", source, value) for source, value in records])
    if not records:
        found = sorted({address for email in emails for address in addresses(email)})
        return Person([], [], found, [], [], [], []) if found else None
    _add_entities(con)
    contacts = _contacts(con, default_country)
    known = con.execute(
        """
        select min(known_from) from intermediate.int_customer_records
        where (source, source_customer_id) in (select (source, id) from temp.erased_records)
        """
    ).fetchone()
    since = known[0] if known and known[0] is not None and known[0].year > 1 else None
    ids = column(
        con,
        """
        select distinct own_customer_id from intermediate.int_identity_history
        where (source, source_customer_id) in (select (source, id) from temp.erased_records)
        order by 1
        """,
    )
    return Person(
        customer_ids=ids,
        entities=rows_of(con, "from temp.erased_entities order by all"),
        texts=_texts(con),
        decision_ids=rows_of(
            con,
            "select distinct destination, decision_id from ops.handed_over"
            " where list_contains($ids, customer_id) order by all",
            ids=ids,
        ),
        known_since=since,
        addresses=contacts.addresses,
        phones=contacts.phones,
        full_names=contacts.full_names,
        distinct_names=contacts.distinct_names,
        shared_keys=contacts.shared_keys,
    )


def create_entities(
    con: duckdb.DuckDBPyConnection, entities: Sequence[tuple[str, str, str]]
) -> None:
    """Create the temporary table `erased_entities`, and `erased_records`, a view of it."""
    con.execute(
        "create or replace temp table erased_entities (entity varchar, source varchar, id varchar)"
    )
    if entities:
        con.executemany("insert into temp.erased_entities values (?, ?, ?)", entities)
    con.execute(
        "create or replace temp view erased_records as"
        " select source, id from temp.erased_entities where entity = 'customers'"
    )


def _records(
    con: duckdb.DuckDBPyConnection, customer_ids: Sequence[str], emails: Sequence[str]
) -> list[tuple[str, str]]:
    """The records of today's customers with one of the ids or addresses."""
    found: set[str] = set()
    for customer_id in customer_ids:
        current = _current(con, "list_contains($ids, own_customer_id)", ids=[customer_id])
        if not current:
            raise NobodyError(f"no customer has the id {customer_id}: check its spelling")
        found |= set(current)
    for email in emails:
        boxes = sorted({mailbox(address) for address in addresses(email)})
        owners = _current(
            con,
            """
            (source, source_customer_id) in (
                select (source, source_customer_id) from intermediate.int_identity_keys
                where key_type = 'email' and list_contains($boxes, key_value)
            )
            """,
            boxes=boxes,
        )
        if len(owners) > 1 and not set(owners) & found:
            raise ErasureError(
                f"the address belongs to {len(owners)} customers: name those that are meant, with"
                f" --customer {' --customer '.join(sorted(owners))}"
            )
        if len(owners) == 1:
            found |= set(owners)
    return rows_of(
        con,
        f"""
        select distinct source, source_customer_id from intermediate.int_identity_history
        where valid_to = {_FOREVER} and list_contains($found, customer_id)
        order by all
        """,
        found=sorted(found),
    )


def _current(con: duckdb.DuckDBPyConnection, condition: str, **given: list[str]) -> list[str]:
    """Today's customers of the records that meet a condition."""
    return column(
        con,
        f"""
        select distinct customer_id from intermediate.int_identity_history
        where valid_to = {_FOREVER} and {condition}
        """,
        **given,
    )


def _add_entities(con: duckdb.DuckDBPyConnection) -> None:
    """Add the ids of the person's orders, tickets and other rows.

    An id that a row of another customer has too, as an order that changed hands, is not the
    person's.
    """
    for name, entity in REFERENCES.items():
        if entity == "customers":
            continue
        con.execute(
            f"""
            insert into temp.erased_entities
            select '{entity}', source, {name} from intermediate.int_{entity}_versions
            where {name} is not null and source_customer_id is not null
            group by source, {name}
            having bool_and(
                (source, source_customer_id) in (select (source, id) from temp.erased_records)
            )
            """
        )


@dataclass(frozen=True)
class _Contacts:
    """Addresses, numbers and names of a person, as `Person` has them."""

    addresses: list[str]
    phones: list[tuple[str, str]]
    full_names: list[str]
    distinct_names: list[str]
    shared_keys: int


def _contacts(con: duckdb.DuckDBPyConnection, default_country: str) -> _Contacts:
    """Contacts of the records, and which of them no remaining customer has.

    An address or a number that identity takes for no key, such as deleted@site.invalid, or that it
    trusts with the same name only, such as info@, may be of anybody, and counts as shared.
    """
    contacts = """
        select
            email, phone, coalesce(country, $country) as country, full_name,
            (source, source_customer_id) in (select (source, id) from temp.erased_records) as is_own
        from intermediate.int_customers_versions
        where source_customer_id is not null  -- rejected, and of no record
    """
    given = {"country": default_country}
    rows = rows_of(con, f"select distinct * from ({contacts}) order by all", **given)
    own = [row for row in rows if row[-1]]
    others = [row for row in rows if not row[-1]]
    keys = _keys(con)
    boxes = {mailbox(each) for row in others for each in addresses(row[0] or "")}
    numbers = {_last_digits(row[1]) for row in others if row[1]}
    names = {_plain(row[3]) for row in others if row[3]}
    found = {each for row in own for each in addresses(row[0] or "")}
    phones = {(row[1], row[2]) for row in own if row[1] and row[1].strip()}
    own_names = {row[3].strip() for row in own if row[3] and row[3].strip()}
    own_addresses = sorted(
        each for each in found if mailbox(each) not in boxes and keys.has("email", mailbox(each))
    )
    own_phones = sorted(
        (phone, country)
        for phone, country in phones
        if _last_digits(phone) not in numbers and keys.has("phone", e164(phone, country))
    )
    return _Contacts(
        own_addresses,
        own_phones,
        sorted(own_names),
        sorted(
            name for name in own_names if len(name) >= _LEAST_NAME and _plain(name) not in names
        ),
        len(found) - len(own_addresses) + len(phones) - len(own_phones),
    )


@dataclass(frozen=True)
class _Keys:
    """Keys of the person in identity: (type, value); a value may be a hash."""

    values: set[tuple[str, str]]

    def has(self, key_type: str, value: str | None) -> bool:
        """True if the value is a key, also one of a record that its source has erased.

        Its hash is that of the macro `erased_key`.
        """
        if value is None:
            return False
        hashed = hashlib.md5(f"{key_type}:{value}".encode(), usedforsecurity=False).hexdigest()
        return bool({(key_type, value), (key_type, f"erased:{hashed}")} & self.values)


def _keys(con: duckdb.DuckDBPyConnection) -> _Keys:
    """Addresses and numbers of the records by which identity links without a name."""
    return _Keys(
        set(
            rows_of(
                con,
                """
                select key_type, key_value from intermediate.int_identity_keys
                where
                    key_type in ('email', 'phone') and not needs_confirmation
                    and (source, source_customer_id) in (
                        select (source, id) from temp.erased_records
                    )
                """,
            )
        )
    )


def _plain(name: str) -> str:
    return " ".join(name.split()).casefold()


def _last_digits(phone: str) -> str:
    """The last digits of a number, which its spellings within and from outside a country share."""
    return "".join(filter(str.isdigit, phone))[-8:]


def _texts(con: duckdb.DuckDBPyConnection) -> list[str]:
    return column(
        con,
        """
        select trim(text) from intermediate.int_feedback_versions
        where text is not null and length(trim(text)) >= $least
        group by trim(text)
        having bool_and(
            ('feedback', source, source_feedback_id) in (from temp.erased_entities)
            or (source, source_customer_id) in (select (source, id) from temp.erased_records)
            or (
                source_customer_id is null
                and (
                    ('tickets', source, source_ticket_id) in (from temp.erased_entities)
                    or ('orders', source, source_order_id) in (from temp.erased_entities)
                )
            )
        )
        order by 1
        """,
        least=_LEAST_TEXT,
    )
