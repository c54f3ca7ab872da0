{{ config(materialized='ephemeral') }}

{#-
    Buyers of each lifecycle stage who were lost in each complete month, as known at the end of its
    last day. Empty where churn is contractual.

    A purchase can be followed by a loss in one month only, that of the purchase plus eligible_days.
    Most customers have no order that was delivered, joined or voided after its month, and their
    losses are those of int_customer_purchases. The purchases of the others are counted again, as
    known at the end of that month.
-#}
with

as_of as (
    select as_of_date from {{ ref('int_as_of') }}
),

purchases as (
    select
        customer_no,
        purchase_no,
        lost_on
    from {{ ref('int_customer_purchases') }}
    where lost_on is not null
),

order_days as (
    select
        order_days.customer_no,
        order_days.activity_date as purchased_on,
        order_days.counts_from,
        order_days.counts_to,
        order_days.counts_from > last_day(order_days.activity_date)
        or order_days.counts_to <= as_of.as_of_date as is_amended
    from {{ ref('int_order_days') }} as order_days
    cross join as_of
    where
        order_days.orders > 0
        and order_days.counts_from < order_days.counts_to
        {%- if var('churn_kind') == 'contractual' %}
        and false
        {%- endif %}
),

amended_customers as (
    select distinct customer_no from order_days
    where is_amended
),

amended_days as (
    select order_days.* from order_days
    semi join amended_customers using (customer_no)
),

-- With the next purchase day that was known in its own month and still counts.
followed_days as (
    select
        *,
        purchased_on + {{ var('eligible_days') }} as lost_on,
        last_day(purchased_on + {{ var('eligible_days') }}) as known_on,
        min(purchased_on) filter (where not is_amended) over (
            partition by customer_no
            order by purchased_on
            range between interval 1 day following and unbounded following
        ) as next_certain_on
    from amended_days
),

-- A certain purchase before the loss leaves no loss, whatever else is known. Other purchases are
-- compared with all earlier ones of their customer, and these would be most of them.
candidates as (
    select distinct
        followed_days.customer_no,
        followed_days.purchased_on,
        followed_days.lost_on,
        followed_days.known_on
    from followed_days
    cross join as_of
    where
        followed_days.known_on <= as_of.as_of_date
        and followed_days.counts_from <= followed_days.known_on
        and followed_days.known_on < followed_days.counts_to
        and coalesce(followed_days.next_certain_on > followed_days.lost_on, true)
),

first_known as (
    select
        candidates.customer_no,
        count(distinct days.purchased_on) as purchase_no,
        candidates.lost_on
    from candidates
    inner join amended_days as days
        on
            candidates.customer_no = days.customer_no
            and candidates.lost_on >= days.purchased_on
            and candidates.known_on >= days.counts_from
            and candidates.known_on < days.counts_to
    group by candidates.customer_no, candidates.purchased_on, candidates.lost_on
    having max(days.purchased_on) = candidates.purchased_on
),

losses as (
    select purchases.* from purchases
    anti join amended_customers using (customer_no)
    union all by name
    select * from first_known
),

final as (
    select
        cast(date_trunc('month', losses.lost_on) as date) as month,
        {{ lifecycle_stage('losses.purchase_no', 'null') }} as stage,
        count(*) as lost
    from losses
    cross join as_of
    where last_day(losses.lost_on) <= as_of.as_of_date
    group by all
)

select * from final
