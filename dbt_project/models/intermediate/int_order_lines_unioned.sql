{{ config(materialized='view') }}

{{ union_sources('order_lines') }}
