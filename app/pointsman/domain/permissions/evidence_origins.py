"""What a piece of evidence came through: the words by which a policy says which of it counts for a gate."""

from pointsman.domain.permissions.callers import CallerKind, Scope

WEBHOOKS = "webhooks"  # any intake whose mapping maps evidence: an admin wrote it
REPS = "reps"  # keys bound to a rep of the house
PARTNERS = "partners"  # keys of partners that may hand over, and those bound to their reps
#: What counts where the policy does not say: never a key that may only bring leads in.
DEFAULT_ORIGINS = (f"scope:{Scope.HANDOVER}", f"scope:{Scope.ADMIN}", REPS, PARTNERS, WEBHOOKS)


def evidence_origin(
    kind: CallerKind, *, supplier: str | None, rep: str | None, scopes: frozenset[Scope], intake: str | None
) -> tuple[str, ...]:
    """Every word that names this way in, sorted; of the house's own commands those of an admin's key."""
    if kind is CallerKind.WEBHOOK:
        return (f"intake:{intake}", WEBHOOKS)
    if supplier is not None:
        own = f"partner:{supplier}"
        return (own, PARTNERS) if rep is not None or Scope.HANDOVER in scopes else (own,)
    if rep is not None:
        return (REPS,)
    if kind is CallerKind.BUYER:
        return ()
    held = scopes or {Scope.ADMIN}
    return tuple(sorted(f"scope:{scope}" for scope in held))
