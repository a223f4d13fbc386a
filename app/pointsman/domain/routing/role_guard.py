"""Role protection: the last check before a rep gets any work."""

from pointsman.domain.errors import RoleProtected
from pointsman.domain.messages.message import Message, say
from pointsman.domain.roster.reps import Rep
from pointsman.domain.roster.roles import GATED_WORKS, Work, work_name


def guard_assignment(rep: Rep, work: Work, gate_open: bool, override: bool) -> None:  # noqa: FBT001  # the whole question
    """Raises RoleProtected unless an override says so, or the role includes `work` and its gate, if any, is open."""
    if work is Work.NURTURE:
        raise RoleProtected("nurture is marketing's: no rep gets it", code="role-protected")
    if override:
        return
    if not rep.role.allows(work):
        raise RoleProtected(
            f"this rep may not do {work}: the role {rep.role.name} does not include it", code="role-protected"
        )
    if work in GATED_WORKS and not gate_open:
        said = f"this lead has not passed the gate for {work}, or the pass has expired"
        raise RoleProtected(said, code="gate-closed")


def gate_closed_reason(work: Work) -> Message:
    """Why no rep may do `work` for a lead whose gate is not open."""
    return say("readiness.not-open", work=work_name(work))
