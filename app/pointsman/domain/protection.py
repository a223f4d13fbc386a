"""Role protection: the last word before anybody gets any work."""

from pointsman.domain.errors import RoleProtected
from pointsman.domain.reps import Rep
from pointsman.domain.roles import GATED_WORKS, Work


def guard_assignment(rep: Rep, work: Work, gate_open: bool, override: bool) -> None:  # noqa: FBT001  # all four are the question
    """Raises RoleProtected unless `rep`'s role includes `work` and, for gated works, the gate is open, or an override says so."""
    if work is Work.NURTURE:
        raise RoleProtected("nurture is marketing's: no rep gets it", code="role-protected")
    if override:
        return
    if not rep.role.allows(work):
        raise RoleProtected(
            f"{rep.name} may not do {work}: the role {rep.role.name} does not include it", code="role-protected"
        )
    if work in GATED_WORKS and not gate_open:
        raise RoleProtected(
            f"this lead has not passed the gate for {work}, or the pass has expired", code="gate-closed"
        )
