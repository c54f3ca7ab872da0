{#- Delivered names of the source records of each customer. One row per version. -#}
select
    writers.customer_no,
    records.full_name
from {{ ref('int_customers_versions') }} as records
inner join {{ ref('text_writers') }} as writers using (source, source_customer_id)
where records.full_name is not null
