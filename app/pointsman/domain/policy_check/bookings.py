"""Does what a pool says of its appointments fit its work, can the pools that it names send a companion, and its texts be sent?"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass

from pointsman.domain.messages.message import Arg, Message, rep_name, say
from pointsman.domain.messages.suggestions import suggestion
from pointsman.domain.policy.document import Policy, Pool
from pointsman.domain.policy.invitations import (
    SENDER_NAMES,
    TEXT_NAMES,
    BuyerMessage,
    InvitationRules,
    Inviter,
    TextCheck,
    TextFault,
    TextFaultKind,
    TextName,
)
from pointsman.domain.policy.pools import CREATE_MEETING, OfferMode
from pointsman.domain.policy_check.distribution import BOOKED_WORKS
from pointsman.domain.policy_check.findings import Finding, error, warning
from pointsman.domain.policy_words.terms import WORKS
from pointsman.domain.roster.reps import Roster
from pointsman.domain.roster.roles import GATED_WORKS

#: Works that are done beside who leads an appointment: booked ones that need no gate of their own.
COMPANION_WORKS = BOOKED_WORKS - GATED_WORKS
#: All that a text takes beside names, as an author writes it.
_TAGS = "{% if NAME %}…{% endif %}"
_MALFORMED: Mapping[TextFaultKind, str] = {
    TextFaultKind.FORBIDDEN: "finding.text-forbidden",
    TextFaultKind.UNCLOSED: "finding.text-unclosed",
    TextFaultKind.UNOPENED: "finding.text-unopened",
    TextFaultKind.TOO_DEEP: "finding.text-too-deep",
}
#: What authors call our names, who write them in the language of their mail.
_IN_GERMAN: Mapping[str, TextName] = {
    "vorname": TextName.FIRST_NAME,
    "nachname": TextName.LAST_NAME,
    "familienname": TextName.LAST_NAME,
    "firma": TextName.COMPANY,
    "unternehmen": TextName.COMPANY,
    "berater": TextName.REP,
    "beraterin": TextName.REP,
    "ansprechpartner": TextName.REP,
    "anlass": TextName.PURPOSE,
    "zweck": TextName.PURPOSE,
    "thema": TextName.PURPOSE,
    "tag": TextName.DAY,
    "datum": TextName.DAY,
    "zeit": TextName.TIME,
    "uhrzeit": TextName.TIME,
    "zeitzone": TextName.TIME_ZONE,
    "dauer": TextName.DURATION,
    "organisation": TextName.ORGANISATION,
}
#: Different texts of a policy: each is parsed.
MAX_TEXTS = 400


def check_bookings(policy: Policy) -> Iterator[Finding]:
    """Offers without appointments, and groups that could never meet."""
    for name, pool in policy.pools.items():
        path = f"pools.{name}.booking"
        if pool.work not in BOOKED_WORKS and (
            pool.booking.offer is not OfferMode.STRICT or pool.booking.companion_pools
        ):
            what = "companion_pools" if pool.booking.companion_pools else "offer"
            message = say("finding.booking-without-effect", work=WORKS[pool.work])
            yield warning(f"{path}.{what}", "booking-without-effect", message)
        yield from _check_companion_pools(path, name, pool, policy)


def _check_companion_pools(path: str, name: str, pool: Pool, policy: Policy) -> Iterator[Finding]:
    seen: set[str] = set()
    for i, other in enumerate(pool.booking.companion_pools):
        where = f"{path}.companion_pools[{i}]"
        known = policy.pools.get(other)
        if known is None:
            hint = suggestion(other, policy.pools) or say("finding.add-under", section="pools")
            yield error(where, "unknown-pool", say("finding.unknown-pool", name=other, hint=hint))
        elif other == name:
            yield error(where, "companion-pool-misfit", say("finding.companion-leads"))
        elif other in seen:
            yield error(where, "companion-pool-misfit", say("finding.companion-twice", pool=other))
        elif known.work not in COMPANION_WORKS:
            works = tuple(WORKS[work] for work in sorted(COMPANION_WORKS))
            message = say("finding.companion-work", pool=other, work=WORKS[known.work], works=works)
            yield error(where, "companion-pool-misfit", message)
        elif known.booking.companion_pools:
            yield error(where, "companion-pool-misfit", say("finding.companion-asks-along", pool=other))
        seen.add(other)


@dataclass(frozen=True, slots=True, kw_only=True)
class RepCalendar:
    """What the vendor of a rep's calendar does with an appointment that is written to it."""

    invites: bool  # it writes to the guests
    meets: bool  # it makes a meeting


def check_calendars(
    policy: Policy, roster: Roster | None, calendars: Mapping[str, RepCalendar] | None
) -> Iterator[Finding]:
    """What a pool leaves to its reps' calendars that some cannot do. `calendars` has those that are written to, by rep."""
    for name, pool in policy.pools.items():
        given, path = pool.invitations, f"pools.{name}"
        if pool.work not in BOOKED_WORKS:
            continue
        if given.by is Inviter.CALENDAR and given.connection is None:
            if roster is None or calendars is None:
                yield warning(
                    f"{path}.invitations", "invitations-without-fallback", say("finding.invitations-without-fallback")
                )
            elif cannot := _without(pool, roster, calendars, lambda calendar: calendar.invites):
                message = say("finding.calendars-invite-nobody", reps=cannot)
                yield warning(f"{path}.invitations", "invitations-without-fallback", message)
        if pool.booking.conference == CREATE_MEETING and roster is not None and calendars is not None:
            cannot = _without(pool, roster, calendars, lambda calendar: calendar.meets)
            if cannot:
                message = say("finding.calendars-make-no-meeting", reps=cannot)
                yield warning(f"{path}.booking.conference", "conference-without-meeting", message)


def _without(
    pool: Pool, roster: Roster, calendars: Mapping[str, RepCalendar], can: Callable[[RepCalendar], bool]
) -> tuple[Arg, ...]:
    """The members who may get the pool's work, and whose calendar cannot; who has none is not booked."""
    reps = [roster.reps[member.rep] for member in pool.members if member.rep in roster.reps and member.rep in calendars]
    able = [rep for rep in reps if rep.active and rep.role.allows(pool.work)]
    return tuple(rep_name(rep.key) for rep in able if not can(calendars[rep.key]))


def check_invitations(
    policy: Policy, texts: TextCheck, is_address: Callable[[str], bool], sends_mail: Mapping[str, bool] | None
) -> Iterator[Finding]:
    """Texts that cannot be rendered, ways that do not lead to a buyer, and what is never sent.

    `sends_mail` tells of each connection by its key; without it, what depends on connections is left out.
    """
    seen: set[str] = set()
    for name, pool in policy.pools.items():
        given, path = pool.invitations, f"pools.{name}.invitations"
        if given == InvitationRules():
            continue
        yield from _check_ways(path, pool, sends_mail)
        if given.reply_to is not None and not is_address(given.reply_to):
            yield error(f"{path}.reply_to", "not-an-address", say("finding.not-an-address", given=given.reply_to))
        for where, source, names in _texts(path, given):
            seen.add(source)
            if len(seen) > MAX_TEXTS:
                yield error(where, "too-many-texts", say("finding.too-many-texts", count=MAX_TEXTS))
                return
            for fault in texts(source, names):
                yield _text_finding(where, fault, names)


def _texts(path: str, given: InvitationRules) -> Iterator[tuple[str, str, Collection[TextName]]]:
    """Each text with its place and the names that it may use."""
    if given.sender is not None:
        yield f"{path}.sender", given.sender, SENDER_NAMES
    for message, by_language in given.texts.items():
        for language, words in by_language.items():
            for part, source in (("subject", words.subject), ("body", words.body)):
                if source is not None:
                    yield f"{path}.texts.{message}.{language}.{part}", source, TEXT_NAMES


def _text_finding(path: str, fault: TextFault, names: Collection[TextName]) -> Finding:
    line, given = fault.line, fault.given
    if fault.kind is TextFaultKind.LITERAL:
        message = say("finding.text-literal", line=line, given=given, hint=_meant(given, names))
        return warning(path, "text-literal", message)
    if fault.kind is not TextFaultKind.UNKNOWN_NAME:
        message = say(_MALFORMED[fault.kind], line=line, given=given, tags=_TAGS)
        return error(path, "text-malformed", message)
    if given in tuple(TextName):
        known = say("suggestion.known-are", names=tuple(sorted(names)))
        return error(path, "unknown-text-name", say("finding.sender-names", line=line, name=given, hint=known))
    message = say("finding.text-unknown-name", line=line, name=given, hint=_meant(given, names))
    return error(path, "unknown-text-name", message)


def _meant(given: str, names: Collection[TextName]) -> Message:
    """Which name an author may mean by what stands in some brackets, or else all of them."""
    word = re.sub(r"[\s-]+", "_", re.sub(r"^\W+|\W+$", "", given)).casefold()
    name = _IN_GERMAN.get(word)
    hint = suggestion(word if name is None else name, names)
    return hint or say("suggestion.known-are", names=tuple(sorted(names)))


def _check_ways(path: str, pool: Pool, sends_mail: Mapping[str, bool] | None) -> Iterator[Finding]:
    given = pool.invitations
    if given.by is Inviter.NOBODY:
        yield warning(path, "invitations-without-effect", say("finding.invitations-to-nobody"))
    elif pool.work not in BOOKED_WORKS:
        message = say("finding.invitations-without-effect", work=WORKS[pool.work])
        yield warning(path, "invitations-without-effect", message)
    if given.by is not Inviter.NOBODY and BuyerMessage.REMINDER in given.texts and not given.reminders:
        where = f"{path}.texts.{BuyerMessage.REMINDER}"
        yield warning(where, "invitations-without-effect", say("finding.reminder-text-unused"))
    if given.connection is None or sends_mail is None:
        return
    if given.connection not in sends_mail:
        senders = [key for key, sends in sends_mail.items() if sends]
        hint = suggestion(given.connection, senders) or say("finding.add-connection", name=given.connection)
        message = say("finding.unknown-connection", name=given.connection, hint=hint)
        yield error(f"{path}.connection", "unknown-connection", message)
    elif not sends_mail[given.connection]:
        message = say("finding.connection-sends-no-mail", name=given.connection)
        yield error(f"{path}.connection", "connection-sends-no-mail", message)
