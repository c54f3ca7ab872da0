from __future__ import annotations

from cli.summary.outlook import Outlook, outlook_sentence, shown_probability


def test_the_outlook_names_its_interval_and_a_missing_season() -> None:
    known = outlook_sentence(Outlook(0.353, 0.264, 0.451, 0.329, has_season=True))
    assert known == (
        "35% of the eligible customers, 95 % interval 26% to 45% (the model's own mean is 33%)"
    )
    assert "no season is known" in outlook_sentence(Outlook(0.3, 0.1, 0.6, 0.3, has_season=False))


def test_no_probability_is_shown_as_a_hundred_per_cent() -> None:
    assert shown_probability(0.996) == "over 99%"
    assert shown_probability(0.99) == "99%"
    assert shown_probability(0.305) == "30%"
