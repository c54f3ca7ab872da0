{#-
    Refunds on their own days, with their validity intervals. An order may have several rows for a
    refund: one for each of its versions, because a later version may take the refund back.

    Three kinds of rows report money that went back:
    - The refunded amount of an order adds up over its refunds, so each increase is a refund. A
      smaller amount in a later version takes back the latest increases.
    - The entity `refunds` has a row for each refund. Where an order has such rows, its own refunded
      amount is ignored, because it would count the same money twice.
    - A credit note is an order with a negative amount, or one without an amount that was refunded.

    A refund counts from its day, and without one from the delivery that first contained it. It
    reduces its order by at most the amount of the order; the rest is in `excess_amount`. A refund
    that names no order, and a credit note for none, reduce what the customer has paid from their
    own day on (`is_of_customer`). A refund of an order that is not delivered reduces nothing.
-#}
with

-- Orders with money that went back, of which all versions are read. Few have; without this each
-- reading below would hold every order.
touched as (
    select
        source,
        source_order_id
    from {{ ref('int_orders_versions') }}
    where
        _reject_reason is null
        and (status = 'refunded' or refunded_amount != 0 or net_amount < 0)
    union
    select
        source,
        credited_order_id as source_order_id
    from {{ ref('int_orders_versions') }}
    where credited_order_id is not null
    union
    select
        source,
        source_order_id
    from {{ ref('int_refunds_versions') }}
    where source_order_id is not null
),

orders as (
    select
        orders.*,
        {{ as_known('known_from', 'orders') }} as delivered_from,
        {{ as_known('known_to', 'orders') }} as delivered_to,
        cast(orders.ordered_at as date) as ordered_on,
        {{ voided_on('orders') }} as voided_on,
        orders.original_amount < 0
        or (orders.original_amount = 0 and coalesce(orders.original_refunded_amount, 0) > 0)
            as is_credit_note
    from {{ orders_in_currency() }} as orders
    semi join touched using (source, source_order_id)
),

-- Orders whose amounts are revenue: the sale of a gift card is none until the card is spent.
revenue_orders as (
    select * from orders
    where
        not is_credit_note
        {%- if var('gift_cards') == 'count_when_spent' %}
        and not coalesce(is_gift_card_sale, false)
        and (gift_card_amount is null or gift_card_amount < original_amount)
        {%- endif %}
),

credit_notes as (
    select
        *,
        case when original_amount < 0 then -original_amount else original_refunded_amount end
            as credited_amount
    from orders
    where is_credit_note and status != 'cancelled'
),

-- Refund rows and credit notes: amounts in their own currency.
notes as (
    select
        refunds._load_id,
        refunds._row,
        refunds.source,
        refunds.source_refund_id as note_id,
        refunds.source_order_id,
        refunds.source_customer_id,
        cast(refunds.refunded_at as date) as dated_on,
        abs(refunds.amount) as amount,
        {{ currency_code('refunds.currency') }} as currency,
        false as is_credit_note,
        refunds.known_from,
        refunds.known_to,
        {{ as_known('known_from', 'refunds') }} as delivered_from,
        {{ as_known('known_to', 'refunds') }} as delivered_to
    from {{ ref('int_refunds_versions') }} as refunds
    where refunds._reject_reason is null and refunds.amount != 0
    union all
    select
        _load_id,
        _row,
        source,
        source_order_id as note_id,
        credited_order_id as source_order_id,
        source_customer_id,
        cast(coalesce(refunded_at, ordered_at) as date) as dated_on,
        credited_amount as amount,
        original_currency as currency,
        true as is_credit_note,
        known_from,
        known_to,
        delivered_from,
        delivered_to
    from credit_notes
),

dated_notes as (
    select
        * replace (
            coalesce(dated_on, min(delivered_from) over (
                partition by source, note_id, is_credit_note
            )) as dated_on,
            coalesce(currency, '{{ var("currency") }}') as currency
        )
    from notes
),

valued_notes as (
    select
        dated_notes.*,
        case when dated_notes.currency = '{{ var("currency") }}' then 1
        {%- if var('exchange_rates') %} else rates.rate{% endif %} end as rate
    from dated_notes
    {%- if var('exchange_rates') %}
    {%- set pairs %}
        select distinct
            currency,
            dated_on as day
        from dated_notes
        where currency != '{{ var("currency") }}'
    {%- endset %}
    left join ({{ rates_of(pairs) }}) as rates
        on dated_notes.currency = rates.currency and dated_notes.dated_on = rates.day
    {%- endif %}
),

noted_orders as (
    select distinct
        source,
        source_order_id
    from valued_notes
    where source_order_id is not null
),

-- Cumulative refunded amount of each version; null in a cancelled one, which is void as a whole.
cumulative as (
    select
        orders.*,
        case
            when orders.status = 'cancelled' then null
            when orders.status = 'refunded'
                then coalesce(nullif(orders.original_refunded_amount, 0), orders.original_amount)
            else coalesce(orders.original_refunded_amount, 0)
        end as reported_amount,
        coalesce(
            cast(orders.refunded_at as date), greatest(orders.delivered_from, orders.ordered_on)
        ) as refunded_on
    from revenue_orders as orders
    semi join (
        select
            revenue_orders.source,
            revenue_orders.source_order_id
        from revenue_orders
        where
            revenue_orders.status = 'refunded'
            or revenue_orders.original_refunded_amount > 0
    ) as refunded using (source, source_order_id)
    anti join noted_orders using (source, source_order_id)
),

levelled as (
    select
        *,
        coalesce(
            reported_amount,
            last_value(reported_amount ignore nulls) over (
                partition by source, source_order_id
                order by _load_id, _row
                rows between unbounded preceding and 1 preceding
            ),
            0
        ) as level
    from cumulative
),

increases as (
    select
        source,
        source_order_id,
        _load_id,
        _row,
        refunded_on,
        level,
        lag(level, 1, 0) over (
            partition by source, source_order_id order by _load_id, _row
        ) as base
    from levelled
),

-- Each increase as every later version of its order leaves it: a smaller level cuts it.
own_refunds as (
    select
        orders.source,
        orders.source_order_id,
        orders._load_id,
        orders._row,
        increases.refunded_on,
        least(increases.level, min(orders.level) over (
            partition by
                increases.source, increases.source_order_id, increases._load_id, increases._row
            order by orders._load_id, orders._row
        )) - increases.base as amount,
        increases.base as amount_before,
        orders.known_from,
        orders.known_to,
        orders.delivered_from,
        orders.delivered_to
    from increases
    inner join levelled as orders
        on
            increases.source = orders.source
            and increases.source_order_id = orders.source_order_id
            and (increases._load_id, increases._row) <= (orders._load_id, orders._row)
    where increases.level > increases.base
),

-- Amounts in the order's currency. A later note of the order has its amount before it.
noted_refunds as (
    select
        orders.source,
        orders.source_order_id,
        orders._load_id,
        orders._row,
        notes._load_id as reported_load_id,
        notes._row as reported_row,
        notes.note_id,
        notes.is_credit_note,
        notes.dated_on as refunded_on,
        cast(
            case
                when notes.currency = coalesce(orders.original_currency, '{{ var("currency") }}')
                    then notes.amount
                else notes.amount * notes.rate / nullif(orders.rate, 0)
            end as decimal(18, 4)
        ) as amount,
        greatest(orders.known_from, notes.known_from) as known_from,
        least(orders.known_to, notes.known_to) as known_to,
        greatest(orders.delivered_from, notes.delivered_from) as delivered_from,
        least(orders.delivered_to, notes.delivered_to) as delivered_to
    from valued_notes as notes
    inner join revenue_orders as orders
        on
            notes.source = orders.source
            and notes.source_order_id = orders.source_order_id
            and notes.delivered_from < orders.delivered_to
            and orders.delivered_from < notes.delivered_to
),

earlier_notes as (
    select
        notes._load_id,
        notes._row,
        notes.note_id,
        notes.is_credit_note,
        notes.delivered_from,
        sum(earlier.amount) as amount_before
    from noted_refunds as notes
    inner join noted_refunds as earlier
        on
            notes._load_id = earlier._load_id
            and notes._row = earlier._row
            and earlier.delivered_from <= notes.delivered_from
            and notes.delivered_from < earlier.delivered_to
            and (earlier.refunded_on, earlier.is_credit_note, earlier.note_id)
            < (notes.refunded_on, notes.is_credit_note, notes.note_id)
    group by all
),

of_orders as (
    select
        _load_id,
        _row,
        _load_id as reported_load_id,
        _row as reported_row,
        refunded_on,
        amount,
        amount_before,
        known_from,
        known_to,
        delivered_from,
        delivered_to
    from own_refunds
    where amount > 0
    union all
    select
        notes._load_id,
        notes._row,
        notes.reported_load_id,
        notes.reported_row,
        notes.refunded_on,
        notes.amount,
        coalesce(earlier_notes.amount_before, 0) as amount_before,
        notes.known_from,
        notes.known_to,
        notes.delivered_from,
        notes.delivered_to
    from noted_refunds as notes
    left join earlier_notes using (_load_id, _row, note_id, is_credit_note, delivered_from)
),

capped as (
    select
        orders.source,
        orders.source_order_id,
        orders.source_customer_id,
        orders._load_id,
        orders._row,
        of_orders.reported_load_id,
        of_orders.reported_row,
        orders.ordered_on,
        orders.voided_on,
        orders.rate,
        of_orders.refunded_on,
        -- An order may give back the money that it brought in, of which a gift card is no revenue.
        {%- for name, most in {
            'original_amount': revenue_amount('orders'),
            'refundable_amount': 'orders.original_amount',
        }.items() %}
        {%- set covered -%}
        least(of_orders.amount_before + of_orders.amount, {{ most }}) - of_orders.amount_before
        {%- endset %}
        {{ at_least(covered, 0) }} as {{ name }},
        {%- endfor %}
        of_orders.amount as reported_amount,
        of_orders.amount_before + of_orders.amount >= {{ revenue_amount('orders') }} as is_whole,
        false as is_of_customer,
        of_orders.known_from,
        of_orders.known_to,
        of_orders.delivered_from,
        of_orders.delivered_to
    from of_orders
    inner join revenue_orders as orders using (_load_id, _row)
),

of_no_order as (
    select
        notes.source,
        cast(null as varchar) as source_order_id,
        notes.source_customer_id,
        cast(null as bigint) as _load_id,
        cast(null as bigint) as _row,
        notes._load_id as reported_load_id,
        notes._row as reported_row,
        notes.dated_on as ordered_on,
        date '9999-12-31' as voided_on,
        notes.rate,
        notes.dated_on as refunded_on,
        notes.amount as original_amount,
        notes.amount as refundable_amount,
        notes.amount as reported_amount,
        false as is_whole,
        notes.source_order_id is null as is_of_customer,
        notes.known_from,
        notes.known_to,
        notes.delivered_from,
        notes.delivered_to
    from valued_notes as notes
    anti join orders
        on
            notes.source = orders.source
            and notes.source_order_id = orders.source_order_id
),

refunds as (
    select * from capped
    union all by name
    select * from of_no_order
),

final as (
    select
        source,
        source_order_id,
        source_customer_id,
        _load_id,
        _row,
        reported_load_id,
        reported_row,
        ordered_on,
        voided_on,
        refunded_on,
        cast(original_amount as decimal(18, 4)) as original_amount,
        cast(original_amount * rate as {{ money_type() }}) as amount,
        cast(reported_amount - refundable_amount as decimal(18, 4)) as excess_amount,
        is_whole,
        is_of_customer,
        -- To be looked at: more than the order brought in, or of an order that is not delivered.
        reported_amount > refundable_amount or (source_order_id is null and not is_of_customer)
            as is_suspect,
        greatest(known_from, refunded_on) as known_from,
        known_to,
        greatest(delivered_from, refunded_on) as delivered_from,
        delivered_to
    from refunds
    where
        greatest(known_from, refunded_on) < known_to
        or greatest(delivered_from, refunded_on) < delivered_to
)

select * from final
