{#-
    Touches known on the as-of date, with the decision that each of them delivers. A touch delivers
    a decision for the same customer and action if it was sent between the decision and its expiry;
    receipts may be dated up to delivery_grace_days() later. Touches that name an arm and deliver no
    decision belong to a campaign of the company.
-#}
with

as_of as (
    select as_of_date from {{ ref('int_as_of') }}
),

identities as (
    {{ current_identities() }}
),

touches as (
    select
        versions.source,
        versions.source_touch_id,
        versions.source_customer_id,
        versions.action_id,
        cast(versions.sent_at as date) as sent_on,
        versions.channel,
        versions.arm,
        versions.cost,
        case
            when cast(versions.redeemed_at as date) <= as_of.as_of_date
                then cast(versions.redeemed_at as date)
        end as redeemed_on
    from {{ ref('int_touches_versions') }} as versions
    inner join as_of
        on versions.known_from <= as_of.as_of_date and as_of.as_of_date < versions.known_to
    where
        versions._reject_reason is null
        and cast(versions.sent_at as date) <= as_of.as_of_date
),

decisions as (
    {{ earlier_decisions() }}
),

customers_of_touches as (
    select
        touches.*,
        identities.record_no,
        identities.customer_no
    from touches
    inner join identities using (source, source_customer_id)
),

latest_decisions as (
    select
        touches.*,
        decisions.snapshot_date as decided_on,
        decisions.expires_on
    from customers_of_touches as touches
    asof left join decisions
        on
            touches.customer_no = decisions.customer_no
            and touches.action_id = decisions.action_id
            and touches.sent_on >= decisions.snapshot_date
),

final as (
    select
        source,
        source_touch_id,
        record_no,
        customer_no,
        action_id,
        channel,
        sent_on,
        arm,
        cost,
        redeemed_on,
        case
            when sent_on <= expires_on + {{ delivery_grace_days() }} then decided_on
        end as decided_on
    from latest_decisions
)

select * from final
