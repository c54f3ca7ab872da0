with

source as (
    select * from {{ source('stripe', 'refunds') }}
),

parsed as (
    select
        *,
        {{ read_timestamp('created') }} as refunded_at,
        {{ from_minor_units('amount', 'currency') }} as refunded
    from source
),

renamed as (
    select
        _load_id,
        _row,
        coalesce(
            {{ first_failed([
                ('created', 'refunded_at', 'created'),
                ('amount', 'refunded', 'amount'),
            ]) }},
            case
                when lower(status) in ('failed', 'canceled', 'requires_action')
                    then 'not paid back: ' || status
            end
        ) as _reject_reason,
        'stripe' as source,
        {{ read_id('id') }} as source_refund_id,
        {{ read_id('charge') }} as source_order_id,
        refunded_at,
        refunded as amount,
        upper(currency) as currency
    from parsed
),

final as (
    select * from renamed
)

select * from final
