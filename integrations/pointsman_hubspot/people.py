"""People: contacts. HubSpot keeps one for each address."""

from collections.abc import Mapping

from pointsman_hubspot.api.objects import Found, equals
from pointsman_hubspot.api.refusals import Conflict, Invalid
from pointsman_hubspot.api.shape import line, same, written
from pointsman_hubspot.desk import Desk, is_late, sequence_of
from pointsman_hubspot.ours import KEY, SEQUENCE
from pointsman_sdk import PersonBy, PersonState, Rejected, RemoteRecord, Retryable

KIND = "contacts"
COMPANIES = "companies"
OWNER = "hubspot_owner_id"
_TRIES = 3
_ID_DIGITS = 20
#: What is read of a contact, beside what the configuration names.
PROPERTIES = (
    "email",
    "firstname",
    "lastname",
    "phone",
    "mobilephone",
    "company",
    "jobtitle",
    "website",
    "country",
    "lifecyclestage",
    "hs_lead_status",
    OWNER,
    KEY,
    SEQUENCE,
)


class HubSpotPeople:
    """A contact is known by its own id, then by its address, then by our key, then by its number."""

    def __init__(self, desk: Desk) -> None:
        self._desk, self._objects = desk, desk.objects

    async def put(self, thing: PersonState) -> RemoteRecord:
        await self._desk.ours.mode(KIND)
        names = self._names(thing.fields)
        async with self._desk.turns.of(f"{KIND}:{thing.key}"):
            for _ in range(_TRIES):
                present = await self._known(thing, names)
                found = await (self._made(thing, names) if present is None else self._changed(present, thing))
                if found is not None:
                    await self._link(found, thing)
                    return await self._record(found, thing.key, names)
        raise Retryable("others change the same contact in HubSpot")

    async def get(self, place: str, key: str) -> RemoteRecord | None:  # noqa: ARG002  # a CRM is one place
        await self._desk.ours.mode(KIND)
        found = await self._read(key, by=KEY)
        return None if found is None else await self._record(found, key)

    async def find(self, by: PersonBy) -> RemoteRecord | None:
        """With every property, so that a mapping can be tried on it."""
        names = tuple(dict.fromkeys((*self._names({}), *await self._desk.ours.names(KIND))))
        found = None
        if by.external_id is not None and _is_id(by.external_id):
            found = await self._objects.read_whole(KIND, by.external_id, properties=names)
            # An id of before a merger is one that the record itself surely answers by.
            found = found or await self._read(by.external_id)
        if found is None and by.email:
            found = await self._objects.read_whole(KIND, by.email.strip().lower(), properties=names, by="email")
        if found is None and by.phone:
            found = await self._by_phone(by.phone, names)
        return None if found is None else await self._record(found, found.properties.get(KEY, ""), names)

    def _names(self, fields: Mapping[str, object]) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*PROPERTIES, *self._desk.config.property_names(), *fields)))

    async def _read(
        self, value: str, *, by: str | None = None, names: tuple[str, ...] = (), linked: bool = False
    ) -> Found | None:
        asked, beside = names or self._names({}), (COMPANIES,) if linked else ()
        if by == KEY:
            return await self._desk.read_by(KIND, value, KEY, properties=asked, linked=beside)
        return await self._objects.read(KIND, value, properties=asked, by=by, linked=beside)

    async def _by_id(
        self, external_id: str | None, names: tuple[str, ...] = (), *, linked: bool = False
    ) -> Found | None:
        if external_id is None or not _is_id(external_id):
            return None
        return await self._read(external_id, names=names, linked=linked)

    async def _by_phone(self, phone: str, names: tuple[str, ...] = ()) -> Found | None:
        """By search alone, which lags: HubSpot knows no number as unique."""
        found = await self._objects.search(
            KIND, [equals("phone", line(phone))], properties=names or self._names({}), sort="createdate", limit=1
        )
        return found.items[0] if found.items else None

    async def _known(self, thing: PersonState, names: tuple[str, ...]) -> Found | None:
        linked = thing.account is not None
        found = await self._by_id(thing.external_id, names, linked=linked)
        if found is None and thing.email:
            found = await self._read(thing.email.strip().lower(), by="email", names=names, linked=linked)
        elif found is None:
            found = await self._read(thing.key, by=KEY, names=names, linked=linked)
            if found is None and thing.phone:
                found = await self._by_phone(thing.phone, names)
        return found

    async def _made(self, thing: PersonState, names: tuple[str, ...]) -> Found | None:
        """A new contact; what others made meanwhile, changed to the state; None to look once more.

        Rejected where nothing is known by which the contact could be found again: HubSpot would make one of an owner alone.
        """
        if not thing.email and not thing.phone:
            raise Rejected("HubSpot has no such contact any more, and none is made without an address or a number")
        links = [] if thing.account is None else [(COMPANIES, thing.account)]
        try:
            return await self._objects.create(KIND, {n: v for n, v in _state(thing).items() if v}, links)
        except (Conflict, Invalid) as refusal:
            there = None
            if isinstance(refusal, Conflict) and refusal.existing is not None:
                there = await self._read(refusal.existing, names=names)
            # The same person by another address than before: the key is taken, by its own record.
            there = there or await self._read(thing.key, by=KEY, names=names)
            if there is None:
                raise
            return await self._changed(there, thing)

    async def _changed(self, present: Found, thing: PersonState) -> Found | None:
        """Only what is not so already is written; None where it is to be looked up once more."""
        if is_late(present, thing.key, thing.sequence):
            return present
        wanted = _state(thing)
        if wanted.get("email", "").casefold() == present.properties.get("email", "").casefold():
            wanted.pop("email", None)  # an address in other letters is the same: it stays as it is written there
        differing = {
            name: value for name, value in wanted.items() if not same(name, present.properties.get(name), value)
        }
        if not differing:
            return present
        try:
            return await self._objects.change(KIND, present, differing)
        except (Conflict, Invalid):
            if KEY in differing and await self._let_go_of_key(thing.key, present.id):
                return None
            raise

    async def _let_go_of_key(self, key: str, record: str) -> bool:
        """Take the key away from another contact that has it: the person is this one from now on."""
        other = await self._read(key, by=KEY)
        if other is None or other.id == record:
            return False
        await self._objects.change(KIND, other, {KEY: ""})
        return True

    async def _link(self, found: Found, thing: PersonState) -> None:
        if thing.account is not None and thing.account not in found.linked.get(COMPANIES, frozenset()):
            await self._objects.link(KIND, found.id, COMPANIES, thing.account)

    async def _record(self, found: Found, key: str, names: tuple[str, ...] = ()) -> RemoteRecord:
        kept = names or self._names({})
        fields = tuple(sorted((name, value) for name, value in found.properties.items() if name in kept))
        name = " ".join(filter(None, (found.properties.get("firstname"), found.properties.get("lastname"))))
        return RemoteRecord(
            key=key,
            place="",
            id=found.id,
            version=found.updated,
            sequence=sequence_of(found),
            owner=found.properties.get(OWNER),
            title=name,
            url=(await self._desk.portal()).page_of(KIND, found.id),
            fields=fields,
        )


def _is_id(external_id: str) -> bool:
    return external_id.isascii() and external_id.isdigit() and len(external_id) <= _ID_DIGITS


def _state(thing: PersonState) -> dict[str, str]:
    """The properties that the state names. An empty owner takes the owner away."""
    given = {
        "email": thing.email,
        "firstname": thing.first_name,
        "lastname": thing.last_name,
        "phone": thing.phone,
        OWNER: thing.owner,
    }
    known = {name: written(value) for name, value in given.items() if value is not None}
    fields = {name: written(value) for name, value in thing.fields.items()}
    if KEY in fields or SEQUENCE in fields:
        raise Rejected("a mapping may not write the properties by which Pointsman knows its records")
    return {**fields, **known, KEY: thing.key, SEQUENCE: str(thing.sequence)}
