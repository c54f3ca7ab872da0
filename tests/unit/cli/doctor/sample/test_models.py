from __future__ import annotations

from cli.doctor.sample.models import raw_names


def test_the_source_s_column_is_read_from_the_model_s_text() -> None:
    text = '''
        {{ read_timestamp('source."Paid at"', zone=var('time_zone')) }} as ordered_at,
        {{ read_id('customer_id') }} as source_customer_id_read,
        source_customer_id_read as source_customer_id,
        order_no as source_order_id,
        "Total ""net""" as net_amount,
        {{ read_amount('a') }} + {{ read_amount('b') }} as gross_amount
    '''
    found = raw_names(text)
    assert {name: found[name] for name in ("ordered_at", "source_customer_id")} == {
        "ordered_at": "Paid at",
        "source_customer_id": "customer_id",
    }
    assert found["source_order_id"] == "order_no"
    assert found["net_amount"] == 'Total "net"'
