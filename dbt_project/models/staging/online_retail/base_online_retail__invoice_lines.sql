{#-
    Invoice lines, each a sale, a return, or rejected with a reason. Orders, order lines and
    customers are all read from this model, so that the three accept the same lines.

    The window and every later grouping start with _load_id, so that DuckDB pushes a filter on
    _load_id down to the scan. Otherwise each new file would cost a scan of all files.
-#}
with

source as (
    select * from {{ source('online_retail', 'invoice_lines') }}
),

renamed as (
    select
        _load_id,
        _row,
        invoice,
        stockcode,
        quantity,
        invoicedate,
        price,
        "Customer ID",
        nullif(upper(trim(invoice)), '') as invoice_no,
        nullif(upper(trim(stockcode)), '') as product_id,
        nullif(trim(description), '') as product_name,
        {{ read_amount('quantity') }} as units,
        {{ read_timestamp('invoicedate', zone=var('time_zone')) }} as invoiced_at,
        {{ read_amount('price', scale=4) }} as unit_price,
        -- The numbers are those of a spreadsheet: 13085.0 is customer 13085.
        {{ read_id('"Customer ID"') }} as source_customer_id,
        nullif(trim(country), '') as country_name,
        starts_with(upper(trim(invoice)), 'C') as is_credit_note,
        -- The export has no line number; only all eight columns tell two lines from each other.
        md5(
            concat_ws(
                '|', description, quantity, invoicedate, price, "Customer ID", country
            )
        ) as content_hash,
        min(_row) over (
            partition by
                _load_id, invoice, stockcode, description, quantity, invoicedate, price,
                "Customer ID", country
        ) as first_row
    from source
),

judged as (
    select
        *,
        {{ first_failed([
            ('quantity', 'units', 'Quantity'),
            ('invoicedate', 'invoiced_at', 'InvoiceDate'),
            ('price', 'unit_price', 'Price'),
            ('"Customer ID"', 'source_customer_id', 'Customer ID'),
        ]) }} as unreadable,
        case
            when invoice_no is null then 'missing Invoice'
            when product_id is null then 'missing StockCode'
            when invoiced_at is null then 'missing InvoiceDate'
            when units is null then 'missing Quantity'
            when unit_price is null then 'missing Price'
            -- A506401 and similar write off bad debt: tens of thousands, no goods, no customer.
            when not regexp_matches(invoice_no, '^C?[0-9]+$') then 'not an invoice: ' || invoice_no
            -- Product codes are five digits and at most two letters, except for three families of
            -- goods. Other codes are postage (POST, DOT, C2), discounts (D), manual corrections (M,
            -- ADJUST), fees (BANK CHARGES, AMAZONFEE), samples (S), tests (TEST001) or gift
            -- vouchers, whose money would count twice: when sold and when they buy goods.
            when
                not regexp_matches(product_id, '^([0-9]{5}[A-Z]{0,2}|DCGS[0-9A-Z]+|SP[0-9]+|PADS)$')
                then 'not a product: ' || product_id
            when units <= 0 and not is_credit_note then 'stock adjustment: quantity ' || quantity
            when units >= 0 and is_credit_note then 'not a return: quantity ' || quantity
            when unit_price <= 0 then 'not paid for: price ' || price
        end as not_a_sale
    from renamed
),

final as (
    select
        _load_id,
        _row,
        case
            when _row != first_row then 'repeats line ' || first_row
            else coalesce(unreadable, not_a_sale)
        end as _reject_reason,
        invoice_no || '-' || product_id || '-' || left(content_hash, 8) as line_id,
        invoice_no,
        product_id,
        product_name,
        units,
        unit_price,
        invoiced_at,
        is_credit_note,
        source_customer_id,
        country_name
    from judged
)

select * from final
