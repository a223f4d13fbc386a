"""Mail to a buyer without a database: an appointment, and what is owed about it, kept as the database keeps it."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from pointsman.domain.policy.invitations import InvitationRules, Inviter
from pointsman.services.ports.booking.appointments import AppointmentRow
from pointsman.services.ports.booking.deliveries import DeliveryKind, DeliveryRow, Wanted

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
ROW = AppointmentRow(
    id=UUID(int=1),
    lead_id=UUID(int=2),
    rep_id=UUID(int=3),
    rep_key="anna",
    work="closing",
    pool="closers",
    category=None,
    status="confirmed",
    confirm_by=None,
    accepted_at=None,
    reject_code=None,
    outcome=None,
    outcome_at=None,
    conflict=None,
    starts_at=NOON + timedelta(days=8),
    ends_at=NOON + timedelta(days=8, minutes=30),
    buffer_before=timedelta(0),
    buffer_after=timedelta(0),
    company=None,
    assignment_id=UUID(int=4),
    gate_check_id=None,
    override_id=None,
    gate_snapshot={},
    setter_rep_id=None,
    setter_key=None,
    booked_by="test",
    sequence=0,
    created_at=NOON,
    cancelled_at=None,
    cancelled_by=None,
    cancel_reason=None,
    invited_by=Inviter.MAIL.value,
    invitation_pool="closers",
)


def notice(**over: Any) -> DeliveryRow:
    """A notice that is owed, or as `over` says."""
    given: dict[str, Any] = {
        "id": UUID(int=5),
        "lead_id": ROW.lead_id,
        "appointment_id": ROW.id,
        "rep_id": ROW.rep_id,
        "connection_id": UUID(int=6),
        "calendar": "",
        "kind": DeliveryKind.NOTICE,
        "wanted": Wanted.PUT,
        "key": f"pm-{ROW.id}-invitation",
        "sequence": 0,
        "status": "pending",
        "attempts": 0,
        "owed_at": NOON,
        "next_attempt_at": NOON,
        "error_code": None,
        "last_error": None,
        "vendor_id": None,
        "vendor_version": None,
        "created_at": NOON,
        "done_at": None,
    }
    return DeliveryRow(**given | over)


class _Rows:
    """Answers each read with nothing, and takes each write."""

    def __init__(self, **known: Any) -> None:
        self.known, self.written = known, list[tuple[str, Any]]()

    def __getattr__(self, name: str) -> Any:
        async def answer(*given: Any, **named: Any) -> Any:
            self.written.append((name, (given, named)))
            return self.known.get(name)

        return answer


@dataclass
class MailLines:
    """The rows of one appointment's mail; it is env and tx for what owes them."""

    rules: InvitationRules
    now: datetime = NOON
    row: AppointmentRow = ROW
    owed: list[DeliveryRow] = field(default_factory=list)
    can_invite: bool = False
    ids: int = 1_000

    def __post_init__(self) -> None:
        lead = SimpleNamespace(id=ROW.lead_id, email="ada@lead.example", do_not_contact=False)
        self.lead = lead
        self.config = SimpleNamespace(
            policy=SimpleNamespace(policy=SimpleNamespace(pools={"closers": SimpleNamespace(invitations=self.rules)}))
        )
        target = SimpleNamespace(connection=SimpleNamespace(connector="calendar"))
        self.env: Any = SimpleNamespace(
            clock=lambda: self.now,
            new_id=self._new_id,
            calendars=SimpleNamespace(invites_guests=lambda _connector: self.can_invite),
        )
        self.links = _Rows(known_among=())
        self.tx: Any = SimpleNamespace(
            leads=_Rows(get=lead),
            connections=_Rows(get=SimpleNamespace(id=UUID(int=6))),
            calendars=_Rows(write_target=target),
            booking_links=self.links,
            deliveries=SimpleNamespace(add=self._add, connection=_Rows(get=SimpleNamespace(active=True)).get),
            jobs=_Rows(),
            audit=_Rows(),
        )

    async def load(self, _env: object, _tx: object) -> Any:
        """Stands for `load_routing_config`."""
        return self.config

    def thing(self, key: str) -> list[DeliveryRow]:
        return sorted((item for item in self.owed if item.key == key), key=lambda item: item.sequence)

    def claim(self, key: str) -> DeliveryRow | None:
        """The latest of the thing, as the database claims it: those before it end."""
        of_thing = self.thing(key)
        if not of_thing or of_thing[-1].status != "pending" or of_thing[-1].next_attempt_at > self.now:
            return None
        for item in of_thing[:-1]:
            if item.status == "pending":
                self.put(replace(item, status="superseded"))
        last = of_thing[-1]
        return self.put(replace(last, attempts=last.attempts + 1, unsure=last.unsure + 1))

    def put(self, row: DeliveryRow) -> DeliveryRow:
        self.owed = [row if item.id == row.id else item for item in self.owed]
        return row

    def claimed(self, delivery: DeliveryRow) -> Any:
        """What the engine lends to what renders it."""
        return SimpleNamespace(
            env=self.env,
            tx=self.tx,
            delivery=delivery,
            appointment=self.row,
            lead=self.lead,
            config=self.config,
            owed=self.thing(delivery.key),
        )

    async def _add(self, row: DeliveryRow) -> None:
        self.owed.append(row)

    def _new_id(self) -> UUID:
        self.ids += 1
        return UUID(int=self.ids)
