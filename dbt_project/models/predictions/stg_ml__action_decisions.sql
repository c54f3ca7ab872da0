{#- Decisions about actions: one row per decided day and customer with an allowed action. -#}
select * from {{ source('ml', 'action_decisions') }}
