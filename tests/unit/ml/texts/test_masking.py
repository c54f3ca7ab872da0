from __future__ import annotations

import pytest

from ml.texts.masking import masked


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Write to jo.doe+shop@mail.example.com, please", "Write to [address], please"),
        ("see https://a.example/o?id=1 now", "see [link] now"),
        ("call +49 (0)30 123-45 67", "call [number]"),
        ("card 4111 1111 1111 1111 was charged", "card [number] was charged"),
        ("order A-10293 and #20931", "order [number] and [number]"),
        ("我的电话是13812345678，谢谢", "我的电话是[number]，谢谢"),
        ("2 of 3 items in 10 days", "2 of 3 items in 10 days"),
        ("@acme nobody answers", "[name] nobody answers"),
    ],
)
def test_addresses_links_and_numbers_are_taken_out(text: str, expected: str) -> None:
    assert masked(text) == expected


def test_names_of_the_writer_are_taken_out_in_any_case_and_script() -> None:
    assert masked("Regards, ANNA Keller", ["Anna Keller"]) == "Regards, [name] [name]"
    assert masked("我是王小明，没收到货", ["王小明"]) == "我是[name]，没收到货"
    assert masked("Annabel and Al", ["Anna Al"]) == "Annabel and Al"


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("İNCİ", "inci"),
        ("ınci", "INCI"),
        ("STRAẞE", "straße"),
        ("Ἑλένη", "ἑλένη"),
        ("ſara", "Sara"),
    ],
)
def test_a_name_is_taken_out_in_every_case_that_is_the_same_letter(written: str, name: str) -> None:
    assert masked(f"Regards, {written}", [name]) == "Regards, [name]"
