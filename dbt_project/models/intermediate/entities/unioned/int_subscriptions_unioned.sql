{{ config(materialized='ephemeral') }}

{#- The status in the canonical words. -#}
with

unioned as (
    {{ union_sources('subscriptions') }}
),

final as (
    select * replace ({{ contract_status('status') }} as status)
    from unioned
)

select * from final
