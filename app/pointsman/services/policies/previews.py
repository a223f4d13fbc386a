"""What buyers would read under a policy: each message of each pool that sends mail, in both languages, with made-up values."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from pointsman.domain.dates.local_time import local_date, local_to_utc
from pointsman.domain.messages.message import say
from pointsman.domain.policy.document import Policy, Pool
from pointsman.domain.policy.invitations import BuyerMessage, TextLanguage, TextName
from pointsman.domain.roster.reps import Roster
from pointsman.services.ports import Env
from pointsman.services.wording.message_texts import purpose_of, sender_of, text_of, time_values
from pointsman.services.wording.rendering import MessageReader, render
from pointsman.services.wording.texts import can_be_sent, render_html, render_line, render_text

#: More than anybody reads; the rest is counted.
MAX_POOLS = 20
_LANGUAGES: tuple[TextLanguage, ...] = ("de", "en")
_WEEK, _MORNING = timedelta(days=7), time(10)


@dataclass(frozen=True, slots=True, kw_only=True)
class MessagePreview:
    """One message in one language."""

    message: BuyerMessage
    language: TextLanguage
    sender: str
    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolPreview:
    """The messages of one pool, and the values that were made up for them, by language."""

    pool: str
    values: Mapping[str, Mapping[TextName, str]]
    messages: tuple[MessagePreview, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """The first MAX_POOLS pools that send mail, and how many more do."""

    pools: tuple[PoolPreview, ...] = ()
    left_out: int = 0


def preview_policy(env: Env, policy: Policy, roster: Roster | None) -> Preview:
    """Messages whose texts have no fault. Reps are called as the roster calls them, else by their keys."""
    sending = [(name, pool) for name, pool in policy.pools.items() if pool.invitations.mails]
    shown = tuple(_pool(env, name, pool, policy, roster) for name, pool in sending[:MAX_POOLS])
    return Preview(pools=shown, left_out=len(sending[MAX_POOLS:]))


def _pool(env: Env, name: str, pool: Pool, policy: Policy, roster: Roster | None) -> PoolPreview:
    reps = _reps(pool, policy, roster)
    values: dict[str, Mapping[TextName, str]] = {
        language: _values(env, pool, reps, language) for language in _LANGUAGES
    }
    return PoolPreview(pool=name, values=values, messages=tuple(_messages(pool, values)))


def _messages(pool: Pool, values: Mapping[str, Mapping[TextName, str]]) -> Iterator[MessagePreview]:
    given = pool.invitations
    for message in BuyerMessage:
        if message is BuyerMessage.REMINDER and not given.reminders:
            continue
        for language in _LANGUAGES:
            text = text_of(given, message, language)
            if not all(map(can_be_sent, (text.subject, text.body, given.sender or ""))):
                continue  # the check says what is wrong
            yield MessagePreview(
                message=message,
                language=language,
                sender=sender_of(given, values[language]),
                subject=render_line(text.subject, values[language]),
                text=render_text(text.body, values[language]),
                html=render_html(text.body, values[language]),
            )


def _reps(pool: Pool, policy: Policy, roster: Roster | None) -> list[str]:
    """The first rep of the pool, and of each that sends one along."""
    pools = [pool, *(policy.pools[name] for name in pool.booking.companion_pools if name in policy.pools)]
    keys = [one.members[0].rep for one in pools if one.members]
    known = roster.reps if roster is not None else {}
    return [known[key].name if key in known else key for key in keys]


def _values(env: Env, pool: Pool, reps: list[str], language: TextLanguage) -> dict[TextName, str]:
    from pointsman.services.wording.locale_formats import list_in_words  # noqa: PLC0415  # Babel takes long to import

    reader = MessageReader(language=language)
    first, last = (render(say(key), reader) for key in ("message.example-first-name", "message.example-last-name"))
    start = _next_week(env.clock(), pool.time_zone)
    return {
        TextName.FIRST_NAME: first,
        TextName.LAST_NAME: last,
        TextName.NAME: f"{first} {last}",
        TextName.COMPANY: render(say("message.example-company"), reader),
        TextName.REP: reps[0] if reps else "",
        TextName.REPS: list_in_words(reps, language=language),
        TextName.PURPOSE: purpose_of(pool.booking, language),
        **time_values(start, pool.booking.duration, zone=pool.time_zone, language=language),
        TextName.JOIN_URL: "https://meet.example/abc-defg-hij",
        TextName.CHANGE_URL: f"{env.public_url}/…",
        TextName.ORGANISATION: env.organisation,
    }


def _next_week(at: datetime, zone: str) -> datetime:
    """Ten o'clock, a week from now."""
    return local_to_utc(local_date(at + _WEEK, zone), _MORNING, zone)
