"""Facts that are supposed are read as those of a real lead are."""

from typing import Any

import pytest

from pointsman.domain.policy.parsing import parse_policy
from pointsman.services.explain.hypothetical_facts import apply_hypothetical_facts


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ({"lead.phone": "0171 9988776", "lead.country": "DE"}, {"lead.phone": "+491719988776", "lead.country": "DE"}),
        ({"lead.phone": "+49 171 9988776"}, {"lead.phone": "+491719988776"}),
        ({"lead.phone": "ask for Mara"}, {"lead.phone": "ask for Mara"}),  # kept as written, as of a real lead
        ({"company.domain": "gmail.com"}, {}),
        ({"company.domain": "https://www.facebook.com/acme"}, {}),
        ({"company.domain": "https://www.Acme.de/about"}, {"company.domain": "acme.de"}),
        ({"company.domain": "pages.example"}, {}),
        ({"lead.email": "mara@acme.de"}, {"lead.email": "mara@acme.de", "company.domain": "acme.de"}),
        ({"lead.email": "mara@gmail.com"}, {"lead.email": "mara@gmail.com"}),
        (
            {"lead.email": "mara@acme.de", "company.domain": "vogel.de"},
            {"lead.email": "mara@acme.de", "company.domain": "vogel.de"},
        ),
        ({"lead.email": "noemail@noemail.com"}, {}),
        ({"lead.email": "mara"}, {}),
    ],
)
def test_a_number_an_address_and_a_website_are_what_a_lead_would_have(
    given: dict[str, Any], read: dict[str, Any]
) -> None:
    policy = parse_policy({"matching": {"shared_hosts_extra": ["pages.example"]}})
    assert apply_hypothetical_facts({}, given, policy) == read


def test_what_is_known_of_the_lead_counts_beside_what_is_supposed() -> None:
    known = {"lead.country": "DE", "company.domain": "acme.de", "lead.email": "mara"}
    read = apply_hypothetical_facts(known, {"lead.phone": "0171 9988776", "lead.email": "m@vogel.de"}, parse_policy({}))
    assert (read["lead.phone"], read["company.domain"], read["lead.email"]) == (
        "+491719988776",
        "acme.de",
        "m@vogel.de",
    )
