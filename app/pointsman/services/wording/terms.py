"""Terms inside messages: what a policy and a lead call by a key, as readers of a language call it.

A placeholder says of which kind its key is: "{field:fact}", "{names:evidence bare or}". Keys of ours have a text in the
catalogues' `term.po`; a name that a deployment gave stands in quotes.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache

from pointsman.domain.leads.evidence import EVIDENCE_NAMES, EvidenceKind
from pointsman.domain.leads.facts import QUALIFICATION, STANDARD_FIELDS
from pointsman.domain.roster.rep_facts import REP_FIELDS, REP_PREFIX
from pointsman.services.wording.catalogue import load_catalogue

#: Without the article that a language has before a noun.
BARE = "bare"
_ARTICLES = {"de": ("der ", "die ", "das ", "den ", "dem ")}

#: The lists of reps that the guides use; a deployment may have others.
SKILLS = ("languages", "segments", "products", "regions")
#: What a policy sets, below the part that a sentence is about.
SETTINGS = (
    *("after", "alert_after", "base", "booking", "booking.buffer_after", "booking.buffer_before"),
    *(
        "booking.companion_pools",
        "booking.confirm_within",
        "booking.confirmation",
        "booking.duration",
        "booking.horizon",
    ),
    "booking.conference",
    *("booking.minimum_notice", "booking.offer", "booking.purpose", "booking.slot_grid", "booking.slot_hold_for"),
    *(
        "booking.slots_shown",
        "capacity",
        "category",
        "company_domains",
        "cool_off",
        "description",
        "else",
        "empty_words",
    ),
    *("invitations", "invitations.by", "invitations.connection", "invitations.reminders", "invitations.reply_to"),
    *("invitations.sender", "invitations.texts"),
    *(
        f"invitations.texts.{message}.{language}.{part}"
        for message in ("cancellation", "change", "confirmation", "reminder")
        for language in ("de", "en")
        for part in ("subject", "body")
    ),
    *("crm", "crm.connection", "crm.lists", "crm.set", "crm.tasks", "due_in", "text"),
    *("expires_after", "free_mail_domains_extra", "from", "highest", "immediate", "kinds", "ledger", "lowest", "match"),
    *("members", "method", "name", "names", "names.link_at", "names.suggest_at", "on_fail.missing", "on_fail.refused"),
    *("open_load", "order", "owner", "per_day", "per_week", "percent", "placeholder_names_extra", "points", "pool"),
    *("prefer", "ramp_up", "ranking.max_turns_ahead", "ranking.max_turns_behind", "ranking.prefer", "re_enter"),
    *("require", "requires", "shared_hosts_extra", "shares", "sources", "barred_domains", "tie", "time_zone"),
    *("weight", "when", "work"),
)


def term_keys() -> frozenset[str]:
    """The key of each text in `term.po` that stands for a key of ours."""
    facts = [_key("fact", name) for name in (*STANDARD_FIELDS, *REP_FIELDS)]
    evidence = [_key("evidence", name) for name in EVIDENCE_NAMES]
    kinds = [_key("evidence", kind) for kind in EvidenceKind]
    return frozenset(
        [
            *facts,
            *evidence,
            *kinds,
            *(_key("skill", name) for name in SKILLS),
            *(_key("setting", name) for name in SETTINGS),
        ]
    )


@lru_cache(maxsize=256)
def split_term(how: str) -> tuple[str, str]:
    """How each item of a list is written, and how the list is: "fact bare or" is ("fact bare", "or")."""
    words = how.split()
    of_terms = [word for word in words if word in _KINDS or word == BARE]
    return " ".join(of_terms), " ".join(word for word in words if word not in of_terms)


def is_term(how: str) -> bool:
    """Whether a key that is written so is told in words of ours."""
    return how.partition(" ")[0] in _KINDS


@lru_cache(maxsize=4_096)
def write_term(key: str, how: str, language: str) -> str:
    """The words for `key`, a text of the kind that `how` begins with; a text of no such kind as it stands."""
    kind, _, form = how.partition(" ")
    write = _KINDS.get(kind)
    if write is None:
        return key
    words = write(key, language)
    return without_article(words, language) if form == BARE else words


def without_article(words: str, language: str) -> str:
    """A noun in a place where its article would have to change."""
    first, _, rest = words.partition(" ")
    return rest if f"{first} " in _ARTICLES.get(language, ()) else words


def _fact(key: str, language: str) -> str:
    if key.startswith(QUALIFICATION):
        return _filled(
            "term.fact-evidence", language, name=write_term(key.removeprefix(QUALIFICATION), "evidence bare", language)
        )
    if key in STANDARD_FIELDS or key in REP_FIELDS:
        return _text(_key("fact", key), language)
    if key.startswith(REP_PREFIX):
        return _filled("term.fact-rep-list", language, name=_skill(key.removeprefix(REP_PREFIX), language))
    if key.startswith("score."):
        return _filled("term.fact-score", language, name=key.removeprefix("score."))
    return _filled("term.fact-own", language, name=key.removeprefix("custom."))


def _skill(key: str, language: str) -> str:
    return _text(_key("skill", key), language) if key in SKILLS else _quoted(key, language)


def _evidence(key: str, language: str) -> str:
    return _text(_key("evidence", key), language) if key in EVIDENCE_NAMES else _quoted(key, language)


def _requirement(key: str, language: str) -> str:
    """A kind of evidence, or "kind.name": what a gate requires."""
    kind, _, name = key.partition(".")
    if name:
        return _evidence(name, language)
    return _text(_key("evidence", kind), language) if kind in tuple(EvidenceKind) else _quoted(kind, language)


def _setting(key: str, language: str) -> str:
    """The words of the longest beginning that has some, and what is left of the key in quotes."""
    steps = key.split(".")
    for known in range(len(steps), 0, -1):
        if (name := ".".join(steps[:known])) in SETTINGS:
            rest = ".".join(steps[known:])
            words = _text(_key("setting", name), language)
            return f"{words} {_quoted(rest, language)}" if rest else words
    return _quoted(key, language)


_KINDS: Mapping[str, Callable[[str, str], str]] = {
    "fact": _fact,
    "skill": _skill,
    "evidence": _evidence,
    "requirement": _requirement,
    "setting": _setting,
}


def _key(kind: str, name: str) -> str:
    return f"term.{kind}-{name.replace('_', '-').replace('.', '-')}"


def _quoted(name: str, language: str) -> str:
    return _filled("term.quoted", language, name=name)


def _text(key: str, language: str) -> str:
    return _filled(key, language)


def _filled(key: str, language: str, **args: str) -> str:
    parts = load_catalogue(language).parts(key, args) or ((key, None, ""),)
    return "".join(f"{before}{args[name] if name else ''}" for before, name, _ in parts)
