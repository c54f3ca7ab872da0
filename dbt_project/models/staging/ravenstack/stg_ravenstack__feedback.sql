{#-
    Each churn event has an exit survey; a survey without a text is kept with a null text. The
    event's effect on the account's contracts is in stg_ravenstack__subscriptions.
-#}
with

source as (
    select * from {{ source('ravenstack', 'churn_events') }}
),

parsed as (
    select
        *,
        {{ read_timestamp('churn_date', order='day_first') }} as created_at
    from source
),

renamed as (
    select
        _load_id,
        _row,
        {{ first_failed([('churn_date', 'created_at', 'churn_date')]) }} as _reject_reason,
        'ravenstack' as source,
        churn_event_id as source_feedback_id,
        account_id as source_customer_id,
        created_at,
        'exit_survey' as kind,
        feedback_text as text
    from parsed
),

final as (
    select * from renamed
)

select * from final
