{{ config(materialized='ephemeral') }}

{{ union_sources('customers') }}
