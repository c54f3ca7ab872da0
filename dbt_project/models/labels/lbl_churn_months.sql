{{ config(materialized='table') }}

{#-
    Month of churn of customers under contract on a training date of the run. Month k is the days
    30(k − 1) + 1 to 30k after the date. Whether a customer is under contract is decided at its end,
    with the data and the customer known then; a pause is no end of a contract. The first month end
    without a contract is the month of churn, even if the customer returned later.

    Months that have not wholly passed by the day of the run have no rows. The table is empty
    without contracts, and in a run without training, because only training reads it.
-#}
with

dates as (
    select snapshot_date from {{ source('ops', 'run_dates') }}
    where
        purpose = 'training'
        {%- if var('churn_kind') != 'contractual' %}
        and false
        {%- endif %}
),

month_ends as (
    select
        dates.snapshot_date,
        months.month_ahead,
        dates.snapshot_date + {{ days_per_month() }} * cast(months.month_ahead as integer)
            as month_end
    from dates
    cross join range(1, {{ months_ahead() + 1 }}) as months (month_ahead)
    where month_end <= (select as_of_date from {{ ref('int_as_of') }})
),

contracts as (
    select * from {{ ref('int_contracts') }}
),

identities as (
    select
        record_no,
        customer_no,
        customer_id,
        valid_from,
        valid_to
    from {{ ref('int_identity_history') }}
),

-- Records, as known then, of customers who were under contract on the date.
eligible_records as (
    select distinct
        dates.snapshot_date,
        identities.customer_id,
        identities.record_no
    from contracts
    inner join dates
        on contracts.runs_from <= dates.snapshot_date and dates.snapshot_date < contracts.runs_to
    inner join identities
        on
            contracts.customer_no = identities.customer_no
            and identities.valid_from <= dates.snapshot_date
            and dates.snapshot_date < identities.valid_to
),

-- Where dates lie months apart, they share month ends: each is looked up once.
days as (
    select distinct month_end as day from month_ends
),

records_under_contract as (
    select distinct
        days.day,
        identities.record_no
    from contracts
    inner join days on contracts.runs_from <= days.day and days.day < contracts.held_to
    inner join identities
        on
            contracts.customer_no = identities.customer_no
            and identities.valid_from <= days.day
            and days.day < identities.valid_to
),

followed as (
    select
        eligible_records.customer_id,
        eligible_records.snapshot_date,
        month_ends.month_ahead,
        bool_or(records_under_contract.record_no is not null) as is_under_contract
    from eligible_records
    inner join month_ends using (snapshot_date)
    left join records_under_contract
        on
            eligible_records.record_no = records_under_contract.record_no
            and month_ends.month_end = records_under_contract.day
    group by all
),

final as (
    select
        customer_id,
        snapshot_date,
        cast(max(month_ahead) as integer) as months_observed,
        cast(min(month_ahead) filter (where not is_under_contract) as integer) as left_in_month
    from followed
    group by customer_id, snapshot_date
)

select * from final
