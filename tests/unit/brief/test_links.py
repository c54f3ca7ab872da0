from __future__ import annotations

import re
from dataclasses import replace

import duckdb

from bi.superset.datasets import CUSTOMER_LINK
from brief.links import customer_url
from brief.page import brief_html
from tests.unit.brief.published_file import DAY, SHOP


def test_a_code_links_to_the_customer_s_page_as_the_dashboards_link_to_it(
    con: duckdb.DuckDBPyConnection,
) -> None:
    page = brief_html(con, DAY, replace(SHOP, dashboards="http://127.0.0.1:8088/"))
    ((link,),) = con.execute(f"select {CUSTOMER_LINK} from (select 'c1' as customer_id)").fetchall()
    (address,) = re.findall('href="([^"]+)"', link)
    assert f'<a href="http://127.0.0.1:8088{address}">' in page
    assert "links to the customer" in page


def test_an_id_cannot_leave_its_place_in_the_address() -> None:
    address = customer_url("https://bi.example.com/analytics", "c1')/&x=")
    assert address.startswith("https://bi.example.com/analytics/superset/dashboard/")
    assert "c1%27%29%2F%26x%3D" in address
