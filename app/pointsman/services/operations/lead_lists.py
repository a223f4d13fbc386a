"""Leads found by what people know of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pointsman.domain.errors import Fault, Invalid
from pointsman.domain.leads.normalise import clean_text, email_key
from pointsman.domain.leads.senders import sender_of
from pointsman.domain.text.search_words import search_words
from pointsman.services.codes.registered_domains import host_to_ascii
from pointsman.services.leads.accounts import find_account
from pointsman.services.leads.phone_numbers import read_phone
from pointsman.services.ports import Actor, Env
from pointsman.services.ports.leads.lead_search import LeadFilter
from pointsman.services.ports.leads.leads import LeadRow


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadQuestion:
    """As `LeadFilter`, in the words of a caller: an address and a number in any spelling, an account by id or domain.

    `q` is words of names and addresses.
    """

    email: str | None = None
    external_id: str | None = None
    source_system: str | None = None
    phone: str | None = None
    q: str | None = None
    stage: str | None = None
    account: str | None = None
    source: str | None = None
    rep: str | None = None
    work: str | None = None
    pool: str | None = None
    rule: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    changed_since: datetime | None = None
    changed_until: datetime | None = None


_AS_ASKED = ("stage", "source", "rep", "work", "pool", "rule", "since", "until", "changed_since", "changed_until")


async def lead_page(
    env: Env, asked: LeadQuestion, *, actor: Actor, after: tuple[datetime, UUID] | None, limit: int
) -> Sequence[LeadRow]:
    """Newest first, of those that the caller sees.

    Raises Invalid, with the path `query.<name>`, for what cannot be looked for, and NotFound for an account that there is not.
    """
    email, phone = _email_key(asked.email), _phone_key(asked.phone)
    if asked.source_system is not None and asked.external_id is None:
        raise _unfit("source_system", "It says whose id `external_id` is: give that, too.")
    words = search_words(asked.q, path="query.q") if asked.q is not None else ()
    async with env.uow() as tx:
        account = None if asked.account is None else await find_account(tx, asked.account, path="query.account")
        which = LeadFilter(
            sees=actor.sees,
            sender=sender_of(actor.supplier) if actor.sees.is_limited else None,
            email_key=email,
            phone_key=phone,
            external_id=asked.external_id and clean_text(asked.external_id),
            source_system=asked.source_system and clean_text(asked.source_system),
            words=words,
            account=account,
            **{name: getattr(asked, name) for name in _AS_ASKED},
        )
        ids = await tx.lead_search.page(which, after=after, limit=limit)
        rows = await tx.leads.get_many(ids)
    return [rows[one] for one in ids]


def _email_key(given: str | None) -> str | None:
    key = None if given is None else email_key(given, host_to_ascii)
    if given is not None and key is None:
        raise _unfit("email", "Write one address: name@host.tld, with + as %2B. Parts of an address are found by `q`.")
    return key


def _phone_key(given: str | None) -> str | None:
    phone = None if given is None else read_phone(given, None)
    if given is not None and phone is None:
        raise _unfit("phone", "Write a number with its country code: +49 171 1234567. In an address, + is written %2B.")
    return phone.key if phone else None


def _unfit(name: str, message: str) -> Invalid:
    fault = Fault(path=f"query.{name}", code="bad-search", message=message)
    return Invalid("This cannot be looked for.", faults=[fault])
