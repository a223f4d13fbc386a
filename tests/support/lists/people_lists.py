"""The lists of people, of companies, of what came in and of who changed what, as statements."""

from collections.abc import Mapping
from types import MappingProxyType

from pointsman.db.intake import inbox
from pointsman.db.leads import accounts, former_names, lead_search
from pointsman.db.operations import audit
from support.lists.plans import LIMIT, ListStatement
from support.lists.rows import FIRST, id_of

_AFTER = f"{FIRST} + interval '1 day'"
_SPAN = {"since": {"since": _AFTER}, "until": {"until": _AFTER}}
_FOLLOWING = {"limit": LIMIT, "follows_merges": "true"}


def _page(kind: str) -> Mapping[str, str]:
    return {"after_at": _AFTER, "after_id": id_of(kind, 7)}


PEOPLE_LISTS: Mapping[str, ListStatement] = MappingProxyType({
    "GET /v1/leads": ListStatement(
        statement=lead_search._PAGE,
        tables=("leads", "lead_identities"),
        given={
            "email": {"email_key": "'buyer7@company.example'"},
            "phone": {"phone_key": "'+491717'"},
            "external_id": {"external_id": "'7'"},
            "source_system": {"external_id": "'7'", "source_system": "'crm1'"},
            "q": {"word_1": "'buyer1777'"},
            "stage": {"stage": "'won'"},
            "account": {"account": id_of("account", 7)},
            "source": {"source": "'source7'"},
            "changed_since": {"changed_since": _AFTER},
            "changed_until": {"changed_until": FIRST},
            **_SPAN,
        },
        page=_page("lead"),
        always=_FOLLOWING,
    ),
    "GET /v1/leads (that a rep has)": ListStatement(
        statement=lead_search._PAGE_HELD,
        tables=("leads", "lead_identities", "assignments"),
        given={
            "rep": {"rep": "'rep7'"},
            "work": {"work": "'customer_service'"},
            "pool": {"pool": "'pool7'"},
            "rule": {"rule": "'rule7'"},
        },
        page=_page("lead"),
        always=_FOLLOWING,
    ),
    "GET /v1/leads (by names of merged ones)": ListStatement(
        statement=former_names.LEADS_BY_FORMER_NAMES,
        tables=("leads", "lead_identities"),
        given={"q": {"word_1": "'buyer1777'"}},
        page=_page("lead"),
        always=_FOLLOWING,
    ),
    "GET /v1/accounts (by names of merged ones)": ListStatement(
        statement=former_names.ACCOUNTS_BY_FORMER_NAMES,
        tables=("accounts",),
        given={"q": {"word_1": "'no1777'"}},
        page=_page("account"),
    ),
    "GET /v1/accounts": ListStatement(
        statement=accounts._PAGE,
        tables=("accounts",),
        given={
            "domain": {"domain": "'company7.example'"},
            "q": {"word_1": "'no1777'"},
            "status": {"status": "'customer'"},
            "owner": {"owner": "'rep7'"},
            **_SPAN,
        },
        page=_page("account"),
    ),
    "GET /v1/inbox": ListStatement(
        statement=inbox._PAGE,
        tables=("inbox", "leads"),
        given={
            "status": {"status": "'dead'"},
            "intake": {"intake_key": "'intake7'"},
            "lead": {"lead_id": id_of("lead", 7)},
            "dedupe_key": {"dedupe_key": "'event7'"},
            "error": {"error": "'code7'"},
            **_SPAN,
        },
        page=_page("inbox"),
    ),
    "GET /v1/audit": ListStatement(
        statement=audit._PAGE,
        tables=("audit",),
        given={
            "subject": {"subject": "'lead:7'"},
            "actor": {"actor": "'key:no7'"},
            "action": {"action": "'lead.act7'"},
            **_SPAN,
        },
        page=_page("audit"),
    ),
})  # fmt: skip
