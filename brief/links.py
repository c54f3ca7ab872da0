"""Address of a customer's page in Superset, as the brief and the dashboards link to it.

The dashboard itself is described in `bi/superset/dashboards/customer.yml`.
"""

from __future__ import annotations

from urllib.parse import quote

CUSTOMER_FILTER = "NATIVE_FILTER-customer"
# The dashboard with its filter set to a customer, in Superset's notation (Rison).
CUSTOMER_PAGE = (
    "/superset/dashboard/holdfast-customer/?native_filters=("
    + CUSTOMER_FILTER
    + ":(extraFormData:(filters:!((col:customer_id,op:IN,val:!(%27{customer_id}%27)))),"
    + "filterState:(label:%27{customer_id}%27,validateStatus:!f,value:!(%27{customer_id}%27)),id:"
    + CUSTOMER_FILTER
    + ",ownState:()))"
)


def customer_url(superset: str, customer_id: str) -> str:
    """Address of a customer's page.

    Args:
        superset: address of Superset, such as `http://127.0.0.1:8088`.
        customer_id: the customer.
    """
    return superset.rstrip("/") + CUSTOMER_PAGE.format(customer_id=quote(customer_id, safe=""))
