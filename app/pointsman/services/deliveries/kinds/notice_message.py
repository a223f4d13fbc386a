"""The words of a mail to the buyer: the policy's or ours, with what is known now."""

from datetime import datetime
from typing import cast

from pointsman.domain.dates.living_zones import NO_PLACE, place_on_clock, zone_of_buyer, zones_of_country
from pointsman.domain.policy.invitations import BuyerMessage, TextLanguage, TextName
from pointsman.domain.policy.pools import BookingRules
from pointsman.services.deliveries.calendar_event import lead_language
from pointsman.services.deliveries.enqueue import participants_of
from pointsman.services.deliveries.kinds.rendering import Claimed
from pointsman.services.deliveries.mail.change_link import TOKEN_OUTLIVES, change_link_id
from pointsman.services.deliveries.notices import invitation_rules
from pointsman.services.deliveries.told import CALLED_OFF
from pointsman.services.ports.booking.buyer_mail import Mailbox
from pointsman.services.ports.leads.leads import LeadRow
from pointsman.services.ports.vendors.notices import BuyerNotice
from pointsman.services.signed_links.tokens import LINK_PATH, SignedLink, sign_link
from pointsman.services.wording.message_texts import purpose_of, sender_of, text_of, time_values
from pointsman.services.wording.texts import render_html, render_line, render_text


def lead_reader_language(lead: LeadRow) -> TextLanguage:
    """In which of our languages the buyer reads."""
    return cast("TextLanguage", lead_language(lead))


def build_notice(
    claimed: Claimed, message: BuyerMessage, *, to: str, url: str | None, invitation: bytes | None
) -> BuyerNotice:
    """The message. Sent again it has the same key and name, by which a mailbox can tell that it has it."""
    row, lead, delivery = claimed.appointment, claimed.lead, claimed.delivery
    rules = invitation_rules(claimed.config.policy.policy, row.invitation_pool)
    language, values = lead_reader_language(lead), _values(claimed, url=url)
    rep = claimed.config.roster.reps.get(row.rep_key)
    text = text_of(rules, message, language)
    return BuyerNotice(
        key=delivery.message_key,
        to=to,
        subject=render_line(text.subject, values),
        text=render_text(text.body, values),
        html=render_html(text.body, values),
        sender=sender_of(rules, values),
        reply_to=rules.reply_to or (rep.email if rep else None),
        thread=f"pm-{row.id}",
        at=claimed.env.clock(),
        named_by=delivery.mailed_from if delivery.unsure > 1 else None,
        invitation=invitation,
    )


async def change_url(claimed: Claimed, to: Mailbox) -> str | None:
    """Where the buyer moves the appointment; None once it is called off, or where its link was revoked."""
    row, env = claimed.appointment, claimed.env
    link = await claimed.tx.booking_links.get(change_link_id(row.id, to))
    if link is None or link.revoked_at is not None or row.status in CALLED_OFF:
        return None
    language = lead_reader_language(claimed.lead)
    signed = SignedLink(id=link.id, expires_at=row.ends_at + TOKEN_OUTLIVES, language=language)
    return f"{env.public_url}{LINK_PATH}{sign_link(env.secrets, signed)}"


def _values(claimed: Claimed, *, url: str | None) -> dict[TextName, str]:
    from pointsman.services.wording.locale_formats import list_in_words  # noqa: PLC0415  # Babel takes long to import

    row, lead, language = claimed.appointment, claimed.lead, lead_reader_language(claimed.lead)
    reps = claimed.config.roster.reps
    names = [reps[key].name for _, key in participants_of(row) if key in reps]
    pool = claimed.config.policy.policy.pools.get(row.invitation_pool or "")
    zone = _zone(claimed, claimed.env.clock())
    return {
        TextName.FIRST_NAME: lead.first_name or "",
        TextName.LAST_NAME: lead.last_name or "",
        TextName.NAME: " ".join(part for part in (lead.first_name, lead.last_name) if part),
        TextName.COMPANY: row.company or "",
        TextName.REP: names[0] if names else "",
        TextName.REPS: list_in_words(names, language=language),
        TextName.PURPOSE: purpose_of(pool.booking if pool else BookingRules(), language),
        **time_values(row.starts_at, row.ends_at - row.starts_at, zone=zone, language=language),
        TextName.JOIN_URL: row.join_url or "",
        TextName.CHANGE_URL: url or "",
        TextName.ORGANISATION: claimed.env.organisation,
    }


def _zone(claimed: Claimed, now: datetime) -> str:
    """Where the buyer is by what they gave, else the biggest place of their country, else on the rep's clock."""
    facts = claimed.lead.facts
    country = facts.get("lead.country")
    own, theirs = facts.get("lead.time_zone"), zones_of_country(country, now)
    rep = claimed.config.roster.reps.get(claimed.appointment.rep_key)
    known = zone_of_buyer(time_zone=own, country=country, now=now)
    return known or (theirs[0] if theirs else place_on_clock(rep.time_zone, now) if rep else NO_PLACE)
