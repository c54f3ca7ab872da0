from __future__ import annotations

import pytest

from ingestion.connect.profiling.names import (
    column_points,
    order_statuses,
    singular,
    table_points,
)


@pytest.mark.parametrize(
    ("entity", "field", "column"),
    [
        ("customers", "email", "E-Mail-Adresse"),
        ("orders", "ordered_at", "Bestelldatum"),
        ("orders", "ordered_at", "fecha_pedido"),
        ("orders", "net_amount", "valor_total"),
        ("orders", "status", "statut"),
        ("orders", "source_customer_id", "客户编号"),
        ("orders", "source_order_id", "dingdan_hao"),
        ("order_lines", "quantity", "Menge"),
        ("feedback", "text", "Commentaire"),
    ],
)
def test_the_catalogue_knows_the_languages_of_shops(entity: str, field: str, column: str) -> None:
    assert column_points(entity, field, column, "tabelle")[0] >= 3


def test_the_last_word_names_a_table() -> None:
    assert table_points("feedback", "order_reviews")[0] > table_points("orders", "order_reviews")[0]
    assert table_points("order_lines", "order_items")[0] == 4
    assert table_points("customers", "products")[0] == 0


def test_an_order_s_own_id_is_preferred_to_any_other_id() -> None:
    own = column_points("orders", "source_order_id", "order_id", "orders")[0]
    assert own > column_points("feedback", "source_feedback_id", "order_id", "orders")[0]


def test_statuses_are_known_in_several_languages() -> None:
    statuses = order_statuses()
    assert [statuses[word] for word in ("bezahlt", "cancelado", "remboursee", "待发货")] == [
        "completed", "cancelled", "refunded", "open",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("plural", "word"), [("orders", "order"), ("categories", "category"), ("boxes", "box"),
                         ("address", "address"), ("bus", "bus")],
)  # fmt: skip
def test_plurals_lose_their_s(plural: str, word: str) -> None:
    assert singular(plural) == word
