{#-
    The largest table: only the time is converted, which comes in UTC. The shop's event types are
    the canonical ones.
-#}
with

source as (
    select * from {{ source('shop', 'events') }}
),

renamed as (
    select
        _load_id,
        _row,
        'shop' as source,
        event_id as source_event_id,
        account_no as source_customer_id,
        {{ to_local('occurred_at') }} as occurred_at,
        event_type,
        product_id,
        value
    from source
),

final as (
    select * from renamed
)

select * from final
