{#- Names and types of the features, and the customers for whom they are computed. -#}

{#- Eligibility of a customer on a date, by the deployment's definition of churn. -#}
{% macro is_eligible() -%}
    {%- if var('churn_kind') == 'contractual' -%}
    coalesce(active_subscriptions > 0, false)
    {%- else -%}
    coalesce(days_since_last_order < {{ var('eligible_days') }}, false)
    {%- endif -%}
{%- endmacro %}

{#-
    Features and their types, by the model that computes them, in the order of
    feat_customer_snapshots. With `model`, only those of one model.
-#}
{% macro feature_columns(model=none) -%}
    {%- set typed = {
        'feat_customer_snapshots': {
            'integer': ['tenure_days', 'record_count', 'source_count', 'age_years'],
            'float': ['area_orders_trend_30d', 'area_orders_trend_90d'],
            'boolean': ['marketing_consent'],
            'varchar': ['country', 'acquisition_channel', 'plan'],
        },
        'feat_purchases': {
            'integer': [
                'days_since_last_order', 'days_since_first_order', 'purchase_days_lifetime',
                'orders_lifetime', 'orders_7d', 'orders_30d', 'orders_90d', 'orders_180d',
                'orders_365d', 'orders_prior_90d', 'orders_prior_30d',
                'orders_same_season_last_year', 'longest_gap_days', 'last_gap_days', 'refunds_90d',
                'refunds_365d', 'cancellations_365d', 'categories_90d', 'categories_365d',
            ],
            'float': [
                'net_revenue_lifetime', 'net_revenue_7d', 'net_revenue_30d', 'net_revenue_90d',
                'net_revenue_180d', 'net_revenue_365d', 'net_revenue_prior_90d', 'mean_gap_days',
                'gap_days_stddev', 'recent_gap_days', 'average_order_value_90d',
                'average_order_value_365d', 'discount_share_90d', 'discount_share_365d',
                'discount_share_change', 'coupon_share_90d', 'coupon_share_365d',
                'discounted_share_lifetime', 'units_per_order_365d', 'lines_per_order_365d',
                'margin_share_365d', 'refund_share_365d', 'refunded_revenue_share_365d',
                'top_category_share_365d', 'overdue_ratio', 'gap_trend', 'orders_trend_30d',
                'orders_trend_90d', 'net_revenue_trend_90d', 'order_value_trend',
            ],
        },
        'feat_behaviour': {
            'integer': [
                'days_since_last_activity', 'days_since_last_session', 'active_days_30d',
                'active_days_90d', 'sessions_7d', 'sessions_30d', 'sessions_90d',
                'product_views_7d', 'product_views_30d', 'product_views_90d', 'cart_adds_7d',
                'cart_adds_30d', 'cart_adds_90d', 'checkouts_7d', 'checkouts_30d', 'checkouts_90d',
                'email_opens_7d', 'email_opens_30d', 'email_opens_90d', 'unsubscribes_365d',
                'failures_90d',
            ],
            'float': [
                'feature_uses_7d', 'feature_uses_30d', 'feature_uses_90d', 'active_days_trend',
                'sessions_trend', 'product_views_trend', 'email_opens_trend', 'feature_uses_trend',
                'cart_abandonment_90d',
            ],
        },
        'feat_service': {
            'integer': [
                'tickets_30d', 'tickets_90d', 'tickets_365d', 'open_tickets',
                'days_since_last_ticket', 'reopened_365d', 'ratings_365d', 'bad_ratings_365d',
                'touches_90d', 'days_since_last_touch', 'tickets_about_product_180d',
                'tickets_about_service_180d', 'tickets_about_price_180d',
                'tickets_about_relationship_180d', 'tickets_about_environment_180d',
                'negative_texts_90d',
                'days_since_negative_text', 'negative_texts_about_product_180d',
                'negative_texts_about_service_180d', 'negative_texts_about_price_180d',
                'negative_texts_about_relationship_180d', 'negative_texts_about_environment_180d',
            ],
            'float': [
                'first_response_hours_365d', 'slowest_response_hours_90d', 'resolution_hours_365d',
                'csat_365d', 'last_csat', 'rating_365d', 'last_rating', 'sentiment_90d',
                'sentiment_change',
            ],
        },
        'feat_contracts': {
            'integer': [
                'subscriptions_lifetime', 'active_subscriptions', 'ended_subscriptions',
                'ended_subscriptions_90d', 'started_subscriptions_90d', 'contract_tenure_days',
                'newest_contract_days', 'paid_contract_days', 'contract_pause_90d', 'days_to_renewal',
                'contract_term_months',
            ],
            'float': ['monthly_amount', 'auto_renew_share'],
            'varchar': ['contract_plan'],
        },
    } -%}
    {%- set columns = {} -%}
    {%- for of_model, types in typed.items() if model is none or of_model == model -%}
        {%- for type, names in types.items() -%}
            {%- for name in names -%}
                {%- do columns.update({name: type}) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(columns) }}
{%- endmacro %}

{#-
    Features of a model, each cast to its type: joins on narrower rows then move a quarter of the
    bytes.
-#}
{% macro typed_features(model) -%}
    {%- for name, type in feature_columns(model).items() -%}
    cast({{ name }} as {{ type }}) as {{ name }}{{ ',\n        ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
