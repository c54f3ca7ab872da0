"""Daily decisions: the action of each customer, its random control, and the value of a policy.

Business rules that exclude a customer or an action do not belong here: they are SQL in
`dbt_project/`, which delivers the candidates and their draws.
"""
