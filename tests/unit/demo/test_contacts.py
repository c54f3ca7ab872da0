"""The dirt of contacts: every spelling is there, and no spelling makes two people one."""

from __future__ import annotations

import duckdb
import phonenumbers
import pytest


@pytest.fixture(scope="module")
def records(company):
    """person_id, source, e-mail and phone of every record."""
    with duckdb.connect() as connection:
        return connection.execute(
            f"""
            with contacts as (
                select 'crm' as source, customer_no as id, email, phone
                from read_csv(
                    '{company.landing}/crm/customers/*.csv', all_varchar = true, delim = ';'
                )
                union
                select 'shop', account_no, email, phone
                from read_csv('{company.landing}/shop/accounts/*.csv', all_varchar = true)
                union
                select 'helpdesk', id::varchar, email, phone
                from read_ndjson('{company.landing}/helpdesk/requesters/*.jsonl')
            )

            select distinct truth.person_id, contacts.source, contacts.email, contacts.phone
            from contacts
            inner join '{company.truth}/records.parquet' as truth
                on contacts.source = truth.source and contacts.id = truth.source_record_id
            """
        ).fetchall()


def test_every_phone_is_a_possible_number_of_its_country(records):
    phones = {phone for *_, phone in records if phone}

    assert len(phones) > 200
    for phone in phones:
        assert phonenumbers.is_possible_number(phonenumbers.parse(phone, "DE")), phone


def test_a_phone_belongs_to_one_person_but_for_the_shops_own(records):
    owners: dict[str, set[int]] = {}
    for person, _, _, phone in records:
        if phone:
            number = phonenumbers.format_number(
                phonenumbers.parse(phone, "DE"), phonenumbers.PhoneNumberFormat.E164
            )
            owners.setdefault(number, set()).add(person)

    shared = {number: len(people) for number, people in owners.items() if len(people) > 1}
    assert shared.pop("+49305550100") >= 20
    # One couple in a thousand people shares a phone.
    assert list(shared.values()) in ([], [2])


def test_phones_come_in_every_form(records):
    phones = [phone for *_, phone in records if phone]

    for start in ("+49 ", "0049", "0151 ", "0151/"):
        assert any(phone.startswith(start) for phone in phones), start


def test_the_test_address_is_shared_by_dozens(records):
    people = {person for person, _, email, _ in records if (email or "").lower() == "test@test.com"}

    assert len(people) >= 20


def test_addresses_come_with_tags_without_dots_and_in_capitals(records):
    addresses = [email for _, _, email, _ in records if email]

    assert any("+" in address for address in addresses)
    assert any(address.isupper() for address in addresses)
    assert any("." not in address.partition("@")[0] for address in addresses)
