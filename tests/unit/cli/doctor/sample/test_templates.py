from __future__ import annotations

import duckdb
import jinja2
import pytest

from cli.doctor.sample.templates import SEPARATOR, STATE, StagingTemplates
from tests.unit.cli.doctor.sample.conftest import Shop

VARIABLES = {"time_zone": "Europe/Berlin", "currency": "EUR"}


def test_a_model_that_reads_a_base_model_and_a_seed_is_rendered(sampled_shop: Shop) -> None:
    (sampled_shop.staging / "base_shop__rows.sql").write_text("select '12345' as a, 'kwd' as c")
    (sampled_shop.staging / "stg_shop__orders.sql").write_text(
        "select {{ from_minor_units('rows.a', 'rows.c') }} as net_amount"
        " from {{ ref('base_shop__rows') }} as rows"
    )
    templates = StagingTemplates(sampled_shop.project, "shop", VARIABLES)
    with duckdb.connect() as con:
        assert str(con.execute(templates.sql("stg_shop__orders")).fetchall()[0][0]) == "12.345"


def test_all_unreadable_values_of_a_row_are_listed(sampled_shop: Shop) -> None:
    (sampled_shop.staging / "stg_shop__orders.sql").write_text(
        "select {{ first_failed([('a', 'x', 'A'), ('b', 'y', 'B')]) }} as reason from (select 'one'"
        " as a, 'two' as b, cast(null as timestamp) as x, cast(null as decimal(18, 2)) as y)"
    )
    templates = StagingTemplates(sampled_shop.project, "shop", VARIABLES)
    with duckdb.connect() as con:
        (reason,) = con.execute(templates.sql("stg_shop__orders")).fetchone() or ("",)
    assert reason.split(SEPARATOR) == [f"unreadable{STATE}A", f"unreadable{STATE}B"]


def test_what_only_dbt_has_is_an_error_of_the_template(sampled_shop: Shop) -> None:
    (sampled_shop.staging / "stg_shop__orders.sql").write_text("select {{ target.name }}")
    templates = StagingTemplates(sampled_shop.project, "shop", VARIABLES)
    with pytest.raises(jinja2.TemplateError):
        templates.sql("stg_shop__orders")
