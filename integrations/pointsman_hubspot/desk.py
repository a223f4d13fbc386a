"""What the abilities of one connection share."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pointsman_hubspot.api.client import Client
from pointsman_hubspot.api.objects import Found, Objects
from pointsman_hubspot.api.portal import Portal
from pointsman_hubspot.api.refusals import Invalid
from pointsman_hubspot.config import HubSpotConfig
from pointsman_hubspot.memo import Memo
from pointsman_hubspot.ours import KEY, SEQUENCE, OurProperties
from pointsman_hubspot.turns import Turns
from pointsman_sdk import Context


@dataclass(frozen=True, slots=True)
class Desk:
    """The calls, our properties, the turns, and notes about what was made lately."""

    config: HubSpotConfig
    client: Client
    objects: Objects
    ours: OurProperties
    turns: Turns
    made: Memo

    @classmethod
    def of(cls, config: HubSpotConfig, context: Context) -> "Desk":
        client = Client(config, context)
        return cls(
            config=config,
            client=client,
            objects=Objects(client),
            ours=OurProperties(client, context),
            turns=Turns(context),
            made=Memo(context.memory, context.clock, "made"),
        )

    async def read_by(
        self, kind: str, value: str, by: str, *, properties: Iterable[str], linked: Sequence[str] = ()
    ) -> Found | None:
        """The record with this value of one of our properties, or None. One that an admin has changed is looked at anew."""
        names = tuple(properties)
        try:
            return await self.objects.read(kind, value, by=by, properties=names, linked=linked)
        except Invalid:
            await self.ours.forget(kind)
            await self.ours.mode(kind)
        return await self.objects.read(kind, value, by=by, properties=names, linked=linked)

    async def portal(self) -> Portal:
        return await self.client.portal()


def sequence_of(found: Found) -> int | None:
    """The sequence that stands there, None where none does or others wrote into it."""
    said = found.properties.get(SEQUENCE, "").partition(".")[0]
    return int(said) if said.isascii() and said.isdigit() and len(said) < 19 else None


def is_late(found: Found, key: str, sequence: int) -> bool:
    """Whether a newer state of ours stands in the record."""
    standing = sequence_of(found)
    return found.properties.get(KEY) == key and standing is not None and standing > sequence
