"""Inputs of identity that SQL cannot read alone: phone numbers and the deployment's decisions.

The rules that link records do not belong here (`dbt_project/models/intermediate/identity`).
"""
