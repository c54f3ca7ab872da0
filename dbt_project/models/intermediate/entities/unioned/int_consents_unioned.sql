{{ config(materialized='ephemeral') }}

{{ union_sources('consents') }}
