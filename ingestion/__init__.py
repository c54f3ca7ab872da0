"""Extraction and loading: from a company's systems into `raw_<source>.<table>`.

The meaning of a column does not belong here: that is staging SQL in `dbt_project/`.
"""
