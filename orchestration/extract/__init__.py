"""From a company's systems into `raw_<source>.<table>`: one module a kind of source.

What a column means is no business of this package: it lands the rows as delivered, says in
`ops.load_ledger` where each came from, and loads nothing twice.
"""
