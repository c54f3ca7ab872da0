{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key=['source', 'source_subscription_id'],
        pre_hook="{{ add_columns({
            'term_months': 'integer', 'trial_ends_at': 'timestamp', 'paused_at': 'timestamp',
            'resumes_at': 'timestamp', 'status': 'varchar', 'status_from': 'date',
            'trial_to': 'date', 'has_never_paid': 'boolean',
        }) }}",
    )
}}

{#-
    The hook adds columns to older warehouses; their earlier rows keep null.

    Beside the columns of every versions table, what the versions of a contract show together, up to
    each version: status_from, the day from which its status has been reported without a break;
    trial_to, the day from which it was no longer reported as trialing; has_never_paid, whether it
    began as a trial or incomplete, went unpaid, and was never reported as active or paused.
-#}
{%- set statuses = "'" ~ (contract_statuses().keys() | join("', '")) ~ "'" -%}
with

versions as (
    {{
        entity_versions(
            'subscriptions',
            key='source_subscription_id',
            required=['source_subscription_id', 'source_customer_id', 'started_at'],
            reject_when={'unknown status': 'status not in (' ~ statuses ~ ')'},
        )
    }}
),

changes as (
    select
        *,
        coalesce(
            coalesce(status, '') != lag(coalesce(status, '')) over (
                partition by
                    source, source_subscription_id, _reject_reason is null and known_from < known_to
                order by known_from
            ),
            true
        ) as is_new_status
    from versions
),

final as (
    select
        * exclude (is_new_status),
        max(known_from) filter (where is_new_status) over so_far as status_from,
        max(known_to) filter (where status = 'trialing') over before as trial_to,
        coalesce(
            (first_value(status) over so_far) in ('trialing', 'incomplete')
            and bool_or(status in ('incomplete', 'past_due', 'unpaid')) over so_far
            and not bool_or(coalesce(status, 'active') in ('active', 'paused')) over so_far,
            false
        ) as has_never_paid
    from changes
    window
        so_far as (
            partition by
                source, source_subscription_id, _reject_reason is null and known_from < known_to
            order by known_from
            rows between unbounded preceding and current row
        ),
        before as (
            partition by
                source, source_subscription_id, _reject_reason is null and known_from < known_to
            order by known_from
            rows between unbounded preceding and 1 preceding
        )
)

select * from final
