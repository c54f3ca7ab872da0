{#- A charge is an attempt: only one that was paid and captured is a payment. -#}
with

source as (
    select * from {{ source('stripe', 'charges') }}
),

parsed as (
    select
        *,
        {{ read_timestamp('created') }} as ordered_at,
        {{ from_minor_units("coalesce(nullif(amount_captured, ''), amount)", 'currency') }}
            as net_amount
    from source
),

renamed as (
    select
        _load_id,
        _row,
        coalesce(
            {{ first_failed([
                ('created', 'ordered_at', 'created'),
                ('amount', 'net_amount', 'amount'),
            ]) }},
            case
                when lower(status) = 'failed' then 'failed attempt to charge'
                when lower(captured) = 'false' then 'authorisation that was not captured'
            end
        ) as _reject_reason,
        'stripe' as source,
        {{ read_id('id') }} as source_order_id,
        {{ read_id('customer') }} as source_customer_id,
        ordered_at,
        case lower(status) when 'succeeded' then 'completed' when 'pending' then 'open' end
            as status,
        upper(currency) as currency,
        net_amount,
        'money' as payment_kind
    from parsed
),

final as (
    select * from renamed
)

select * from final
