"""An accepted item ends done or in a visible dead letter, however often and wherever it is worked off."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from pointsman.domain.backoff import INBOX_MAX_DELAY, INBOX_RETRY_FOR, INITIAL_DELAY
from pointsman.domain.errors import Invalid
from pointsman.domain.leads.matching import sortable_timestamp
from pointsman.services.intake.process_item import LEASE, MAX_UNENDED_ATTEMPTS
from pointsman.services.intake.receive import process_item, sweep_inbox
from pointsman.services.intake.replay import replay_item, replay_items
from pointsman.services.ports import DatabaseUnavailable, Env, LockTimedOut, Tx, UnitOfWork
from pointsman.services.ports.intake.inbox import ReplayFilter
from pointsman.worker import tasks
from support.floors.use_case_env import ADMIN, World
from support.http.signing import as_bytes, sign_hmac
from support.wording import english_of

pytestmark = pytest.mark.anyio

FIELDS = {"lead.email": "email", "company.employees": "employees"}
EVENT = {"email": "mara@nordlicht.example", "name": "Mara", "country": "DE", "employees": "120"}
JOBS = "select count(*) from procrastinate_jobs where task_name = 'inbox.process'"


async def accept(client: httpx.AsyncClient, body: Any = EVENT, key: str = "form") -> list[UUID]:
    raw = as_bytes(body)
    answer = await client.post(f"/v1/hooks/{key}", content=raw, headers=sign_hmac(raw))
    assert answer.status_code == 202, answer.text
    return [UUID(item) for item in answer.json()["ids"]]


async def item(world: World, inbox_id: UUID) -> Any:
    (row,) = await world.rows("select * from inbox where id = :id", id=inbox_id)
    return row


async def test_an_item_becomes_a_routed_lead_and_records_ids_and_codes_alone(
    client: httpx.AsyncClient, world: World, make_intake: Any
) -> None:
    await make_intake("form")
    (inbox_id,) = await accept(client)
    await process_item(world.env, inbox_id)
    row = await item(world, inbox_id)
    assert (row.status, row.attempts, row.error) == ("done", 1, None)
    assert row.result["outcome"] == "assigned"
    assert row.lead_id == await world.value("select id from leads")
    assert "mara" not in str(row.result).lower()


async def test_working_an_item_off_many_times_at_once_routes_it_once(
    client: httpx.AsyncClient, world: World, make_intake: Any
) -> None:
    await make_intake("form")
    (inbox_id,) = await accept(client)
    await asyncio.gather(*(process_item(world.env, inbox_id) for _ in range(20)))
    await process_item(world.env, inbox_id)
    assert (await item(world, inbox_id)).status == "done"
    assert await world.value("select count(*) from decisions") == 1
    assert await world.value("select count(*) from assignments") == 1


async def test_a_field_that_does_not_fit_is_left_out_with_a_warning(
    client: httpx.AsyncClient, world: World, make_intake: Any
) -> None:
    await make_intake("form")
    (inbox_id,) = await accept(client, EVENT | {"employees": "50-200", "country": "Atlantis"})
    await process_item(world.env, inbox_id)
    row = await item(world, inbox_id)
    assert row.status == "done"
    assert [(warning["path"], warning["code"]) for warning in row.result["warnings"]] == [
        ('fields["lead.country"]', "wrong-type"),
        ('fields["company.employees"]', "read-in-part"),
    ]
    assert await world.value("select facts from leads") == {"company.employees": 50}


@pytest.mark.parametrize(
    ("at", "code"),
    [
        ("2036-01-01T00:00:00Z", "in-the-future"),
        ("9999-12-31T00:00:00Z", "wrong-type"),
        ("1970-01-01T00:00:00Z", "wrong-type"),
        ("0001-01-01T00:00:00Z", "wrong-type"),
        (0, "wrong-type"),
        (2082758400000000, "in-the-future"),
    ],
)
async def test_an_event_out_of_its_time_is_one_of_its_arrival_and_says_so(
    client: httpx.AsyncClient, world: World, make_intake: Any, at: Any, code: str
) -> None:
    mapping = {
        "fields": {"lead.email": "email", "company.employees": "employees"},
        "occurred_at": "at",
        "evidence": [{"name": "need", "value": "name"}],
    }
    await make_intake("form", mapping=mapping)
    (inbox_id,) = await accept(client, EVENT | {"at": at})
    world.clock.advance(timedelta(hours=1))
    await process_item(world.env, inbox_id)
    row = await item(world, inbox_id)
    assert [(one["path"], one["code"], "message" in one) for one in row.result["warnings"]] == [
        ("occurred_at", code, True)
    ]
    assert await world.value("select observed_at from evidence") == row.received_at
    assert await world.value("select known_at ->> 'company.employees' from leads") == sortable_timestamp(
        row.received_at
    )


async def test_events_without_a_time_count_in_order_of_arrival(
    client: httpx.AsyncClient, world: World, make_intake: Any
) -> None:
    await make_intake("form")
    (first,) = await accept(client, EVENT | {"employees": "10"})
    await asyncio.sleep(0.002)
    (second,) = await accept(client, EVENT | {"employees": "20"})
    for inbox_id in (second, first):
        await process_item(world.env, inbox_id)
    assert await world.value("select facts ->> 'company.employees' from leads") == "20"


async def test_an_id_with_blanks_around_it_is_the_same_id(
    client: httpx.AsyncClient, world: World, make_intake: Any
) -> None:
    mapping = {"fields": {"company.name": "company"}, "external_id": "id", "source_system": " crm "}
    await make_intake("form", mapping=mapping, sample={"id": "X1"})
    for written in ("X1", " X1", "X1\u00a0", "\u200bX1\n"):
        for inbox_id in await accept(client, {"id": written, "company": written}):
            await process_item(world.env, inbox_id)
    assert await world.rows("select source, external_id from lead_identities") == [("crm", "X1")]


@pytest.mark.parametrize("named", [True, False, "x" * 256, " \u200b"])
async def test_what_would_make_one_person_of_many_is_no_id(
    client: httpx.AsyncClient, world: World, make_intake: Any, named: Any
) -> None:
    await make_intake("form", mapping={"fields": FIELDS, "external_id": "id"})
    (inbox_id,) = await accept(client, EVENT | {"id": named})
    await process_item(world.env, inbox_id)
    assert (await item(world, inbox_id)).status == "done"
    assert await world.value("select count(*) from lead_identities") == 0


@pytest.mark.parametrize(
    "event", [{"name": "Mara"}, {"email": "not an address"}, {"email": ["a@b.example", "c@d.example"]}]
)
async def test_an_event_without_a_usable_person_is_a_dead_letter_at_once(
    client: httpx.AsyncClient, world: World, make_intake: Any, event: Any
) -> None:
    await make_intake("form")
    (inbox_id,) = await accept(client, event)
    await process_item(world.env, inbox_id)
    row = await item(world, inbox_id)
    assert (row.status, row.attempts) == ("dead", 1)
    assert row.error_code == "no-identity"
    assert await world.value("select subject from alerts where code = 'inbox-dead'") == f"inbox:{inbox_id}"
    assert await world.value("select count(*) from leads") == 0


async def test_an_event_on_which_the_mapping_has_no_end_is_a_dead_letter_with_the_reason(
    client: httpx.AsyncClient, world: World, make_intake: Any
) -> None:
    fields = {"lead.email": "email", "lead.message": "join(s, map(&to_string(@), l))"}
    await make_intake("form", mapping={"fields": fields}, sample={"email": "s@sample.example", "s": ",", "l": ["a"]})
    (inbox_id,) = await accept(client, EVENT | {"s": "x" * 300_000, "l": ["a"] * 20_000})
    await process_item(world.env, inbox_id)
    row = await item(world, inbox_id)
    assert (row.status, row.attempts) == ("dead", 1)
    assert row.error_code == "mapping-too-costly"
    assert english_of(row.error).endswith('simplify it (mapping.fields["lead.message"])')


def breaking(world: World, error: BaseException) -> Env:
    """The world's Env, in which nobody can be given an id."""

    def broken() -> UUID:
        raise error

    return replace(world.env, new_id=broken)


@pytest.mark.own_database
async def test_a_fault_is_tried_again_for_a_day_with_growing_waits_and_ends_dead(
    client: httpx.AsyncClient, world: World, make_intake: Any
) -> None:
    await make_intake("form")
    (inbox_id,) = await accept(client)
    await world.owner_rows("alter table leads rename to leads_away")
    world.clock.advance(timedelta(days=3))  # no worker ran: its time begins with the first attempt
    waits: list[timedelta] = []
    now = world.clock.freeze()
    while True:
        await process_item(world.env, inbox_id)
        row = await item(world, inbox_id)
        assert row.attempts == len(waits) + 1
        if row.next_attempt_at is None:
            break
        waits.append(row.next_attempt_at - now)
        world.clock.advance(waits[-1])
        now = row.next_attempt_at
    assert row.status == "dead"
    assert INBOX_RETRY_FOR <= sum(waits, timedelta()) < INBOX_RETRY_FOR + 1.25 * INBOX_MAX_DELAY
    doubling = [min(INITIAL_DELAY * 2 ** min(n, 20), INBOX_MAX_DELAY) for n in range(len(waits))]
    assert all(0.75 * usual <= wait <= 1.25 * usual for wait, usual in zip(waits, doubling, strict=True))
    assert row.error["args"]["kind"] == "SchemaUnusable"
    assert "mara" not in str(row.error)


@pytest.mark.parametrize("back", [False, True], ids=["still away", "back at once"])
async def test_an_outage_of_the_database_costs_no_attempt(
    client: httpx.AsyncClient, world: World, make_intake: Any, back: bool
) -> None:
    await make_intake("form")
    (inbox_id,) = await accept(client)
    for _ in range(2 * MAX_UNENDED_ATTEMPTS if back else MAX_UNENDED_ATTEMPTS - 1):
        env = replace(world.env, uow=OutageAfterClaim(world.env.uow, back=back))
        with pytest.raises(DatabaseUnavailable):
            await process_item(env, inbox_id)
        world.clock.advance(LEASE)
    row = await item(world, inbox_id)
    assert (row.status, row.attempts, row.error) == ("received", 0 if back else MAX_UNENDED_ATTEMPTS - 1, None)
    await process_item(world.env, inbox_id)
    assert (await item(world, inbox_id)).status == "done"


class OutageAfterClaim:
    """A unit of work whose database goes away once the item is claimed, for one transaction or for good."""

    def __init__(self, real: Any, *, back: bool) -> None:
        self._real, self._asked, self._back = real, 0, back

    def __call__(self) -> Any:
        return self._next(self._real)

    def autocommit(self) -> Any:
        return self._next(self._real.autocommit)

    def _next(self, opened: Any) -> Any:
        self._asked += 1
        if self._asked == 2 or (self._asked > 2 and not self._back):
            raise DatabaseUnavailable("away")
        return opened()


async def test_a_locked_table_costs_an_attempt_and_is_named(
    client: httpx.AsyncClient, world: World, make_intake: Any
) -> None:
    await make_intake("form")
    (inbox_id,) = await accept(client)
    await process_item(breaking(world, LockTimedOut("A row is kept locked.")), inbox_id)
    row = await item(world, inbox_id)
    assert (row.status, row.attempts, row.error_code) == ("received", 1, "lock-timeout")


async def test_an_errors_own_words_are_not_kept_since_they_may_quote_a_person(
    client: httpx.AsyncClient, world: World, make_intake: Any
) -> None:
    await make_intake("form")
    (inbox_id,) = await accept(client)
    await process_item(breaking(world, RuntimeError("mara@nordlicht.example \x00 broke it")), inbox_id)
    row = await item(world, inbox_id)
    assert row.status == "received"
    assert row.error_code == "internal"
    assert english_of(row.error).startswith("an error in the service: RuntimeError at ")
    assert "mara" not in str(row.error)


async def test_an_item_that_kills_its_worker_is_counted_and_ends_dead(
    client: httpx.AsyncClient, world: World, make_intake: Any
) -> None:
    await make_intake("form")
    (inbox_id,) = await accept(client)
    killed = breaking(world, asyncio.CancelledError())
    for _ in range(MAX_UNENDED_ATTEMPTS):
        with pytest.raises(asyncio.CancelledError):
            await process_item(killed, inbox_id)
        world.clock.advance(LEASE)
    assert (await item(world, inbox_id)).status == "received"
    await process_item(world.env, inbox_id)
    row = await item(world, inbox_id)
    assert row.status == "dead"
    assert row.error_code == "gave-up"


class StandsStill:
    """A unit of work whose first transaction is begun when `meanwhile` is over, and then fails for good."""

    def __init__(self, inner: UnitOfWork, meanwhile: Callable[[], Awaitable[object]]) -> None:
        self._inner = inner
        self._meanwhile: Callable[[], Awaitable[object]] | None = meanwhile

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[Tx]:
        if self._meanwhile is not None:
            meanwhile, self._meanwhile = self._meanwhile, None
            await meanwhile()
            raise Invalid("the mapping that it began with does not fit")
        async with self._inner() as tx:
            yield tx

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


@pytest.mark.parametrize("other", ["has begun", "is done"])
async def test_an_attempt_that_was_overtaken_neither_ends_its_item_nor_raises_an_alert(
    client: httpx.AsyncClient, world: World, make_intake: Any, other: str
) -> None:
    """Its worker stood still for longer than the lease, and then went on to fail."""
    await make_intake("form")
    (inbox_id,) = await accept(client)

    async def overtake() -> None:
        world.clock.advance(LEASE)
        begun = world.clock()
        if other == "is done":
            await process_item(world.env, inbox_id)
        else:
            async with world.env.uow.autocommit() as tx:
                assert await tx.inbox.claim(inbox_id, at=begun, lease_until=begun + LEASE)

    await process_item(replace(world.env, uow=StandsStill(world.env.uow, overtake)), inbox_id)
    row = await item(world, inbox_id)
    assert (row.status, row.error) == ("done" if other == "is done" else "received", None)
    assert (row.leased_until is None) is (other == "is done")
    assert await world.value("select count(*) from alerts") == 0


async def test_the_sweep_takes_up_what_is_due_or_lost_and_nothing_else(
    client: httpx.AsyncClient, world: World, make_intake: Any
) -> None:
    await make_intake("form")
    (lost,), (failed,), (done,) = [await accept(client, {"email": f"{i}@a.example"}) for i in range(3)]
    await process_item(world.env, done)
    await process_item(breaking(world, RuntimeError("no")), failed)
    assert await sweep_inbox(world.env) == 0
    world.clock.advance(timedelta(seconds=7))  # 5 s, spread by a quarter
    before = await world.value(JOBS)
    assert await sweep_inbox(world.env) == 1
    world.clock.advance(timedelta(seconds=61))
    assert await sweep_inbox(world.env) == 2
    assert await sweep_inbox(world.env) == 0
    assert await world.value(JOBS) == before + 3
    assert {(await item(world, one)).status for one in (lost, failed)} == {"received"}


async def test_a_dead_item_is_replayed_after_its_cause_was_mended(
    client: httpx.AsyncClient, world: World, make_intake: Any, sign_in: Any
) -> None:
    await make_intake("form", mapping={"fields": {"lead.email": "mail || email"}})
    (inbox_id,) = await accept(client, {"e_mail": "mara@nordlicht.example"})
    await process_item(world.env, inbox_id)
    admin = await sign_in("admin")
    (dead,) = (await client.get("/v1/inbox?status=dead", headers=admin)).json()["items"]
    assert (dead["id"], dead["status"]) == (str(inbox_id), "dead")
    stored = (await client.get("/v1/intakes/form", headers=admin)).json()
    body = {name: stored[name] for name in ("title", "kind", "verifier", "sample")}
    mended = {"fields": {"lead.email": "e_mail || email"}}
    assert (await client.put("/v1/intakes/form", json=body | {"mapping": mended}, headers=admin)).status_code == 200
    assert (await client.post(f"/v1/inbox/{inbox_id}/replay", headers=admin)).status_code == 202
    await process_item(world.env, inbox_id)
    assert (await item(world, inbox_id)).status == "done"
    assert await world.value("select count(*) from alerts where code = 'inbox-dead' and resolved_at is null") == 0
    again = await client.post(f"/v1/inbox/{inbox_id}/replay", headers=admin)
    assert (again.status_code, again.json()["code"]) == (409, "not-dead")


async def dead_items(world: World, client: httpx.AsyncClient, make_intake: Any) -> list[UUID]:
    """Five dead items, in order of arrival a minute apart, the third of another intake; and one that is done."""
    for key in ("form", "list"):
        await make_intake(key)
    found = []
    for n, key in enumerate(("form", "form", "list", "form", "form", "form")):
        (inbox_id,) = await accept(client, {"email": f"{n}@a.example"}, key)
        at, status = world.clock() + timedelta(minutes=n), "done" if n == 5 else "dead"
        given = {"id": inbox_id, "at": at, "status": status}
        await world.rows("update inbox set received_at = :at, status = :status where id = :id", **given)
        await world.rows(
            "insert into alerts (id, raised_at, code, subject, message)"
            " values (gen_random_uuid(), now(), 'inbox-dead', 'inbox:' || cast(:id as text), cast(:message as jsonb))",
            id=inbox_id,
            message='{"key": "text.as-written", "args": {"text": "x"}}',
        )
        found.append(inbox_id)
    return found[:5]


async def test_dead_items_are_replayed_by_filter_in_order_of_arrival_and_bounded(
    client: httpx.AsyncClient, world: World, make_intake: Any, sign_in: Any
) -> None:
    world.clock.freeze()
    dead = await dead_items(world, client, make_intake)
    admin = await sign_in("admin")
    since, until = world.clock() + timedelta(minutes=1), world.clock() + timedelta(minutes=4)
    body = {"intake": "form", "since": since.isoformat(), "until": until.isoformat()}

    async def replay(**more: Any) -> Any:
        answer = await client.post("/v1/inbox/replay", json=body | more, headers=admin)
        assert answer.status_code == 202, answer.text
        return answer.json()

    before = await world.value(JOBS)
    assert await replay(dry_run=True) == {"found": 2, "replayed": [], "left": 2, "dry_run": True}
    assert await world.value(JOBS) == before
    assert (await replay(limit=1))["replayed"] == [str(dead[1])]
    assert await replay(limit=1) == {"found": 1, "replayed": [str(dead[3])], "left": 0, "dry_run": False}
    body = {}
    assert (await replay())["replayed"] == [str(dead[n]) for n in (0, 2, 4)]
    jobs = await world.rows("select args->>'inbox_id' as item from procrastinate_jobs where id > 0 order by id")
    assert [row.item for row in jobs[-5:]] == [str(dead[n]) for n in (1, 3, 0, 2, 4)]
    assert [(await item(world, one)).status for one in dead] == ["received"] * 5
    assert await world.value("select count(*) from alerts where resolved_at is null") == 1  # of the one that is done
    lines = await world.rows("select after from audit where action = 'inbox.replayed' order by at, id")
    assert [line.after["replayed"] for line in lines] == [1, 1, 3]
    assert lines[2].after["items"] == [str(dead[n]) for n in (0, 2, 4)]


async def test_items_that_wait_for_their_next_attempt_are_replayed_and_those_being_worked_on_are_not(
    client: httpx.AsyncClient, world: World, make_intake: Any
) -> None:
    await make_intake("form")
    (waits,), (busy,) = [await accept(client, {"email": f"{i}@a.example"}) for i in range(2)]
    await process_item(breaking(world, RuntimeError("no")), waits)
    with pytest.raises(asyncio.CancelledError):
        await process_item(breaking(world, asyncio.CancelledError()), busy)
    which = ReplayFilter(status="received")
    found = await replay_items(world.env, which, limit=9, dry_run=False, actor=ADMIN)
    assert (found.found, found.replayed) == (1, (waits,))
    row = await item(world, waits)
    assert (row.attempts, row.tried_since) == (0, None)


async def test_a_replay_of_an_unknown_intake_or_an_empty_period_is_refused(
    client: httpx.AsyncClient, sign_in: Any
) -> None:
    admin = await sign_in("admin")
    for body, status, code in (
        ({"intake": "nowhere"}, 404, "not-found"),
        ({"since": "2026-03-02T00:00:00Z", "until": "2026-03-01T00:00:00Z"}, 422, "invalid"),
        ({"status": "done"}, 422, "invalid"),
        ({"limit": 0}, 422, "invalid"),
        ({"lead": "x"}, 422, "invalid"),
    ):
        answer = await client.post("/v1/inbox/replay", json=body, headers=admin)
        assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_a_replayed_item_of_a_known_lead_changes_nothing(
    client: httpx.AsyncClient, world: World, make_intake: Any
) -> None:
    await make_intake("form")
    (inbox_id,) = await accept(client)
    await process_item(world.env, inbox_id)
    await world.rows("update inbox set status = 'dead'")
    await replay_item(world.env, inbox_id, actor=ADMIN)
    await process_item(world.env, inbox_id)
    assert (await item(world, inbox_id)).result["created"] is False
    assert await world.value("select count(*) from decisions") == 1


async def test_shuffled_and_repeated_events_of_one_person_leave_the_newest_state(
    client: httpx.AsyncClient, world: World, make_intake: Any
) -> None:
    mapping = {
        "fields": {"lead.email": "email", "company.employees": "employees"},
        "occurred_at": "at",
        "dedupe": "id",
    }
    await make_intake("crm", mapping=mapping)
    events = [
        {"id": i, "email": "mara@nordlicht.example", "employees": i, "at": f"2026-11-0{i}T00:00:00Z"}
        for i in (3, 1, 5, 2, 4)
    ]
    ids = [inbox_id for event in (*events, *events) for inbox_id in await accept(client, event, key="crm")]
    assert len(ids) == 5
    await asyncio.gather(*(process_item(world.env, inbox_id) for inbox_id in ids))
    assert await world.value("select facts->>'company.employees' from leads") == "5"
    assert await world.value("select count(*) from decisions") in (1, 2, 3, 4, 5)
    assert await world.value("select count(*) from holds where released_at is null") == 1


HANDOVER = {
    "fields": {"lead.email": "email", "company.employees": "employees", "lead.country": "country"},
    "setter": "sdr",
    "evidence": [
        {"name": "need", "value": "need"},
        {"name": "urgency", "value": "urgency"},
        {"name": "offer_known", "value": "offer"},
    ],
}
QUALIFIED = EVENT | {
    "sdr": "\u200bLENA@example.com\u00a0",
    "need": "replace spreadsheets",
    "urgency": "Q1",
    "offer": "demo seen",
}


async def test_a_handover_runs_the_gate_and_brings_the_lead_to_a_closer(
    client: httpx.AsyncClient, world: World, make_intake: Any
) -> None:
    await make_intake("crm", kind="handover", mapping=HANDOVER, sample=QUALIFIED)
    (inbox_id,) = await accept(client, QUALIFIED, key="crm")
    await process_item(world.env, inbox_id)
    row = await item(world, inbox_id)
    assert row.status == "done", row.error
    assert row.result["gate_passed"] is True
    (found,) = await world.rows("select name, source, affirmed from evidence where name = 'need'")
    assert (found.source, found.affirmed) == ("sdr:lena", True)
    setter = await world.value("select r.key from gate_checks g join reps r on r.id = g.setter_rep_id")
    assert setter == "lena"


async def test_a_handover_without_its_evidence_says_what_is_missing(
    client: httpx.AsyncClient, world: World, make_intake: Any
) -> None:
    await make_intake("crm", kind="handover", mapping=HANDOVER, sample=QUALIFIED)
    (inbox_id,) = await accept(client, EVENT | {"need": "replace spreadsheets", "sdr": "nobody-known"}, key="crm")
    await process_item(world.env, inbox_id)
    row = await item(world, inbox_id)
    assert row.status == "done", row.error
    assert row.result["gate_passed"] is False
    assert row.result["missing"]
    assert ("setter", "no-such-rep") in [(one["path"], one["code"]) for one in row.result["warnings"]]


async def test_a_refusal_names_what_was_denied_and_nobodys_address(
    client: httpx.AsyncClient, world: World, make_intake: Any
) -> None:
    await make_intake("crm", kind="handover", mapping=HANDOVER, sample=QUALIFIED)
    (inbox_id,) = await accept(client, QUALIFIED | {"offer": "no"}, key="crm")
    await process_item(world.env, inbox_id)
    row = await item(world, inbox_id)
    assert [found["what"] for found in row.result["refused"]] == ["educated"]
    assert "@" not in str(row.result)


async def test_evidence_that_says_nothing_is_left_out_of_an_item_with_a_warning_that_names_it(
    client: httpx.AsyncClient, world: World, make_intake: Any
) -> None:
    await make_intake("crm", kind="handover", mapping=HANDOVER, sample=QUALIFIED)
    unseen = {"need": "\u2800", "urgency": "k. A.", "offer": "\u3164"}
    (inbox_id,) = await accept(client, QUALIFIED | unseen, key="crm")
    await process_item(world.env, inbox_id)
    row = await item(world, inbox_id)
    assert (row.status, row.result["gate_passed"]) == ("done", False)
    assert await world.value("select count(*) from evidence") == 0
    assert [(w["path"], w["code"], english_of(w["message"]).partition(":")[0]) for w in row.result["warnings"]] == [
        ("evidence[0]", "says-nothing", "need"),
        ("evidence[1]", "says-nothing", "urgency"),
        ("evidence[2]", "says-nothing", "offer_known"),
    ]


async def test_a_handover_that_is_worked_off_many_times_at_once_happens_once(
    client: httpx.AsyncClient, world: World, make_intake: Any
) -> None:
    await make_intake("crm", kind="handover", mapping=HANDOVER, sample=QUALIFIED)
    (inbox_id,) = await accept(client, QUALIFIED, key="crm")
    await asyncio.gather(*(process_item(world.env, inbox_id) for _ in range(6)))
    await process_item(world.env, inbox_id)
    assert (await item(world, inbox_id)).status == "done"
    assert await world.value("select count(*) from gate_checks") == 1
    assert await world.value("select count(*) from evidence") == 3


async def test_an_items_own_env_does_not_matter(
    client: httpx.AsyncClient, world: World, env: Env, make_intake: Any
) -> None:
    await make_intake("form")
    (inbox_id,) = await accept(client)
    await asyncio.gather(process_item(env, inbox_id), process_item(world.env, inbox_id))
    assert await world.value("select count(*) from decisions") == 1


async def test_a_handover_is_left_to_the_queue_that_may_wait_for_vendors_and_costs_no_attempt(
    client: httpx.AsyncClient, world: World, make_intake: Any
) -> None:
    await make_intake("crm", kind="handover", mapping=HANDOVER, sample=QUALIFIED)
    (inbox_id,) = await accept(client, QUALIFIED, key="crm")
    await process_item(world.env, inbox_id, asks_vendors=False)
    waiting = await item(world, inbox_id)
    assert (waiting.status, waiting.attempts) == ("received", 0)
    (job,) = await world.rows(
        "select args, priority from procrastinate_jobs where queue_name = 'pointsman-vendors' and task_name = 'inbox.process'"
    )
    assert (job.args, job.priority > 0) == ({"inbox_id": str(inbox_id), "asks_vendors": True}, True)
    await tasks.JOBS["inbox.process"](world.env, job.args)
    assert (await item(world, inbox_id)).status == "done"


async def test_a_lead_that_needs_no_calendar_is_decided_in_the_queue_for_decisions(
    client: httpx.AsyncClient, world: World, make_intake: Any
) -> None:
    await make_intake("form")
    (inbox_id,) = await accept(client)
    await tasks.JOBS["inbox.process"](world.env, {"inbox_id": str(inbox_id)})
    assert (await item(world, inbox_id)).status == "done"


async def test_a_lead_whose_decision_reads_calendars_is_left_to_the_queue_that_may_wait(
    client: httpx.AsyncClient, world: World, make_intake: Any
) -> None:
    await make_intake("crm", kind="handover", mapping=HANDOVER, sample=QUALIFIED)
    (handed,) = await accept(client, QUALIFIED, key="crm")
    await process_item(world.env, handed)  # no closer has a calendar: it waits with its gate passed
    await make_intake("form")
    (news,) = await accept(client, EVENT | {"employees": "130"})
    await tasks.JOBS["inbox.process"](world.env, {"inbox_id": str(news)})
    assert (await item(world, news)).status == "received"
    await process_item(world.env, news)
    assert (await item(world, news)).status == "done"
