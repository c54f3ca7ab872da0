{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key='snapshot_date',
    )
}}

{#-
    Outcome of every row delivered up to each day of the run; a test requires delivered = accepted +
    rejected + superseded + erased. `delivered` is counted by the load ledger, `erased` when the rows
    of a person are deleted, and the others by the tables that hold the rows.

    A table is stale on a day on which its source could not be read. A table with dated files is
    also stale when no file of the source came for longer than the deployment allows: a single table
    may have no file because nothing happened. Days before extractions were recorded are not stale
    for the first reason.

    A row that names a customer of its source whom no customer table of the source delivered has an
    inferred customer. They are counted where the source provides customers at all: by the source
    records that the table's entities name, and not by rows, because there are fewer of them.
-#}
{%- set facts = ['orders', 'tickets', 'feedback', 'events', 'subscriptions', 'touches'] %}
with

dates as (
    select snapshot_date from {{ source('ops', 'run_dates') }}
    where purpose = 'daily'
),

accounting_tables as (
    {%- for account in var('accounting_tables') %}
    select
        '{{ account.source }}' as source,
        '{{ account.table }}' as table_name,
        '{{ account.entity }}' as entity,
        cast({{ account.stale_after_days or 'null' }} as integer) as stale_after_days
    {{ 'union all' if not loop.last }}
    {%- else %}
    select
        cast(null as varchar) as source,
        cast(null as varchar) as table_name,
        cast(null as varchar) as entity,
        cast(null as integer) as stale_after_days
    where false
    {%- endfor %}
),

named_records as (
    {%- for account in var('accounting_tables') %}
    {%- set named = (account.entities or [account.entity]) | select('in', facts) | list %}
    {%- if named and account.source in var('sources_by_entity')['customers'] %}
    select
        '{{ account.table }}' as table_name,
        source,
        least({{ named | join('_from, ') }}_from) as named_from,
        coalesce(
            customers_from, case when is_delivered then date '0001-01-01' end, date '9999-12-31'
        ) as delivered_from
    from {{ ref('int_customer_records') }}
    where source = '{{ account.source }}'
    union all
    {%- endif %}
    {%- endfor %}
    select
        cast(null as varchar) as table_name,
        cast(null as varchar) as source,
        cast(null as date) as named_from,
        cast(null as date) as delivered_from
    from {{ ref('int_customer_records') }}
    where false
),

-- Few distinct days, so that a backfill does not join its dates with every record.
counted_records as (
    select
        *,
        count(*) as customers
    from named_records
    where named_from is not null
    group by all
),

named_customers as (
    select
        dates.snapshot_date,
        counted_records.source,
        counted_records.table_name,
        sum(counted_records.customers) as named_customers,
        sum(counted_records.customers) filter (
            where counted_records.delivered_from > dates.snapshot_date
        ) as inferred_customers
    from dates
    inner join counted_records on counted_records.named_from <= dates.snapshot_date
    group by all
),

failed_extractions as (
    select
        extractions.source,
        extractions.run_date as snapshot_date,
        'could not be read' || coalesce(': ' || extractions.message, '') as failure
    from {{ source('ops', 'extractions') }} as extractions
    inner join dates on extractions.run_date = dates.snapshot_date
    where not extractions.is_complete
),

delivered as (
    select
        dates.snapshot_date,
        loads.source,
        loads.table_name,
        sum(loads.rows) as delivered,
        max(loads.delivered_on) filter (
            where loads.delivered_on <= dates.snapshot_date
        ) as last_delivered_on
    from dates
    inner join {{ source('ops', 'load_ledger') }} as loads
        on coalesce(loads.known_from, date '0001-01-01') <= dates.snapshot_date
    group by all
),

erased as (
    select
        dates.snapshot_date,
        loads.source,
        loads.table_name,
        sum(erased_rows.rows) as erased
    from dates
    inner join {{ source('ops', 'load_ledger') }} as loads
        on coalesce(loads.known_from, date '0001-01-01') <= dates.snapshot_date
    inner join {{ source('ops', 'erased_rows') }} as erased_rows using (load_id)
    group by all
),

outcomes as (
    select
        dates.snapshot_date,
        accounts.source,
        accounts.table_name,
        sum(accounts.row_count) filter (
            where dates.snapshot_date < accounts.rejected_until
        ) as rejected,
        sum(accounts.row_count) filter (
            where
                dates.snapshot_date >= accounts.rejected_until
                and dates.snapshot_date < accounts.known_to
        ) as accepted,
        sum(accounts.row_count) filter (
            where
                dates.snapshot_date >= accounts.rejected_until
                and dates.snapshot_date >= accounts.known_to
        ) as superseded
    from dates
    inner join {{ ref('int_load_accounts') }} as accounts
        on accounts.known_from <= dates.snapshot_date
    group by all
),

lost_by_field as (
    select
        dates.snapshot_date,
        accounts.source,
        accounts.table_name,
        unnest(string_split(accounts.lost_fields, ', ')) as field,
        accounts.row_count
    from dates
    inner join {{ ref('int_load_accounts') }} as accounts
        on
            accounts.known_from <= dates.snapshot_date
            and accounts.rejected_until <= dates.snapshot_date
            and accounts.known_to > dates.snapshot_date
    where accounts.lost_fields is not null
),

lost_counts as (
    select
        snapshot_date,
        source,
        table_name,
        field,
        sum(row_count) as values_lost
    from lost_by_field
    group by all
),

lost as (
    select
        snapshot_date,
        source,
        table_name,
        sum(values_lost) as lost_values,
        string_agg(field || ': ' || cast(values_lost as varchar), ', ' order by field)
            as lost_fields
    from lost_counts
    group by all
),

-- Accepted orders whose currency has no rate for the day of the order.
unknown_amounts as (
    select
        dates.snapshot_date,
        loads.source,
        loads.table_name,
        orders.original_currency as currency,
        count(*) as row_count
    from {{ orders_in_currency() }} as orders
    inner join {{ source('ops', 'load_ledger') }} as loads on orders._load_id = loads.load_id
    inner join dates
        on
            {{ as_known('known_from', 'orders') }} <= dates.snapshot_date
            and dates.snapshot_date < {{ as_known('known_to', 'orders') }}
    where orders.rate is null
    group by all
),

unknown_by_table as (
    select
        snapshot_date,
        source,
        table_name,
        sum(row_count) as unknown_amounts,
        string_agg(currency || ' ' || row_count, ', ' order by currency) as unknown_currencies
    from unknown_amounts
    group by all
),

-- Rows that report a refund beyond their order, or of an order that is not delivered.
suspect_refunds as (
    select
        dates.snapshot_date,
        loads.source,
        loads.table_name,
        count(distinct row(refunds.reported_load_id, refunds.reported_row)) as suspect_refunds
    from {{ ref('int_order_refunds') }} as refunds
    inner join {{ source('ops', 'load_ledger') }} as loads
        on refunds.reported_load_id = loads.load_id
    inner join dates
        on
            refunds.delivered_from <= dates.snapshot_date
            and dates.snapshot_date < refunds.delivered_to
    where refunds.is_suspect
    group by all
),

-- Contact data that identifies nobody: damaged, made up, or erased.
unusable_contacts as (
    select
        dates.snapshot_date,
        keys.source,
        count(distinct keys.source_customer_id) filter (
            keys.key_type = 'unusable_email'
        ) as unusable_emails,
        count(distinct keys.source_customer_id) filter (
            keys.key_type = 'unusable_phone'
        ) as unusable_phones
    from dates
    inner join {{ ref('int_identity_keys') }} as keys
        on keys.known_from <= dates.snapshot_date
    where keys.key_type in ('unusable_email', 'unusable_phone')
    group by all
),

-- A source that could never be read has delivered nothing and must still appear.
expected as (
    select
        snapshot_date,
        source,
        table_name
    from delivered
    union
    select
        failed_extractions.snapshot_date,
        accounting_tables.source,
        accounting_tables.table_name
    from failed_extractions
    inner join accounting_tables using (source)
),

last_drops as (
    select
        delivered.snapshot_date,
        delivered.source,
        accounting_tables.stale_after_days,
        max(delivered.last_delivered_on) as last_drop_on
    from delivered
    inner join accounting_tables
        on
            delivered.source = accounting_tables.source
            and delivered.table_name = accounting_tables.table_name
    where accounting_tables.stale_after_days is not null
    group by all
),

judged as (
    select
        expected.snapshot_date,
        expected.source,
        expected.table_name,
        accounting_tables.entity,
        delivered.delivered,
        delivered.last_delivered_on,
        coalesce(
            failed_extractions.failure,
            case
                when
                    expected.snapshot_date - last_drops.last_drop_on > last_drops.stale_after_days
                    then
                        'no drop since ' || last_drops.last_drop_on
                        || ' (stale after ' || last_drops.stale_after_days || ' days)'
            end
        ) as stale_reason
    from expected
    left join delivered using (snapshot_date, source, table_name)
    left join failed_extractions
        on
            expected.snapshot_date = failed_extractions.snapshot_date
            and expected.source = failed_extractions.source
    left join accounting_tables
        on
            expected.source = accounting_tables.source
            and expected.table_name = accounting_tables.table_name
    left join last_drops
        on
            expected.snapshot_date = last_drops.snapshot_date
            and expected.source = last_drops.source
            and accounting_tables.stale_after_days is not null
),

final as (
    select
        judged.snapshot_date,
        judged.source,
        judged.table_name,
        cast(coalesce(judged.delivered, 0) as bigint) as delivered,
        cast(coalesce(outcomes.accepted, 0) as bigint) as accepted,
        cast(coalesce(outcomes.rejected, 0) as bigint) as rejected,
        cast(coalesce(outcomes.superseded, 0) as bigint) as superseded,
        cast(coalesce(erased.erased, 0) as bigint) as erased,
        cast(named_customers.named_customers as bigint) as named_customers,
        cast(
            case
                when named_customers.named_customers > 0
                    then coalesce(named_customers.inferred_customers, 0)
            end as bigint
        ) as inferred_customers,
        judged.last_delivered_on,
        judged.stale_reason is not null as is_stale,
        judged.stale_reason,
        cast(coalesce(lost.lost_values, 0) as bigint) as lost_values,
        lost.lost_fields,
        cast(coalesce(unknown_by_table.unknown_amounts, 0) as bigint) as unknown_amounts,
        unknown_by_table.unknown_currencies,
        cast(coalesce(suspect_refunds.suspect_refunds, 0) as bigint) as suspect_refunds,
        case
            when judged.entity = 'customers' then coalesce(unusable_contacts.unusable_emails, 0)
        end as unusable_emails,
        case
            when judged.entity = 'customers' then coalesce(unusable_contacts.unusable_phones, 0)
        end as unusable_phones
    from judged
    left join named_customers using (snapshot_date, source, table_name)
    left join outcomes using (snapshot_date, source, table_name)
    left join erased using (snapshot_date, source, table_name)
    left join lost using (snapshot_date, source, table_name)
    left join unknown_by_table using (snapshot_date, source, table_name)
    left join suspect_refunds using (snapshot_date, source, table_name)
    left join unusable_contacts using (snapshot_date, source)
)

select * from final
