{{ config(materialized='ephemeral') }}

{{ union_sources('orders') }}
