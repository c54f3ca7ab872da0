"""Phone numbers as delivered and as E.164: one row per pair of number and country.

A model in Python, because the numbering plans of the world are a library's. Only pairs that no
earlier run has seen are read, so that the cost of a day is that of its new numbers.
"""

import pyarrow as pa

from warehouse.identity.phone_numbers import e164


def model(dbt, session):
    """Table (phone, country, number, _load_id); number is null where none can be read."""
    default_country = dbt.config.meta_get("default_country")
    # A suppression list has no country of its own.
    suppressed = dbt.ref("int_suppressions_versions").project(
        "phone, null::varchar as country, _load_id, _reject_reason"
    )
    delivered = (
        dbt.ref("int_customers_versions")
        .project("phone, country, _load_id, _reject_reason")
        .union(suppressed)
        .filter("phone is not null and _reject_reason is null")
    )
    if dbt.is_incremental:
        known = session.query(f"select phone, country, _load_id from {dbt.this}")
        (newest,) = known.aggregate("coalesce(max(_load_id), 0)").fetchone()
        delivered = delivered.filter(f"_load_id > {newest}")
    pairs = delivered.aggregate(
        f"phone, coalesce(country, '{default_country}') as country, max(_load_id) as _load_id"
    )
    if dbt.is_incremental:
        pairs = pairs.join(known.project("phone, country"), "phone, country", "anti")
    pairs = pairs.to_arrow_table()
    numbers = [
        e164(phone, country)
        for phone, country in zip(
            pairs["phone"].to_pylist(), pairs["country"].to_pylist(), strict=True
        )
    ]
    return pairs.append_column("number", pa.array(numbers, pa.string()))
