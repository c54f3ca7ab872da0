{#- Customer of each source record, as known on the latest run date. -#}
select
    identities.source,
    identities.source_customer_id,
    identities.customer_no
from {{ ref('int_identity_history') }} as identities
inner join (
    {{ last_daily_date() }}
) as run
    on identities.valid_from <= run.as_of_date and run.as_of_date < identities.valid_to
