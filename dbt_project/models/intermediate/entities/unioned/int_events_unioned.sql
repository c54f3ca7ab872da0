{{ config(materialized='ephemeral') }}

{{ union_sources('events') }}
