{{ config(materialized='view') }}

{{ union_sources('feedback') }}
