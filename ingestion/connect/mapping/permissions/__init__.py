"""Tables of consents and of suppression lists, known by their values before their names.

A flag of the customers, such as marketing_consent, is not one: it is a column of the customers.
"""
