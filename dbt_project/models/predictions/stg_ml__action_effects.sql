{#- Effects of actions as measured on the as-of date, one row per action, segment and period. -#}
select * from {{ source('ml', 'action_effects') }}
