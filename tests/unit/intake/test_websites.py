"""A website that a sender gives: kept as the company's domain, or left out with a warning, by both ways in."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from pointsman.domain.errors import Fault
from pointsman.domain.leads.facts import STANDARD_FIELDS, FactValue
from pointsman.domain.permissions.callers import CallerKind
from pointsman.domain.policy.evidence_sources import EvidenceRules
from pointsman.services.codes.registered_domains import MatchingLists
from pointsman.services.intake.api_lead import Surroundings, parse_lead_input
from pointsman.services.intake.mapping.expressions import Evaluation
from pointsman.services.intake.mapping.map_event import map_event
from pointsman.services.intake.mapping.mapping_model import parse_mapping
from pointsman.services.leads.fields import KnownFields
from pointsman.services.ports import Actor

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
KNOWN = KnownFields(
    types=STANDARD_FIELDS, lists=MatchingLists(company_domains=frozenset({"xing.com"})), accepts_any_custom=False
)

Read = tuple[dict[str, FactValue], list[tuple[str, str]]]
Reading = Callable[[dict[str, str]], Read]


def by_api(fields: dict[str, str]) -> Read:
    parsed = parse_lead_input(
        actor=Actor(name="crm", kind=CallerKind.ADMIN),
        around=Surroundings(reps=(), evidence=EvidenceRules(), webhook_systems=()),
        person={"email": "a@b.example"},
        external_id=None,
        source_system=None,
        fields=fields,
        evidence=(),
        occurred_at=None,
        known=KNOWN,
        now=NOW,
    )
    return dict(parsed.lead_input.facts), _shown(parsed.warnings)


def by_webhook(fields: dict[str, str]) -> Read:
    wanted = {"lead.email": "email"} | {name: f'"{name}"' for name in fields}
    mapping = parse_mapping({"fields": wanted}, kind="lead", known=KNOWN)
    event = {"email": "a@b.example", **fields}
    found = map_event(event, mapping, KNOWN, intake="crm", at=NOW, evaluation=Evaluation(0))
    return dict(found.lead_input.facts), _shown(found.warnings)


def _shown(warnings: tuple[Fault, ...]) -> list[tuple[str, str]]:
    return [(fault.path.removeprefix("body."), fault.code) for fault in warnings]


@pytest.mark.parametrize("read", [by_api, by_webhook])
@pytest.mark.parametrize("field", ["company.domain", "account.parent_domain"])
@pytest.mark.parametrize(
    "written",
    [
        "not a domain", "www.acme.de und www.acme.at", "linkedin.com/company/acme", "gmail.com", "10.0.0.1", "acme",
        "keine", "https://",
    ],
)  # fmt: skip
def test_what_is_no_companys_website_is_left_out_with_a_warning(read: Reading, field: str, written: str) -> None:
    assert read({field: written}) == ({}, [(f'fields["{field}"]', "names-no-company")])


@pytest.mark.parametrize("read", [by_api, by_webhook])
@pytest.mark.parametrize("field", ["company.domain", "account.parent_domain"])
@pytest.mark.parametrize(
    ("written", "domain"),
    [
        ("https://www.acme.de/kontakt", "acme.de"),
        ("ACME.de", "acme.de"),
        ("acme.jimdosite.com", "acme.jimdosite.com"),
        ("xing.com", "xing.com"),
    ],
)
def test_a_companys_website_is_read_as_its_domain(read: Reading, field: str, written: str, domain: str) -> None:
    assert read({field: written}) == ({field: domain}, [])
