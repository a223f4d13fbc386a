"""Why a lead is with marketing, and for how long nothing brings it back."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pointsman.domain.messages.message import Message, say


class NurtureCause(StrEnum):
    """What put a lead into nurture. All but `rule` begin a cool-off."""

    RULE = "rule"  # a rule, or its `else`: no human was to have it then
    REFUSED = "refused"  # the gate stayed shut, and the policy sends such a lead to nurture
    LOST = "lost"  # the outcome of a meeting
    LATER = "later"  # the outcome of a meeting: on its day the lead comes back by itself
    DAY_PASSED = "day-passed"  # that day came, and the rules kept the lead: from then on news alone bring it back


_COOL_OFFS = {
    NurtureCause.REFUSED: "nurture.cool-off-refused",
    NurtureCause.LOST: "nurture.cool-off-lost",
    NurtureCause.LATER: "nurture.cool-off-later",
    NurtureCause.DAY_PASSED: "nurture.cool-off-later",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class NurtureStay:
    """A lead's stay in nurture; `until` is the end of its cool-off, None without one."""

    cause: NurtureCause
    since: datetime
    until: datetime | None

    def cools_off_at(self, now: datetime) -> bool:
        return self.until is not None and now < self.until

    @property
    def cool_off(self) -> Message:
        """The cool-off as it follows "in nurture"."""
        assert self.until is not None, "without a cool-off there is nothing to say"
        return say(_COOL_OFFS[self.cause], until=self.until)
