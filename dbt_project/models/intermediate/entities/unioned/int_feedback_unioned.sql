{{ config(materialized='ephemeral') }}

{{ union_sources('feedback') }}
