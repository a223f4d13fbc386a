"""Does what a pool says of its appointments fit its work, and can the pools that it names send a companion?"""

from collections.abc import Iterator

from pointsman.domain.messages.message import say
from pointsman.domain.messages.suggestions import suggestion
from pointsman.domain.policy.document import Policy, Pool
from pointsman.domain.policy.pools import OfferMode
from pointsman.domain.policy_check.distribution import BOOKED_WORKS
from pointsman.domain.policy_check.findings import Finding, error, warning
from pointsman.domain.policy_words.terms import WORKS
from pointsman.domain.roster.roles import GATED_WORKS

#: Works that are done beside who leads an appointment: booked ones that need no gate of their own.
COMPANION_WORKS = BOOKED_WORKS - GATED_WORKS


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
