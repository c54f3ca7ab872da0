{{ config(materialized='ephemeral') }}

{{ union_sources('tickets') }}
