"""The table of permissions in words: a sentence for each endpoint, and the tables that docs/security.md prints."""

from pointsman.domain.permissions.ask import is_allowed
from pointsman.domain.permissions.callers import BOUND_TO_REP, SCOPES_FOR_WORK, CallerKind, Scope
from pointsman.domain.permissions.operations import PERMISSIONS, TABLE, Operation, RepLimit
from pointsman.domain.permissions.readings import READERS, READING_WORDS
from pointsman.domain.permissions.sayings import BODY_FIELDS, NOTES, Topic, saying
from pointsman.domain.permissions.sides import ACTS_FOR_BUYER, SIDE_OF_KIND, ActorRole

#: The callers in the order of the page. Of a rep's key the table says the same for the house and for a partner.
_KEYS = {
    CallerKind.HOUSE: "a key of the house",
    CallerKind.PARTNER: "a partner's key",
    CallerKind.REP: "a rep's key",
}
_OTHERS = {CallerKind.WEBHOOK: "a verified webhook", CallerKind.BUYER: "a booking link"}
_ALL_KEYS = frozenset(_KEYS) | BOUND_TO_REP


def who_may(operation: Operation) -> str:
    """One sentence for the description of an endpoint: whose key it takes, and with which scope."""
    row = PERMISSIONS[operation]
    if row.needs_no_key:
        return "No API key is needed."
    scopes = " or ".join(f"`{scope}`" for scope in sorted(row.scopes))
    if row.kinds >= _ALL_KEYS:
        return f"Needs the scope {scopes}, or `admin`."
    if row.kinds >= BOUND_TO_REP:
        rep = "the rep" if row.rep_limit is RepLimit.ITSELF else "the rep who leads the appointment"
        return f"Needs the key of {rep}, with the scope {scopes}; or `admin`."
    if row.kinds:
        return f"Needs the scope {scopes}, of a key that is bound to no partner and no rep; or `admin`."
    return "Needs the scope `admin`."


def callers_table() -> str:
    """Each kind of caller, with each scope that it can have, and what it may do."""
    lines = ["| caller | scope | may |", "| --- | --- | --- |"]
    for kind, words in _KEYS.items():
        for scope in Scope:
            if scope is Scope.ADMIN or (kind is not CallerKind.HOUSE and scope not in SCOPES_FOR_WORK):
                continue
            lines.append(f"| {words} | `{scope}` | {_sentence(kind, scope)} |")
    lines += [f"| {words} | | {_sentence(kind)} |" for kind, words in _OTHERS.items()]
    lines.append("| a key of the house | `admin` | everything |")
    return "\n".join(lines)


def operations_table() -> str:
    """Each operation, and which callers may do it."""
    heads = ["house", "partner", "rep", "webhook", "link"]
    kinds = [*_KEYS, *_OTHERS]
    lines = [f"| operation | what | scope | {' | '.join(heads)} |", f"| --- | --- | --- |{' --- |' * len(heads)}"]
    for row in TABLE:
        scopes = "none" if row.needs_no_key else ", ".join(f"`{scope}`" for scope in sorted(row.scopes)) or "`admin`"
        cells = [_cell(kind, row.operation) for kind in kinds]
        lines.append(f"| `{row.operation}` | {row.words} | {scopes} | {' | '.join(cells)} |")
    return "\n".join(lines)


def sides_table() -> str:
    """On which side of an appointment each caller acts."""
    lines = ["| caller | acts as | may say that the buyer asked |", "| --- | --- | --- |"]
    for kind, words in (_KEYS | _OTHERS).items():
        sides = [ActorRole.CLOSER, ActorRole.SETTER] if kind in BOUND_TO_REP else [SIDE_OF_KIND[kind]]
        for side in sides:
            yes = "yes" if side in ACTS_FOR_BUYER else "no"
            lines.append(f"| {words} | {_as(side, kind)} | {yes} |")
    lines.append(f"| a key with `admin` | {SIDE_OF_KIND[CallerKind.ADMIN]} | yes |")
    return "\n".join(lines)


def readings_table() -> str:
    """The parts of answers that some callers do not read."""
    lines = ["| part of an answer | read by |", "| --- | --- |"]
    for reading, words in READING_WORDS.items():
        who = [_KEYS[kind] for kind in _KEYS if kind in READERS[reading]]
        house = [f"{name} of the house" if name == _KEYS[CallerKind.REP] else name for name in who]
        lines.append(f"| {words} | {', '.join(house)}, a key with `admin` |")
    return "\n".join(lines)


def sayings_table() -> str:
    """What becomes of a field, by what it is about and who says it."""
    kinds = [CallerKind.ADMIN, *_KEYS, *_OTHERS]
    heads = ["`admin`", "house", "partner", "rep", "webhook", "link"]
    lines = [f"| about | {' | '.join(heads)} | |", f"| --- |{' --- |' * len(heads)} --- |"]
    for topic in Topic:
        cells = [str(saying(topic, kind)) for kind in kinds]
        lines.append(f"| {topic} | {' | '.join(cells)} | {NOTES[topic]} |")
    return "\n".join(lines)


def body_fields_table() -> str:
    """Each field of the bodies that others than an admin may send, and what it is about."""
    lines = ["| body | about | fields |", "| --- | --- | --- |"]
    for body, fields in BODY_FIELDS.items():
        for topic in Topic:
            names = [f"`{name}`" for name, about in fields.items() if about is topic]
            if names:
                lines.append(f"| `{body}` | {topic} | {', '.join(names)} |")
    return "\n".join(lines)


def _sentence(kind: CallerKind, scope: Scope | None = None) -> str:
    scopes = frozenset() if scope is None else frozenset({scope})
    rows = [row for row in TABLE if is_allowed(kind, scopes, row.operation) and not row.needs_no_key]
    if kind is CallerKind.WEBHOOK:
        rows = [row for row in TABLE if kind in row.kinds and row.operation is not Operation.HEALTH_READ]
    return ", ".join(f"`{row.operation}`" for row in rows)


def _cell(kind: CallerKind, operation: Operation) -> str:
    row = PERMISSIONS[operation]
    if kind not in row.kinds:
        return ""
    return str(row.rep_limit) if kind in BOUND_TO_REP and row.rep_limit is not None else "yes"


def _as(side: ActorRole, kind: CallerKind) -> str:
    if kind not in BOUND_TO_REP:
        return str(side)
    return {
        ActorRole.CLOSER: "closer, of the appointments that its rep leads",
        ActorRole.SETTER: "setter, of those that its rep set, while the rep's role may set appointments",
    }[side]
