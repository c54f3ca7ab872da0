{{ config(materialized='ephemeral') }}

{{ union_sources('touches') }}
