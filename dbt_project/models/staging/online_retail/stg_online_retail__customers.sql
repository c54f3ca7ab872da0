{#-
    Every customer number, of buyers and others: rejected lines are read too. A customer with lines
    from two countries (there are five) gets the country of the latest line.
-#}
with

source as (
    select * from {{ ref('base_online_retail__invoice_lines') }}
    where source_customer_id is not null
),

-- The export's spelling. Unspecified, Channel Islands, West Indies and European Community are not
-- countries, and become null as any name that is not listed.
countries (country_name, country) as (
    values
    ('Australia', 'AU'),
    ('Austria', 'AT'),
    ('Bahrain', 'BH'),
    ('Belgium', 'BE'),
    ('Bermuda', 'BM'),
    ('Brazil', 'BR'),
    ('Canada', 'CA'),
    ('Cyprus', 'CY'),
    ('Czech Republic', 'CZ'),
    ('Denmark', 'DK'),
    ('EIRE', 'IE'),
    ('Finland', 'FI'),
    ('France', 'FR'),
    ('Germany', 'DE'),
    ('Greece', 'GR'),
    ('Hong Kong', 'HK'),
    ('Iceland', 'IS'),
    ('Israel', 'IL'),
    ('Italy', 'IT'),
    ('Japan', 'JP'),
    ('Korea', 'KR'),
    ('Lebanon', 'LB'),
    ('Lithuania', 'LT'),
    ('Malta', 'MT'),
    ('Netherlands', 'NL'),
    ('Nigeria', 'NG'),
    ('Norway', 'NO'),
    ('Poland', 'PL'),
    ('Portugal', 'PT'),
    ('RSA', 'ZA'),
    ('Saudi Arabia', 'SA'),
    ('Singapore', 'SG'),
    ('Spain', 'ES'),
    ('Sweden', 'SE'),
    ('Switzerland', 'CH'),
    ('Thailand', 'TH'),
    ('USA', 'US'),
    ('United Arab Emirates', 'AE'),
    ('United Kingdom', 'GB')
),

customers as (
    select
        _load_id,
        source_customer_id,
        min(_row) as _row,
        min(invoiced_at) as first_invoiced_at,
        arg_max(country_name, (invoiced_at, _row)) as country_name
    from source
    group by all
),

renamed as (
    select
        customers._load_id,
        customers._row,
        'online_retail' as source,
        customers.source_customer_id,
        -- The number first appears on an invoice, so the customer is unknown on earlier days.
        customers.first_invoiced_at as created_at,
        countries.country
    from customers
    left join countries on customers.country_name = countries.country_name
),

final as (
    select * from renamed
)

select * from final
