"""The question that API, use cases and booking page ask the table: may this caller do that?"""

from pointsman.domain.errors import Forbidden
from pointsman.domain.permissions.callers import UNLIMITED, CallerKind, Scope
from pointsman.domain.permissions.operations import PERMISSIONS, Operation

_WHO = {
    CallerKind.HOUSE: "A key without the scope admin",
    CallerKind.PARTNER: "A partner's key",
    CallerKind.REP: "A rep's key",
    CallerKind.PARTNER_REP: "The key of a partner's rep",
    CallerKind.WEBHOOK: "A webhook",
    CallerKind.BUYER: "A booking link",
}
#: Callers without a key: what proves them is all that they have.
_WITHOUT_SCOPES = frozenset({CallerKind.WEBHOOK, CallerKind.BUYER})


def is_allowed(kind: CallerKind, scopes: frozenset[Scope], operation: Operation) -> bool:
    """Whether a caller may do `operation` at all; how far it may go is a question of what it sees and of `rep_limit`."""
    permission = PERMISSIONS[operation]
    if kind in UNLIMITED or (permission.needs_no_key and not permission.scopes):
        return True
    return kind in permission.kinds and (kind in _WITHOUT_SCOPES or not permission.scopes.isdisjoint(scopes))


def require_allowed(kind: CallerKind, scopes: frozenset[Scope], operation: Operation) -> None:
    """Raises Forbidden, which says whether another scope or another caller is needed."""
    if is_allowed(kind, scopes, operation):
        return
    permission = PERMISSIONS[operation]
    needs = sorted(permission.scopes) or [Scope.ADMIN]
    if kind in permission.kinds or (not permission.kinds and kind is CallerKind.HOUSE):
        raise Forbidden(f"This key lacks the scope {' or '.join(needs)}.", extra={"needs": needs})
    if kind is CallerKind.HOUSE:
        message = f"It needs the key of a rep who may {permission.words}, or the scope admin."
        raise Forbidden(f"A key that is bound to no rep may not {permission.words}. {message}", extra={"needs": needs})
    raise Forbidden(f"{_WHO[kind]} may not {permission.words}.", extra={"operation": operation.value})
