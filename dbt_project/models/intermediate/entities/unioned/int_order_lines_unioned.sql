{{ config(materialized='ephemeral') }}

{{ union_sources('order_lines') }}
