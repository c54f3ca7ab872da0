from __future__ import annotations

from ingestion.connect.mapping.proposal import FirstMatch, Hop, LookedUp
from ingestion.connect.mapping.shapes.campaign_touches import campaign_touches
from tests.unit.ingestion.connect.mapping.shapes.conftest import Profiled, Row, basket_rows

LOG = ("hh,b,c,d,e,f,g", basket_rows())
SENT: list[Row] = [(f"K{k}a", 100 + h) for k in range(4) for h in range(15) if (k + h) % 2]
PLANS: list[Row] = [(f"K{k}a", f"2025-0{k + 2}-28", f"2025-0{k + 1}-01") for k in range(4)]


def test_a_contact_without_a_time_has_the_begin_of_its_campaign(profiled: Profiled) -> None:
    profile = profiled(log=LOG, mails=("plan,hh", SENT), plans=("plan,until,begins", PLANS))
    touches = campaign_touches(profile, profile.tables["log"], "hh", {"log"})
    assert touches is not None
    assert touches.table == "mails"
    # No name is known: the earlier of the two times is the begin.
    expected = LookedUp("plan", (Hop("plans", "plan", "begins"),))
    assert touches.columns["sent_at"].value == expected
    assert touches.columns["redeemed_at"].value is None
    assert "was each row of mails sent at plans.begins?" in touches.columns["sent_at"].questions


def test_a_second_table_of_contacts_with_a_time_has_the_redemptions(profiled: Profiled) -> None:
    used = [(plan, home, "2025-03-05") for plan, home in SENT[::3]]
    used[0] = (*used[0][:2], "2025-03-06")
    profile = profiled(
        log=LOG,
        mails=("plan,hh", SENT),
        plans=("plan,until,begins", PLANS),
        used=("plan,hh,on_day", used),
    )
    touches = campaign_touches(profile, profile.tables["log"], "hh", {"log"})
    assert touches is not None
    assert touches.columns["redeemed_at"].value == FirstMatch(
        "used", "on_day", (("hh", "hh"), ("plan", "plan"))
    )


def test_customers_without_campaigns_are_no_touches(profiled: Profiled) -> None:
    profile = profiled(log=LOG, homes=("hh,size", [(100 + n, n) for n in range(15)]))
    assert campaign_touches(profile, profile.tables["log"], "hh", {"log"}) is None
