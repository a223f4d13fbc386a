"""What the pages say around what they show: each word by its name in the templates, and its text in the catalogues."""

from collections.abc import Mapping
from types import MappingProxyType

from markupsafe import Markup

from pointsman.domain.booking.lifecycle import RejectCode
from pointsman.domain.leads.facts import LeadStage
from pointsman.domain.messages.message import Message, say
from pointsman.services.wording.rendering import MessageReader, render

WORDS: Mapping[str, Message] = MappingProxyType(
    {
        "skip": say("lead-page.skip"),
        "languages": say("lead-page.languages"),
        "private": say("lead-page.private"),
        "lead": say("lead-page.lead"),
        "name": say("lead-page.name"),
        "company": say("lead-page.company"),
        "email": say("lead-page.email"),
        "phone": say("lead-page.phone"),
        "stage": say("lead-page.stage"),
        "holder": say("lead-page.holder"),
        "do_not_contact": say("lead-page.do-not-contact"),
        "appointment": say("lead-page.appointment"),
        "when": say("lead-page.when"),
        "with": say("lead-page.with"),
        "join": say("lead-page.join"),
        "status": say("lead-page.status"),
        "accept": say("lead-page.accept"),
        "reject": say("lead-page.reject"),
        "reject_open": say("lead-page.reject-open"),
        "reject_why": say("lead-page.reject-why"),
        "reject_text": say("lead-page.reject-text"),
        "missing": say("lead-page.missing"),
        "missing_condition": say("lead-page.missing-condition"),
        "evidence": say("lead-page.evidence"),
        "denied": say("lead-page.denied"),
        "over": say("lead-page.over"),
        "journey": say("lead-page.journey"),
        "journey_cut": say("lead-page.journey-cut"),
        "accepted": say("lead-page.accepted"),
        "is_accepted": say("lead-page.is-accepted"),
        "changed": say("lead-page.changed"),
        "fixed": say("lead-page.fixed"),
        "incomplete": say("lead-page.incomplete"),
        "rejected_title": say("lead-page.rejected-title"),
        "rejected": say("lead-page.rejected"),
        "unknown_title": say("lead-page.unknown-title"),
        "unknown": say("lead-page.unknown"),
        "expired_title": say("lead-page.expired-title"),
        "expired": say("lead-page.expired"),
        "closed_title": say("lead-page.closed-title"),
        "closed": say("lead-page.closed"),
        "later_title": say("lead-page.later-title"),
        "later": say("lead-page.later"),
        "unreadable_title": say("lead-page.unreadable-title"),
        "unreadable": say("lead-page.unreadable"),
        "start_title": say("lead-page.start-title"),
        "start": say("lead-page.start"),
        "start_next": say("lead-page.start-next"),
        "start_console": say("lead-page.start-console"),
        "start_openapi": say("lead-page.start-openapi"),
        "start_ready": say("lead-page.start-ready"),
        "start_live": say("lead-page.start-live"),
        "start_demo": say("lead-page.start-demo"),
        "start_demo_lead": say("lead-page.start-demo-lead"),
        "start_demo_booking": say("lead-page.start-demo-booking"),
        "start_lead": say("lead-page.start-lead"),
        "start_lead_how": say("lead-page.start-lead-how"),
        "sign_in_done": say("lead-page.sign-in-done"),
        "sign_in_failed": say("lead-page.sign-in-failed"),
        "sign_in_done_text": say("lead-page.sign-in-done-text"),
        "sign_in_lacking_text": say("lead-page.sign-in-lacking-text"),
        "sign_in_not_working_text": say("lead-page.sign-in-not-working-text"),
        "sign_in_declined_text": say("lead-page.sign-in-declined-text"),
        "sign_in_refused_text": say("lead-page.sign-in-refused-text"),
        "sign_in_no_answer_text": say("lead-page.sign-in-no-answer-text"),
        "sign_in_other_vendor_text": say("lead-page.sign-in-other-vendor-text"),
        "sign_in_changed_text": say("lead-page.sign-in-changed-text"),
        "sign_in_late_text": say("lead-page.sign-in-late-text"),
        "sign_in_unknown_text": say("lead-page.sign-in-unknown-text"),
    }
)
STAGES: Mapping[str, Message] = {
    LeadStage.NEW: say("lead-page.stage-new"),
    LeadStage.WORKING: say("lead-page.stage-working"),
    LeadStage.HELD: say("lead-page.stage-held"),
    LeadStage.NURTURE: say("lead-page.stage-nurture"),
    LeadStage.CLOSING: say("lead-page.stage-closing"),
    LeadStage.BOOKED: say("lead-page.stage-booked"),
    LeadStage.WON: say("lead-page.stage-won"),
    LeadStage.CLOSED: say("lead-page.stage-closed"),
}
STATUSES: Mapping[str, Message] = {
    "requested": say("lead-page.status-requested"),
    "confirmed": say("lead-page.status-confirmed"),
}
REJECT_CODES: Mapping[str, Message] = {
    RejectCode.WRONG_SEGMENT: say("lead-page.reject-wrong-segment"),
    RejectCode.WRONG_BUYER: say("lead-page.reject-wrong-buyer"),
    RejectCode.WRONG_VALUE: say("lead-page.reject-wrong-value"),
    RejectCode.NOT_QUALIFIED: say("lead-page.reject-not-qualified"),
    RejectCode.DUPLICATE: say("lead-page.reject-duplicate"),
}


def words_in(language: str) -> dict[str, str]:
    """All words of the templates in a language."""
    reader = MessageReader(language=language)
    return {name: render(message, reader) for name, message in WORDS.items()}


def isolated(text: object) -> Markup:
    """Text that somebody wrote, escaped, and kept from turning the words beside it round (a name may be in Arabic or Hebrew)."""
    return Markup("<bdi>{}</bdi>").format(text)
