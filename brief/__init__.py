"""The daily brief: one self-contained page of a published day, for people.

Everything on the page is read from the published file. Definitions of figures do not belong here;
they are dbt models, and a query of this package selects and sums their columns.
"""
