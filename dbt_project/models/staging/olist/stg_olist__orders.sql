with

source as (
    select * from {{ source('olist', 'orders') }}
),

-- Newest delivered version of each row.
customers as (
    select
        customer_id,
        arg_max(customer_unique_id, (_load_id, _row)) as customer_unique_id
    from {{ source('olist', 'customers') }}
    group by customer_id
),

-- Newest delivered version of each row.
order_payments as (
    select * from {{ source('olist', 'order_payments') }}
    qualify
        row_number() over (
            partition by order_id, payment_sequential order by _load_id desc, _row desc
        ) = 1
),

amounts as (
    select
        order_id,
        try_cast(sum({{ read_amount('payment_value') }}) as decimal(18, 3)) as amount
    from order_payments
    group by order_id
),

parsed as (
    select
        source.*,
        customers.customer_unique_id as source_customer_id,
        {{ read_timestamp('source.order_purchase_timestamp', zone=var('time_zone')) }}
            as ordered_at,
        case source.order_status
            when 'delivered' then 'completed'
            when 'shipped' then 'open'
            when 'canceled' then 'cancelled'
            when 'unavailable' then 'cancelled'
            when 'invoiced' then 'open'
            when 'processing' then 'open'
            when 'created' then 'open'
        end as status,
        amounts.amount as net_amount
    from source
    left join customers on source.customer_id = customers.customer_id
    left join amounts on source.order_id = amounts.order_id
),

renamed as (
    select
        _load_id,
        _row,
        {{ first_failed([
            ('order_purchase_timestamp', 'ordered_at', 'order_purchase_timestamp'),
            ('order_status', 'status', 'order_status'),
        ]) }} as _reject_reason,
        'olist' as source,
        order_id as source_order_id,
        source_customer_id,
        ordered_at,
        status,
        '{{ var("currency") }}' as currency,
        net_amount
    from parsed
),

final as (
    select * from renamed
)

select * from final
