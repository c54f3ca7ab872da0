{{ config(materialized='view') }}

{{ union_sources('orders') }}
