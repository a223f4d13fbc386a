"""Every verb of every kind under every fault: each ends in the error that says what the host does next."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from pointsman_sdk import AmbiguousOutcome, ConnectorError, ReauthRequired, Rejected, Retryable, Scope, subject_of
from pointsman_sdk.testing.bench import Bench
from pointsman_sdk.testing.keeping import every_kind
from pointsman_sdk.testing.kinds import Kind
from pointsman_sdk.testing.samples import NOW
from pointsman_sdk.testing.tiers import Tier, proves
from pointsman_sdk.testing.wire import Wire

MANY = 9
WAIT = timedelta(seconds=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What happens to every call, and the errors that may follow; `acted` says that the vendor may have acted."""

    name: str
    happen: Callable[[Wire], None]
    errors: tuple[type[ConnectorError], ...]
    acted: bool = False
    scope: Scope | None = None
    throttles: bool = False  # then it may be the subject's, as `test_throttled_subject_is_named` holds it to
    wait: timedelta | None = None

    def __str__(self) -> str:
        return self.name


FAULTS = (
    Fault(name="401", happen=lambda wire: wire.answer(401, times=MANY), errors=(ReauthRequired,)),
    Fault(
        name="403",
        happen=lambda wire: wire.answer(403, times=MANY),
        errors=(ReauthRequired, Rejected, Retryable),
    ),
    Fault(
        name="429 in seconds",
        happen=lambda wire: wire.answer(429, headers={"Retry-After": "7"}, times=MANY),
        errors=(Retryable,),
        scope=Scope.CONNECTION,
        throttles=True,
        wait=WAIT,
    ),
    Fault(
        name="429 as a date",
        happen=lambda wire: wire.answer(
            429, headers={"Retry-After": format_datetime(NOW + WAIT, usegmt=True)}, times=MANY
        ),
        errors=(Retryable,),
        scope=Scope.CONNECTION,
        throttles=True,
        wait=WAIT,
    ),
    Fault(
        name="429 alone",
        happen=lambda wire: wire.answer(429, times=MANY),
        errors=(Retryable,),
        scope=Scope.CONNECTION,
        throttles=True,
    ),
    Fault(name="500", happen=lambda wire: wire.answer(500, times=MANY), errors=(Retryable,), acted=True),
    Fault(name="502", happen=lambda wire: wire.answer(502, times=MANY), errors=(Retryable,), acted=True),
    Fault(name="504", happen=lambda wire: wire.answer(504, times=MANY), errors=(Retryable,), acted=True),
    Fault(name="503", happen=lambda wire: wire.answer(503, times=MANY), errors=(Retryable,)),
    Fault(
        name="503 with a time",
        happen=lambda wire: wire.answer(503, headers={"Retry-After": "7"}, times=MANY),
        errors=(Retryable,),
        wait=WAIT,
    ),
    Fault(name="unreachable", happen=lambda wire: wire.refuse(times=MANY), errors=(Retryable,), scope=Scope.CONNECTION),
    Fault(name="silent", happen=lambda wire: wire.stall(times=MANY), errors=(Retryable,), acted=True),
    Fault(name="empty", happen=lambda wire: wire.say(b"", times=MANY), errors=(ConnectorError,), acted=True),
    Fault(name="null", happen=lambda wire: wire.say(b"null", times=MANY), errors=(ConnectorError,), acted=True),
    Fault(
        name="other shape",
        happen=lambda wire: wire.say(b'{"items": 7, "id": [], "next": {}}', times=MANY),
        errors=(ConnectorError,),
        acted=True,
    ),
    Fault(name="another's page", happen=lambda wire: wire.garble(times=MANY), errors=(ConnectorError,), acted=True),
    Fault(name="redirect", happen=lambda wire: wire.answer(302, times=MANY), errors=(Rejected,)),
    Fault(name="half an answer", happen=lambda wire: wire.truncate(times=MANY), errors=(Retryable,), acted=True),
    Fault(name="endless", happen=lambda wire: wire.flood(times=MANY), errors=(ConnectorError,), acted=True),
)
every_fault = pytest.mark.parametrize("fault", FAULTS, ids=str)


async def check_outcome(call: Any, fault: Fault, wire: Wire) -> None:
    """The call ends in an error that `fault` allows, with its scope and its wait."""
    with pytest.raises(fault.errors) as caught:
        await call
    error = caught.value
    if isinstance(error, AmbiguousOutcome):
        assert fault.acted, f"{error!r}, though nothing can have happened"
    if isinstance(error, Retryable) and fault.wait is not None and wire.tells_waits:
        assert error.retry_after == fault.wait
    if isinstance(error, Retryable) and fault.scope is not None:
        allowed = {fault.scope, Scope.SUBJECT} if fault.throttles else {fault.scope}
        assert error.scope in allowed, "the host would go on calling a vendor that cannot serve it"


class OutcomeChecks(Bench):
    """put, get and drop of every kind."""

    @proves(Tier.SILVER)
    @every_fault
    @every_kind
    async def test_put_ends_as_the_fault_says(
        self, connector: Any, vendor: Any, wire: Wire, kind: Kind, fault: Fault
    ) -> None:
        """put() raises what the host acts by: wait (also the whole connection), sign in, give up, or put again."""
        thing = kind.thing(vendor)
        fault.happen(wire)
        await check_outcome(kind.of(connector).put(thing), fault, wire)

    @proves(Tier.SILVER)
    @every_kind
    async def test_throttled_subject_is_named(self, connector: Any, vendor: Any, wire: Wire, kind: Kind) -> None:
        """A 429 holds the subject that `subject_of` names for the call, and where it names none the connection."""
        thing = kind.thing(vendor)
        wire.answer(429, times=MANY)
        with pytest.raises(Retryable) as caught:
            await kind.of(connector).put(thing)
        subject = subject_of(connector, kind.capability, thing.place)
        assert caught.value.subject == subject
        assert (caught.value.scope is Scope.SUBJECT) is (subject is not None)

    @proves(Tier.SILVER)
    @every_kind
    @pytest.mark.parametrize("status", [400, 404, 409, 410, 412, 422, 423])
    async def test_refused_put_is_never_done(
        self, connector: Any, vendor: Any, wire: Wire, kind: Kind, status: int
    ) -> None:
        """put() that the vendor will not have, whatever it calls that, is Rejected, or Retryable: it ends, and is no success."""
        wire.answer(status, times=200)
        with pytest.raises((Rejected, Retryable)) as caught:
            await kind.of(connector).put(kind.thing(vendor))
        assert not isinstance(caught.value, AmbiguousOutcome), "a refusal says that nothing was done"
        assert len(wire.seen) < 50, "asks on and on"
        assert not vendor.rows(kind.capability)

    @proves(Tier.SILVER)
    @every_fault
    @every_kind
    async def test_get_and_drop_end_as_the_fault_says(
        self, connector: Any, vendor: Any, wire: Wire, kind: Kind, fault: Fault
    ) -> None:
        """get() and drop() raise the same, and never answer as if there were nothing."""
        made = await kind.of(connector).put(kind.thing(vendor))
        for verb in sorted(kind.verbs):
            if verb == "drop" and fault.name in _MAY_BE_TAKEN_FOR_DONE:
                continue
            fault.happen(wire)
            await check_outcome(getattr(kind.of(connector), verb)(made.place, made.key), fault, wire)


#: A vendor answers a removal with little or nothing, so that another's page cannot be told from it by its body.
_MAY_BE_TAKEN_FOR_DONE = frozenset({"another's page", "half an answer", "endless", "empty", "null", "other shape"})
