{{ config(materialized='view') }}

{{ union_sources('events') }}
