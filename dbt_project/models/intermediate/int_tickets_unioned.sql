{{ config(materialized='view') }}

{{ union_sources('tickets') }}
