"""The fields that a body can have, by what they are about, and what each kind of caller may say of it."""

from collections.abc import Mapping
from enum import StrEnum

from pointsman.domain.permissions.callers import CallerKind


class Topic(StrEnum):
    """What a field is about."""

    LEAD = "lead"  # who the lead is and what is known of it: names, address, `lead.*`, `company.*`, `custom.*`
    ACCOUNT = "account"  # whose a company is, and what it is to us: `account.*`
    EXTERNAL_ID = "external id"  # `external_id` and `source_system`
    EVIDENCE = "evidence"  # a finding: its name, value, affirmed, times
    EVIDENCE_SOURCE = "source of evidence"  # who found it out
    FINDING = "finding"  # `qualification.*` written as a field
    SETTER = "setter"  # the rep who hands over
    BUYERS_ASK = "the buyer asked"  # `for_buyer`
    WISH = "wish"  # what belongs to the operation itself: times, a reason, an outcome, a dry run, a question


class Saying(StrEnum):
    """What becomes of a field that a caller says."""

    TAKEN = "taken"
    OWN = "own"  # taken under the caller's own name alone; another's name is refused or put under the caller's
    IGNORED = "ignored"  # left out, with a warning in the answer
    REFUSED = "refused"  # 422, with the path


_T, _O, _I, _R = Saying.TAKEN, Saying.OWN, Saying.IGNORED, Saying.REFUSED
_KINDS = (
    CallerKind.ADMIN,
    CallerKind.HOUSE,
    CallerKind.REP,
    CallerKind.PARTNER,
    CallerKind.PARTNER_REP,
    CallerKind.WEBHOOK,
    CallerKind.BUYER,
    CallerKind.SERVICE,
)

#: One row for each topic, one column for each kind of caller.
_TABLE: Mapping[Topic, tuple[Saying, ...]] = {
    #                      admin house rep partner partner's-rep webhook buyer service
    Topic.LEAD:            (_T, _T, _T, _T, _T, _T, _R, _T),
    Topic.ACCOUNT:         (_T, _T, _I, _I, _I, _T, _R, _T),
    Topic.EXTERNAL_ID:     (_T, _O, _O, _O, _O, _O, _R, _T),
    Topic.EVIDENCE:        (_T, _T, _T, _T, _T, _T, _R, _T),
    Topic.EVIDENCE_SOURCE: (_T, _O, _O, _O, _O, _O, _R, _T),
    Topic.FINDING:         (_R, _R, _R, _R, _R, _R, _R, _R),
    Topic.SETTER:          (_T, _T, _O, _O, _O, _T, _R, _T),
    Topic.BUYERS_ASK:      (_T, _T, _O, _T, _O, _T, _O, _T),
    Topic.WISH:            (_T, _T, _T, _T, _T, _T, _T, _T),
}  # fmt: skip

#: How the table's words are meant, where a topic has more to say; `docs/security.md` prints it.
NOTES: Mapping[Topic, str] = {
    Topic.LEAD: "Of a lead that the caller may not see, a partner's word is kept for an admin and changes nothing.",
    Topic.ACCOUNT: "`account.*`, and the domain that an account learns. Ignored with a warning; every change that is taken is "
    "audited under `account:<id>`.",
    Topic.EXTERNAL_ID: "Webhooks have ids of the source system that their mapping names, house keys ids of the API, each "
    "partner its own. A source system that an intake speaks for is refused to a house key; an admin's key brings ids of it in.",
    Topic.EVIDENCE: "Whether it counts for a gate, the policy says (`evidence.sources`).",
    Topic.EVIDENCE_SOURCE: "A rep's key speaks as `sdr:<rep>`. A partner's key as one of its reps, or under "
    "`partner:<supplier>/`. A house key chooses a word, a rep's name only with the scope `handover`. A webhook under its "
    "intake's name, as its mapping says, or as the setter that it names.",
    Topic.FINDING: "`qualification.*` follows from evidence and is nobody's to write.",
    Topic.SETTER: "A rep's key hands over as that rep, a partner's as one of its own.",
    Topic.BUYERS_ASK: "As the table of sides says: a closer does not say it; a booking link is the buyer.",
    Topic.WISH: "By each caller that may do the operation.",
}


def saying(topic: Topic, kind: CallerKind) -> Saying:
    """What becomes of a field of this topic when this kind of caller says it."""
    return _TABLE[topic][_KINDS.index(kind)]


def topic_of_field(name: str) -> Topic:
    """The topic of a lead's field as it stands under `fields`: "account.status"."""
    match name.partition(".")[0]:
        case "account":
            return Topic.ACCOUNT
        case "qualification":
            return Topic.FINDING
        case _:
            return Topic.LEAD


#: Every field of the bodies that callers other than an admin may send, by schema of the OpenAPI document and name. All
#: other bodies are an admin's.
BODY_FIELDS: Mapping[str, Mapping[str, Topic]] = {
    "LeadIn": {
        **dict.fromkeys(("email", "first_name", "last_name", "phone", "occurred_at"), Topic.LEAD),
        "fields": Topic.LEAD,  # each by `topic_of_field`
        **dict.fromkeys(("external_id", "source_system"), Topic.EXTERNAL_ID),
        "evidence": Topic.EVIDENCE,
    },
    "EvidenceIn": {
        **dict.fromkeys(("name", "value", "affirmed", "observed_at", "expires_at"), Topic.EVIDENCE),
        "source": Topic.EVIDENCE_SOURCE,
    },
    "HandoverIn": {
        "evidence": Topic.EVIDENCE,
        "setter": Topic.SETTER,
        **dict.fromkeys(("auto_book", "window", "book", "dry_run"), Topic.WISH),
    },
    "HandoverEvidenceIn": {
        **dict.fromkeys(("name", "value", "affirmed", "observed_at", "expires_at"), Topic.EVIDENCE),
        "source": Topic.EVIDENCE_SOURCE,
    },
    "BookSlotIn": dict.fromkeys(("start", "end"), Topic.WISH),
    "WindowIn": dict.fromkeys(("start", "end"), Topic.WISH),
    "SlotHoldIn": dict.fromkeys(("lead_id", "start", "end"), Topic.WISH),
    "AppointmentIn": dict.fromkeys(("lead_id", "start", "end"), Topic.WISH),
    "BookingLinkIn": dict.fromkeys(("expires_in", "language", "zone"), Topic.WISH),
    "LeadLinkIn": dict.fromkeys(("reader", "expires_in", "language"), Topic.WISH),
    "CancelIn": {"for_buyer": Topic.BUYERS_ASK, "reason": Topic.WISH},
    "RescheduleIn": {
        "for_buyer": Topic.BUYERS_ASK,
        **dict.fromkeys(("start", "end", "reason", "keep_rep"), Topic.WISH),
    },
    "RejectIn": dict.fromkeys(("code", "reason"), Topic.WISH),
    "OutcomeIn": dict.fromkeys(("outcome", "again_on", "reason"), Topic.WISH),
    "DoNotContactIn": dict.fromkeys(("reason",), Topic.WISH),
    "TimeOffIn": dict.fromkeys(("first_day", "last_day", "start", "end", "reason"), Topic.WISH),
    "ExplainIn": dict.fromkeys(("lead_id", "facts", "version", "document", "purpose", "gate_open"), Topic.WISH),
    "SimulateIn": dict.fromkeys(("since", "until", "limit", "ledgers_from_zero"), Topic.WISH),
    "PreviewIn": dict.fromkeys(("lead", "record", "fields"), Topic.WISH),
    "MappedFieldIn": dict.fromkeys(("fact", "field", "direction", "wins", "choices", "transforms"), Topic.WISH),
    "SimulateDocumentIn": dict.fromkeys(("since", "until", "limit", "ledgers_from_zero", "document"), Topic.WISH),
}
