{{ config(materialized='ephemeral') }}

{{ union_sources('suppressions') }}
