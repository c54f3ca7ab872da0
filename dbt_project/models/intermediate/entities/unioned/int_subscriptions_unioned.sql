{{ config(materialized='ephemeral') }}

{{ union_sources('subscriptions') }}
