"""A small shop, for the tests of whole queries."""

ORDERS = """
    select * from (values
        (1, 'ann', date '2024-01-01', 10.0::double),
        (2, 'ann', date '2024-02-01', 20.0),
        (3, 'ben', date '2024-01-15', 5.0),
        (4, 'cem', null, null)
    ) as t(order_no, customer, day, amount)
"""
PRICES = """
    select * from (values
        ('ann', date '2023-12-01', 1), ('ann', date '2024-01-20', 2), ('ben', date '2024-06-01', 3)
    ) as t(customer, valid_from, price)
"""
