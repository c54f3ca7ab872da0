{#-
    A contact that was merged into another is missing from the API. The other contact names it in
    properties_hs_merged_object_ids, so that its history stays with the customer.
-#}
with

source as (
    select * from {{ source('hubspot', 'contacts') }}
),

parsed as (
    select
        *,
        {{ read_timestamp('"createdAt"') }} as created_at,
        {{ read_timestamp('"updatedAt"') }} as updated_at,
        nullif(upper(trim(properties_hs_country_region_code)), '') as country_code
    from source
),

renamed as (
    select
        _load_id,
        _row,
        {{ lost_fields([
            ('"createdAt"', 'created_at', 'created_at'),
            ('"updatedAt"', 'updated_at', 'updated_at'),
        ]) }} as _lost_fields,
        'hubspot' as source,
        id as source_customer_id,
        properties_email as email,
        properties_phone as phone,
        nullif(concat_ws(' ', properties_firstname, properties_lastname), '') as full_name,
        created_at,
        updated_at,
        case when country_code similar to '[A-Z]{2}' then country_code end as country,
        properties_city as city,
        lower(properties_hs_analytics_source) as acquisition_channel,
        -- Consent needs more than the absence of an opt-out.
        case properties_hs_email_optout when 'true' then false end as marketing_consent,
        list_transform(
            list_filter(
                string_split(coalesce(properties_hs_merged_object_ids, ''), ';'),
                lambda merged_id: trim(merged_id) != ''
            ),
            lambda merged_id: 'hubspot:' || trim(merged_id)
        ) as external_ids
    from parsed
),

final as (
    select * from renamed
)

select * from final
