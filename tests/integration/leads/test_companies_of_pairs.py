"""The corpus's judge of pairs says what the service does: the second person gets the first one's account, or another."""

import re

import pytest

from pointsman.services.intake.submit_lead import submit_lead
from pointsman.services.leads.lead_input import LeadInput
from support.floors.use_case_env import SENDER, World
from support.matching.pairs import MIXED, lines

pytestmark = pytest.mark.anyio

_STEMS = re.compile("(nordlicht|südlicht|vogel|müller|mueller|schmidt|weber|client|agency|gruppe)", re.IGNORECASE)
#: Joined by a human alone: see `LOST_COMPANIES` of tests/unit/leads/test_matching_corpus.py.
_MISSED = {"- mb-gruppe.de Müller_Bau_GmbH", "- schmidt-tore.de Schmidt_Tore"}


async def test_pairs_of_websites_addresses_and_names_are_matched_as_the_corpus_says(world: World) -> None:
    wrong = []
    for number, (left, right, same) in enumerate(lines(MIXED), start=1):
        accounts = []
        for side in (left, right):
            website, host, name = _STEMS.sub(rf"\g<1>{number}x", side).split()
            facts = {"company.domain": website, "company.name": name.replace("_", " ")}
            given = LeadInput(
                email=None if host == "-" else f"p{number}{len(accounts)}@{host}",
                external_id=f"pair-{number}-{len(accounts)}",
                facts={field: value for field, value in facts.items() if value != "-"},
            )
            accounts.append((await submit_lead(world.env, given, actor=SENDER)).lead.account_id)
        taken = accounts[0] is not None and accounts[0] == accounts[1]
        if taken != (same and right not in _MISSED):
            wrong.append(f"{left} | {right}")
    assert wrong == []
