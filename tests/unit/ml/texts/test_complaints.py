from __future__ import annotations

from datetime import date

import pyarrow as pa

from ml.texts.complaints import LEAST_CUSTOMERS, complaint_examples, complaint_terms, terms_in

MAY, JUNE = date(2026, 5, 1), date(2026, 6, 1)


def texts(rows: list[tuple[date, str | None, int, str, list[str] | None, float]]) -> pa.Table:
    names = ("month", "topic", "customer_no", "text", "names", "sentiment")
    return pa.Table.from_pylist(
        [dict(zip(names, row, strict=True)) | {"is_negative": row[-1] < -0.25} for row in rows],
        schema=pa.schema(
            [
                ("month", pa.date32()),
                ("topic", pa.string()),
                ("customer_no", pa.int32()),
                ("text", pa.string()),
                ("names", pa.list_(pa.string())),
                ("sentiment", pa.float64()),
                ("is_negative", pa.bool_()),
            ]
        ),
    )


def written() -> pa.Table:
    late = [
        (JUNE, "delivery", customer, "the parcel is very late, 包裹晚了", None, -0.8)
        for customer in range(6)
    ]
    broken = [(JUNE, None, 20 + customer, "the lid is broken", None, -0.6) for customer in range(5)]
    kind = [
        (JUNE, "delivery", 40 + customer, "the thing is fine", None, 0.9) for customer in range(9)
    ]
    one = [(JUNE, "delivery", 1, "my name is Ottilie", ["Ottilie Roth"], -0.9)] * 9
    return texts([*late, *broken, *kind, *one, (MAY, "delivery", 1, "late", None, -0.7)])


def test_the_terms_of_a_topic_are_those_that_set_it_apart() -> None:
    found = complaint_terms(written()).to_pylist()
    delivery = [row["term"] for row in found if row["topic"] == "delivery"]
    unknown = [row["term"] for row in found if row["topic"] is None]

    assert any("late" in term for term in delivery)
    assert any("晚了" in term for term in delivery)
    assert any("broken" in term for term in unknown)
    assert "the" not in delivery + unknown


def test_terms_of_fewer_than_five_customers_are_left_out() -> None:
    found = complaint_terms(written()).to_pylist()

    assert {row["month"] for row in found} == {JUNE}
    assert min(row["customers"] for row in found) >= LEAST_CUSTOMERS
    assert not any("ottilie" in row["term"] for row in found)


def test_examples_are_the_most_negative_texts_without_their_writer() -> None:
    rows = complaint_examples(written()).to_pylist()
    delivery = [row["phrase"] for row in rows if (row["month"], row["topic"]) == (JUNE, "delivery")]

    assert delivery == ["my name is [name]", "the parcel is very late, 包裹晚了"]


def test_words_and_pairs_end_where_a_clause_ends() -> None:
    assert terms_in("Late parcel. Nobody") == {"late", "parcel", "nobody", "late parcel"}
    assert terms_in("太差了") == {"太差", "差了", "太差了"}
    assert terms_in("[name] late") == {"late"}


def test_no_texts_have_no_terms() -> None:
    assert len(complaint_terms(texts([]))) == len(complaint_examples(texts([]))) == 0
