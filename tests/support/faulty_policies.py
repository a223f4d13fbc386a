"""A sound policy, its reps, and for each code and severity of the check a change that brings it up."""

from collections.abc import Callable
from datetime import date, time
from typing import Any

from pointsman.domain.conditions.definitions import Definitions
from pointsman.domain.leads.normalise import email_key
from pointsman.domain.policy.crm.actions import CrmAbility
from pointsman.domain.policy.document import Policy
from pointsman.domain.policy.parsing import parse_policy
from pointsman.domain.policy_check.bookings import MAX_TEXTS, RepCalendar
from pointsman.domain.policy_check.crm.actions import CrmConnection
from pointsman.domain.policy_check.findings import Finding, Severity
from pointsman.domain.policy_check.logic import check_logic
from pointsman.domain.policy_check.run import check_policy
from pointsman.domain.roster.reps import Caps, WeeklyBlock
from pointsman.domain.roster.roles import Role, Work
from pointsman.services.codes.registered_domains import host_to_ascii
from pointsman.services.wording.text_grammar import check_text
from support.roster import CLOSER, rep, roster

HUNTER = Role(name="Hunter", works=frozenset({Work.PROSPECTING, Work.CLOSING}))
DESIGNER = Role(name="Designer", works=frozenset({Work.SOLUTION_DESIGN}))
ROUND_THE_CLOCK = tuple(WeeklyBlock(weekday=day, start=time(0), end=time.max) for day in range(7))
FLOOR = roster(
    rep("lena", working_hours=ROUND_THE_CLOCK, skills={"languages": frozenset({"de"})}, started_on=date(2026, 1, 1)),
    rep("lars", working_hours=ROUND_THE_CLOCK, skills={"languages": frozenset({"de"})}),
    rep("max", supplier="acme", tier=2),
    rep("idle", active=False),
    rep("none", weight=0),
    rep("lazy", working_hours=()),
    rep("capped", caps=Caps(categories={"trials": Caps(per_day=1)})),
    rep("carl", CLOSER),
    rep("late", CLOSER, working_hours=()),
    rep("hugo", HUNTER),
    rep("dora", DESIGNER),
)
SENDERS = {
    f"p{i}": {
        "work": "closing",
        "members": ["carl"],
        "invitations": {"by": "mail", "connection": "post", "sender": f"us {i}"},
    }
    for i in range(MAX_TEXTS + 1)
}
CONNECTIONS = {"post": True, "calendars": False}
CRMS = (
    CrmConnection(key="hub", hears_of_leads=True, abilities=frozenset({CrmAbility.RECORDS, CrmAbility.TASKS})),
    CrmConnection(key="other", hears_of_leads=True, abilities=frozenset({CrmAbility.RECORDS})),
    CrmConnection(key="post", hears_of_leads=False),
)
RULE = {"name": "everyone", "work": "qualification", "pool": "sdr"}
BUYERS = {"name": "buyers", "when": {"field": "lead.score", "gte": 90}, "work": "closing", "pool": "closers"}
GOOD: dict[str, Any] = {
    "gates": {"closing": {"require": ["qualified"]}},
    "pools": {
        "sdr": {"work": "qualification", "members": ["lena"]},
        "closers": {"work": "closing", "members": ["carl"]},
    },
    "rules": [{**BUYERS, "else": "next"}, RULE],
}
ASKS = {"field": "lead.country", "equals": "DE"}
NAMED = {"owner": "Board", "when": ASKS}


def rules(*before: dict[str, Any]) -> dict[str, Any]:
    return {"rules": [*before, *GOOD["rules"]]}


def asks(*parts: dict[str, Any], **over: Any) -> dict[str, Any]:
    """A first rule that asks all of `parts`."""
    when = parts[0] if len(parts) == 1 else {"all": list(parts)}
    return {**rules({**RULE, "name": "first", "when": when}), **over}


def pool(name: str = "sdr", **over: Any) -> dict[str, Any]:
    base = GOOD["pools"].get(name, {"members": ["lena"]})
    used = {"name": "also", "when": ASKS, "work": over.get("work", base.get("work")), "pool": name}
    more = {} if name in GOOD["pools"] else rules(used)
    return {"pools": {**GOOD["pools"], name: {**base, **over}}, **more}


def ranked(*members: str, **over: Any) -> dict[str, Any]:
    prefer = [{"lead": "lead.language", "rep": "languages"}]
    return pool(members=list(members or ["lena"]), method="ranked", ranking={"prefer": prefer, **over})


def score(**over: Any) -> dict[str, Any]:
    return {"scores": {"score.fit": {"owner": "Board", "points": [{"when": ASKS, "points": 5}], **over}}}


def acts(**crm: Any) -> dict[str, Any]:
    """A first rule that has the CRM do this."""
    return rules({**RULE, "name": "first", "when": ASKS, "crm": crm})


def sends(**over: Any) -> dict[str, Any]:
    return pool("closers", invitations={"by": "mail", "connection": "post", **over})


def says(subject: str) -> dict[str, Any]:
    return sends(texts={"confirmation": {"en": {"subject": subject}}})


#: One document for each code and severity; "?" stands for what has no whole document of its own.
CASES: dict[tuple[str, Severity], dict[str, Any]] = {
    (code, Severity(severity)): over
    for code, severity, over in [
        ("alert-without-effect", "warning", rules({"name": "n", "when": ASKS, "work": "nurture", "alert_after": "1h"})),
        (
            "always-true",
            "warning",
            asks({"any": [{"field": "a.b", "present": True}, {"field": "a.b", "present": False}]}),
        ),
        ("booking-without-effect", "warning", pool(booking={"offer": "flexible"})),
        (
            "capacity-always-zero",
            "warning",
            {"suppliers": {"acme": {"capacity": [{"from": "2026-01-01", "open_load": 0}]}}},
        ),
        ("category-without-effect", "warning", rules({"name": "n", "when": ASKS, "work": "nurture", "category": "x"})),
        ("check-incomplete", "warning", {}),
        ("closer-prospects", "error", pool("cold", work="prospecting", members=["hugo"])),
        ("closer-prospects", "warning", pool("closers", members=["carl", "hugo"])),
        (
            "crm-without-effect",
            "warning",
            rules({"name": "n", "when": ASKS, "work": "nurture", "crm": {"lists": ["1"]}}),
        ),
        ("no-crm-there", "warning", acts(lists=["1"])),
        ("several-crms", "warning", acts(set={"status": "OPEN"})),
        ("connection-cannot", "error", acts(connection="other", tasks=[{"subject": "Call"}])),
        ("connection-hears-of-no-leads", "error", acts(connection="post", lists=["1"])),
        ("company-of-many", "warning", {"matching": {"company_domains": ["gmail.com"]}}),
        (
            "domain-in-two-lists",
            "warning",
            {"matching": {"company_domains": ["acme.example"], "shared_hosts_extra": ["shop.acme.example"]}},
        ),
        ("compared-with-itself", "error", asks({"field": "lead.score", "gte": {"field": "lead.score"}})),
        ("contradiction", "error", asks(ASKS, {"field": "lead.country", "equals": "FR"})),
        ("contradiction", "warning", asks({"any": [ASKS, {"all": [ASKS, {"not": ASKS}]}]})),
        ("ledger-mixes-methods", "warning", pool("more", work="qualification", method="least_loaded", ledger="sdr")),
        ("ledger-mixes-work", "error", pool("cold", work="prospecting", ledger="sdr")),
        ("duplicate-rule", "error", rules({**RULE, "when": ASKS})),
        ("else-without-effect", "warning", rules({"name": "n", "when": ASKS, "work": "nurture", "else": "nurture"})),
        ("empty-range", "error", asks({"field": "lead.score", "between": [9, 5]})),
        ("fallback-cycle", "error", rules({**RULE, "name": "f", "when": ASKS, "else": "pool:sdr"})),
        ("fallback-gated", "error", rules({**RULE, "name": "f", "when": ASKS, "else": "pool:closers"})),
        (
            "fallback-other-work",
            "warning",
            {**pool("cold", work="prospecting"), **rules({**RULE, "name": "f", "when": ASKS, "else": "pool:cold"})},
        ),
        ("gate-asks-nothing", "error", {"gates": {"closing": {}}}),
        ("gate-holds", "warning", {"rules": [BUYERS, RULE]}),
        ("gate-missing", "error", {"gates": {}}),
        ("gate-never-opens", "error", {"gates": {**GOOD["gates"], "qualification": {"require": ["qualified"]}}}),
        ("gate-of-nurture", "error", {"gates": {**GOOD["gates"], "nurture": {"require": ["qualified"]}}}),
        ("icp-asks-person", "warning", {"icps": {"core": NAMED}}),
        ("inactive-rep", "warning", pool(members=["lena", "idle"])),
        ("incomparable", "error", asks({"field": "lead.score", "gte": {"field": "lead.country"}})),
        (
            "list-letter-case",
            "warning",
            {
                **pool(match=[{"lead": "lead.segment", "rep": "languages"}]),
                **rules({**RULE, "name": "s", "when": {"field": "lead.segment", "in": ["x", "DE"]}}),
            },
        ),
        ("list-never-equal", "warning", pool(match=[{"lead": "lead.country", "rep": "languages"}])),
        ("member-without-share", "warning", pool(members=["lena", "max"], shares={"acme": 100})),
        ("method-misfit", "error", pool(method="soonest")),
        ("never-equal", "error", asks({"field": "lead.country", "equals": "de"})),
        ("never-mentioned", "error", asks({"field": "lead.message", "mentions": [" "]})),
        ("no-rules", "warning", {"rules": []}),
        ("no-skill", "warning", pool(match=[{"lead": "lead.product", "rep": "products"}])),
        ("no-working-hours", "warning", pool(members=["lena", "lazy"], immediate=True)),
        ("no-working-hours", "warning", pool("closers", members=["carl", "late"])),
        ("nobody-eligible", "error", pool(members=["idle"])),
        ("not-a-domain", "error", asks({"field": "company.domain", "under_domain": ["no domain"]})),
        ("not-a-domain", "warning", asks({"field": "company.domain", "under_domain": ["https://acme.de/x"]})),
        ("operator-misfit", "error", asks({"field": "lead.country", "gte": 5})),
        ("owner-is-salesperson", "error", asks({"segment": "s"}, segments={"s": {**NAMED, "owner": " LENA"}})),
        ("owner-without-order", "error", {**pool(method="owner"), "ownership": {"order": []}}),
        ("pattern-refused", "error", {}),
        (
            "persona-asks-company",
            "warning",
            {"personas": {"p": {**NAMED, "when": {"field": "company.name", "present": True}}}},
        ),
        ("pool-empty", "error", pool(members=[])),
        (
            "preference-without-effect",
            "warning",
            pool(method="ranked", ranking={"prefer": [{"lead": "lead.product", "rep": "products"}]}),
        ),
        ("ramp-never-full", "warning", pool(ramp_up=[{"after": "0d", "percent": 50}])),
        ("ramp-without-start", "warning", pool(members=["max"], ramp_up=[{"after": "0d", "percent": 100}])),
        ("ranking-without-effect", "warning", pool(ranking={"max_turns_ahead": 2})),
        ("ranking-limit-tight", "warning", ranked(max_turns_ahead=1)),
        ("ranking-of-equals", "warning", ranked("lena", "lars")),
        ("ranking-without-preference", "warning", ranked(prefer=[])),
        ("tier-without-preference", "warning", ranked("lena", "max")),
        ("rep-field-without-rep", "error", asks({"field": "rep.tier", "gte": 2})),
        ("repeated-value", "warning", asks({"field": "lead.country", "in": ["DE", "DE"]})),
        (
            "requirement-without-source",
            "error",
            {
                "evidence": {
                    "sources": [{"from": "reps", "kinds": ["motivated"]}, {"from": "webhooks", "names": ["intent"]}]
                }
            },
        ),
        ("requirement-without-source", "warning", {"evidence": {"sources": [{"from": "intake:crmm"}]}}),
        ("empty-word-is-a-yes", "warning", {"evidence": {"empty_words": ["siehe CRM", "ja"]}}),
        (
            "intake-evidence",
            "warning",
            {
                "evidence": {
                    "names": {
                        "budget": {"kind": "qualified"},
                        "goal": {"kind": "motivated"},
                        "tour": {"kind": "educated"},
                    }
                }
            },
        ),
        ("role-forbids", "error", pool(members=["lena", "carl"])),
        ("share-without-member", "warning", pool(shares={"in-house": 50, "acme": 50})),
        ("thresholds-crossed", "error", {"matching": {"names": {"link_at": 90, "suggest_at": 95}}}),
        ("conference-without-meeting", "warning", pool("closers", booking={"conference": "create"})),
        ("connection-sends-no-mail", "error", sends(connection="calendars")),
        ("invitations-without-effect", "warning", pool(invitations={"by": "mail", "connection": "post"})),
        ("invitations-without-fallback", "warning", sends(by="calendar", connection=None)),
        ("not-an-address", "error", sends(reply_to="a@-x.example")),
        ("text-literal", "warning", says("Hello {vorname}")),
        ("text-malformed", "error", says("{{ name }} {% if name %}")),
        ("too-many-texts", "error", {"pools": {**GOOD["pools"], **SENDERS}}),
        ("unknown-connection", "error", sends(connection="psot")),
        ("unknown-text-name", "error", says("{{ nmae }}")),
        ("uncovered-hours", "warning", pool(members=["max"], immediate=True)),
        ("unknown-category", "warning", {}),
        ("unknown-country-group", "error", asks({"field": "lead.country", "in_group": ["DAHC"]})),
        ("companion-pool-misfit", "error", pool("closers", booking={"companion_pools": ["closers"]})),
        ("unknown-field", "error", asks({"field": "lead.contry", "equals": "DE"})),
        ("unknown-icp", "error", asks({"icp": "cor"}, icps={"core": NAMED})),
        ("unknown-persona", "error", asks({"persona": "cfo"})),
        ("unknown-pool", "error", rules({**RULE, "name": "f", "when": ASKS, "pool": "sdrs"})),
        ("unknown-intake", "warning", {"evidence": {"sources": [{"from": "webhooks"}, {"from": "intake:crmm"}]}}),
        ("unknown-rep", "error", pool(members=["lenna"])),
        ("unknown-segment", "error", asks({"segment": "dahc"})),
        ("unknown-skill", "warning", pool(requires={"field": "lead.language", "in": {"field": "rep.langauges"}})),
        ("unknown-supplier", "error", pool(shares={"in-house": 50, "acmee": 50})),
        ("unknown-supplier", "warning", {"suppliers": {"acmee": {}}}),
        ("unknown-word-list", "error", asks({"field": "lead.message", "mentions": ["list:rivals"]})),
        ("unreachable", "error", rules(RULE | {"name": "all of it"})),
        ("unused-definition", "warning", score()),
        ("unused-pool", "warning", {"rules": GOOD["rules"][1:]}),
        ("weight-zero", "warning", pool(members=["lena", "none"])),
        ("whole-day-as-bound", "warning", asks({"field": "lead.created_at", "lte": "2026-02-01"})),
        ("work-mismatch", "error", rules({**RULE, "name": "f", "when": ASKS, "pool": "closers"})),
        ("wrong-type", "error", asks({"field": "lead.score", "equals": "high"})),
    ]
}


def _incomplete() -> tuple[Finding, ...]:
    policy = parse_policy(GOOD)
    return tuple(check_logic(policy, Definitions.of(policy), steps=1))


def _refused_pattern() -> tuple[Finding, ...]:
    """A document from before its pattern was refused when read."""
    document = {**GOOD, **asks({"field": "lead.message", "matches": "(?=x)"})}
    return check_policy(Policy.model_validate(document), FLOOR)


WITHOUT_DOCUMENT: dict[str, Callable[[], tuple[Finding, ...]]] = {
    "check-incomplete": _incomplete,
    "pattern-refused": _refused_pattern,
}


def findings_of(code: str, severity: Severity) -> tuple[Finding, ...]:
    """What the check finds in that case, this code among it."""
    if code in WITHOUT_DOCUMENT:
        return WITHOUT_DOCUMENT[code]()
    document = {**GOOD, **CASES[code, severity]}
    return check_policy(
        parse_policy(document),
        FLOOR,
        {"crm": ["need"]},
        texts=check_text,
        is_address=lambda text: email_key(text, host_to_ascii) is not None,
        sends_mail=CONNECTIONS,
        connections=CRMS,
        calendars={"carl": RepCalendar(invites=False, meets=False)},
    )
