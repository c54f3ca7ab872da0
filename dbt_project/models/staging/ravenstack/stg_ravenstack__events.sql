{#-
    Usage is recorded by subscription; the account is looked up, whether or not the subscription
    ran on that day (on most days it did not). Each row is one event; error_count is not read.
-#}
with

source as (
    select * from {{ source('ravenstack', 'feature_usage') }}
),

subscriptions as (
    select * from {{ source('ravenstack', 'subscriptions') }}
),

-- One account per subscription, from its latest delivery: a redelivered subscription must not
-- double its usage.
accounts as (
    select
        subscription_id,
        arg_max(account_id, (_load_id, _row)) as account_id
    from subscriptions
    group by subscription_id
),

parsed as (
    select
        source.*,
        accounts.account_id,
        {{ read_timestamp('source.usage_date', order='day_first') }} as occurred_at,
        try_cast(source.usage_count as double) as value
    from source
    left join accounts on source.subscription_id = accounts.subscription_id
),

renamed as (
    select
        _load_id,
        _row,
        coalesce(
            {{ first_failed([('usage_date', 'occurred_at', 'usage_date')]) }},
            case when account_id is null then 'unknown subscription_id: ' || subscription_id end
        ) as _reject_reason,
        {{ lost_fields([('usage_count', 'value', 'value')]) }} as _lost_fields,
        'ravenstack' as source,
        usage_id as source_event_id,
        account_id as source_customer_id,
        occurred_at,
        'app_feature' as event_type,
        feature_name as product_id,
        value
    from parsed
),

final as (
    select * from renamed
)

select * from final
