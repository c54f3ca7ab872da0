{#-
    One order per invoice, of its accepted lines: an invoice of postage alone is no order. A credit
    note is an order in which nothing was bought: net amount 0, and the refunded amount. Prices are
    after discount, so that discount_amount is unknown and left out.
-#}
with

source as (
    select * from {{ ref('base_online_retail__invoice_lines') }}
    where _reject_reason is null
),

invoices as (
    select
        _load_id,
        invoice_no,
        min(_row) as _row,
        min(source_customer_id) as source_customer_id,
        -- 41 invoices were typed over up to nine minutes; the first line dates the order.
        min(invoiced_at) as invoiced_at,
        bool_or(is_credit_note) as is_credit_note,
        try_cast(sum(units * unit_price) as decimal(18, 2)) as amount
    from source
    group by all
),

renamed as (
    select
        _load_id,
        _row,
        'online_retail' as source,
        invoice_no as source_order_id,
        source_customer_id,
        invoiced_at as ordered_at,
        case when is_credit_note then 'refunded' else 'completed' end as status,
        '{{ var("currency") }}' as currency,
        case when is_credit_note then 0 else amount end as gross_amount,
        case when is_credit_note then 0 else amount end as net_amount,
        case when is_credit_note then invoiced_at end as refunded_at,
        case when is_credit_note then -amount end as refunded_amount
    from invoices
),

final as (
    select * from renamed
)

select * from final
