{#-
    Usage is recorded by subscription; the account is looked up, whether or not the subscription
    ran on that day (on most days it did not). Each row is one event; error_count is not read.
-#}
{%- set day_formats = ['%Y-%m-%d', '%d-%m-%Y'] -%}
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

renamed as (
    select
        source._load_id,
        source._row,
        coalesce(
            {{ first_failed([
                (
                    'source.usage_date',
                    try_timestamp('source.usage_date', day_formats),
                    'usage_date',
                ),
                ('source.usage_count', 'try_cast(source.usage_count as double)', 'usage_count'),
            ]) }},
            case
                when accounts.account_id is null
                    then 'unknown subscription_id: ' || source.subscription_id
            end
        ) as _reject_reason,
        'ravenstack' as source,
        source.usage_id as source_event_id,
        accounts.account_id as source_customer_id,
        {{ try_timestamp('source.usage_date', day_formats) }} as occurred_at,
        'app_feature' as event_type,
        source.feature_name as product_id,
        try_cast(source.usage_count as double) as value
    from source
    left join accounts on source.subscription_id = accounts.subscription_id
),

final as (
    select * from renamed
)

select * from final
