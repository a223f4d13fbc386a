"""Does what a pool says of its appointments fit its work, and can the pools that it names send a companion?"""

from collections.abc import Iterator

from pointsman.domain.policy.document import Policy, Pool
from pointsman.domain.policy.pools import OfferMode
from pointsman.domain.policy_check.distribution import BOOKED_WORKS
from pointsman.domain.policy_check.findings import Finding, error, warning
from pointsman.domain.roster.roles import GATED_WORKS
from pointsman.domain.text.suggestions import did_you_mean

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
            message = f"{pool.work} is not booked into calendars, so no slot is ever offered here: remove it"
            yield warning(f"{path}.{what}", "booking-without-effect", message)
        yield from _check_companion_pools(path, name, pool, policy)


def _check_companion_pools(path: str, name: str, pool: Pool, policy: Policy) -> Iterator[Finding]:
    seen: set[str] = set()
    for i, other in enumerate(pool.booking.companion_pools):
        where = f"{path}.companion_pools[{i}]"
        known = policy.pools.get(other)
        if known is None:
            hint = did_you_mean(other, policy.pools) or f"known are {', '.join(sorted(policy.pools))}"
            yield error(where, "unknown-pool", f"there is no pool '{other}'; {hint}")
        elif other == name:
            yield error(where, "companion-pool-misfit", "this pool leads the appointment already: name another one")
        elif other in seen:
            yield error(
                where, "companion-pool-misfit", f"{other} is named twice, and each pool sends one: name it once"
            )
        elif known.work not in COMPANION_WORKS:
            works = " or ".join(sorted(COMPANION_WORKS))
            message = f"{other} does {known.work}, and only {works} comes along to an appointment: name such a pool"
            yield error(where, "companion-pool-misfit", message)
        elif known.booking.companion_pools:
            message = (
                f"{other} asks others along itself, and only the pool that leads does: name those pools here instead"
            )
            yield error(where, "companion-pool-misfit", message)
        seen.add(other)
