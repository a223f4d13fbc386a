"""The table of permissions, row by row against what it must never say."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.domain.errors import Forbidden
from pointsman.domain.permissions.ask import is_allowed, require_allowed
from pointsman.domain.permissions.callers import SCOPES_FOR_WORK, CallerKind, Scope, kind_of_key
from pointsman.domain.permissions.operations import PERMISSIONS, TABLE, Operation, RepLimit
from pointsman.domain.permissions.sides import ActorRole, acting_side

CLOSERS_ACTS = {
    Operation.APPOINTMENT_CONFIRM,
    Operation.APPOINTMENT_ACCEPT,
    Operation.APPOINTMENT_REJECT,
    Operation.APPOINTMENT_ATTENDED,
    Operation.APPOINTMENT_NO_SHOW,
    Operation.APPOINTMENT_OUTCOME,
}
REPS = (CallerKind.REP, CallerKind.PARTNER_REP)
EVERY_SCOPE = frozenset(Scope)


def test_only_a_rep_who_leads_it_or_an_admin_does_the_acts_of_the_closer() -> None:
    for operation, kind in product(CLOSERS_ACTS, CallerKind):
        may = is_allowed(kind, EVERY_SCOPE, operation)
        assert may == (kind in {*REPS, CallerKind.ADMIN, CallerKind.SERVICE}), (operation, kind)
        assert PERMISSIONS[operation].rep_limit is RepLimit.LEADS_IT


def test_each_other_row_lets_a_rep_do_no_more_than_a_key_of_the_house_but_its_own_time_off() -> None:
    more = {row.operation for row in TABLE if set(REPS) & row.kinds and CallerKind.HOUSE not in row.kinds}
    assert more == CLOSERS_ACTS | {Operation.TIME_OFF}


@given(st.frozensets(st.sampled_from(Scope)), st.sampled_from(CallerKind), st.sampled_from(Operation))
def test_another_scope_never_takes_a_permission_away(
    scopes: frozenset[Scope], kind: CallerKind, operation: Operation
) -> None:
    if is_allowed(kind, scopes, operation):
        assert is_allowed(kind, EVERY_SCOPE, operation)
        require_allowed(kind, scopes, operation)
    else:
        with pytest.raises(Forbidden):
            require_allowed(kind, scopes, operation)


def test_a_key_that_is_bound_is_never_an_admin() -> None:
    scopes = frozenset(Scope)
    assert kind_of_key(scopes=scopes, supplier="x", rep=None) is CallerKind.PARTNER
    assert kind_of_key(scopes=scopes, supplier=None, rep="a") is CallerKind.REP
    assert kind_of_key(scopes=scopes, supplier="x", rep="a") is CallerKind.PARTNER_REP
    assert kind_of_key(scopes=scopes, supplier=None, rep=None) is CallerKind.ADMIN
    assert kind_of_key(scopes=SCOPES_FOR_WORK, supplier=None, rep=None) is CallerKind.HOUSE


def test_an_intake_key_opens_nothing_but_the_way_in() -> None:
    for kind in (CallerKind.HOUSE, CallerKind.PARTNER, *REPS):
        allowed = {op for op in Operation if is_allowed(kind, frozenset({Scope.INTAKE}), op)}
        assert allowed == {Operation.LEAD_SUBMIT, Operation.WEBHOOK_SEND, Operation.HEALTH_READ}


@given(
    st.sampled_from(CallerKind),
    st.sampled_from([row.operation for row in TABLE if row.rep_limit in {RepLimit.LEADS_IT, RepLimit.HAS_PART}]),
    st.sampled_from([None, ActorRole.CLOSER, ActorRole.SETTER]),
    st.sampled_from([None, *ActorRole]),
)
def test_a_caller_acts_on_its_own_side_or_for_the_buyer_and_only_the_unlimited_on_any(
    kind: CallerKind, operation: Operation, standing: ActorRole | None, asked: ActorRole | None
) -> None:
    try:
        side = acting_side(kind, operation, standing=standing, asked=asked)
    except Forbidden:
        assert kind not in {CallerKind.ADMIN, CallerKind.SERVICE}
        return
    if kind in {CallerKind.ADMIN, CallerKind.SERVICE}:
        assert asked is None or side is asked
    elif kind in REPS:
        assert standing is not None
        assert side is standing or (side is ActorRole.PROSPECT and standing is ActorRole.SETTER)
        assert operation not in CLOSERS_ACTS or standing is ActorRole.CLOSER
    else:
        assert side in {ActorRole.OPERATOR, ActorRole.PROSPECT, ActorRole.SETTER}
        assert side is not ActorRole.SETTER or kind is CallerKind.WEBHOOK
