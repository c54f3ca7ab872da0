{{ config(materialized='ephemeral') }}

{{ union_sources('refunds') }}
