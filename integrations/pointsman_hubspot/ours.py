"""The properties by which HubSpot's records are known as ours: a key, whose values are unique, and the sequence beside it."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from enum import StrEnum
from typing import Any

from pointsman_hubspot.api.client import Client
from pointsman_hubspot.api.refusals import Conflict, Forbidden, Invalid
from pointsman_hubspot.api.shape import rows, shaped, text
from pointsman_hubspot.memo import Memo
from pointsman_sdk import Context, Rejected

KEY = "pointsman_key"
SEQUENCE = "pointsman_sequence"
DOMAIN = "pointsman_domain"
GROUP = "pointsman"

_LABELS = {KEY: "Pointsman key", SEQUENCE: "Pointsman sequence", DOMAIN: "Pointsman domain"}
_OF_KIND: Mapping[str, tuple[str, ...]] = {
    "contacts": (KEY, SEQUENCE),
    "companies": (KEY, SEQUENCE, DOMAIN),
    "meetings": (KEY, SEQUENCE),
    "tasks": (KEY, SEQUENCE),
}
#: Kinds of which records are found without uniqueness, too: along their contact.
_MAY_BE_PLAIN = frozenset({"meetings", "tasks"})
_MOST_NAMES, _NAMES_LAST = 1_000, timedelta(days=1)


class Mode(StrEnum):
    """Whether the account keeps the keys of a kind unique."""

    UNIQUE = "unique"
    PLAIN = "plain"


class OurProperties:
    """Looks once whether the properties are there, makes them where they are not, and remembers what it found."""

    def __init__(self, client: Client, context: Context) -> None:
        self._client, self._paths = client, client.paths
        self._notes = Memo(context.memory, context.clock, "properties", shelves=16)
        self._known: dict[str, Mode] = {}

    async def mode(self, kind: str) -> Mode:
        """Raises Rejected with what an admin has to make, where it cannot be made from here."""
        if kind not in self._known:
            noted = await self._notes.get(kind)
            if noted is None:
                missing = await self.make(kind)
                if missing:
                    raise Rejected(f"HubSpot lacks what the connection needs: {' '.join(missing)}")
            else:
                self._known[kind] = Mode(noted)
        return self._known[kind]

    async def names(self, kind: str) -> tuple[str, ...]:
        """Every property of the kind, as of a day ago at most; none where the sign-in may not list them."""
        noted = await self._notes.get(f"names:{kind}")
        if noted is None:
            try:
                answer = await self._client.call("GET", self._paths.properties(kind), params={"archived": "false"})
            except Forbidden:
                return ()
            noted = ",".join(shaped(lambda data: [text(one["name"]) for one in rows(data)], answer)[:_MOST_NAMES])
            await self._notes.note(f"names:{kind}", noted, lasts=_NAMES_LAST)
        return tuple(noted.split(","))

    async def forget(self, kind: str) -> None:
        """Look again: HubSpot says that it is not as it was found."""
        self._known.pop(kind, None)
        await self._notes.forget(kind)

    async def make(self, kind: str) -> list[str]:
        """Make what is missing; a sentence for each property that an admin has to make. Again is fine."""
        there = await self._there(kind, _OF_KIND[kind])
        missing, has_group = list[str](), False
        for name in _OF_KIND[kind]:
            wants_unique = name != SEQUENCE
            if name in there:
                if wants_unique and not there[name] and kind not in _MAY_BE_PLAIN:
                    missing.append(_sentence(kind, name))
                continue
            has_group = has_group or await self.make_group(kind)
            made = await self._make(kind, name) if has_group else None
            if made is None:
                missing.append(_sentence(kind, name))
            else:
                there[name] = made
        if not missing:
            mode = Mode.UNIQUE if there[KEY] else Mode.PLAIN
            await self._notes.note(kind, mode)
            self._known[kind] = mode
        return missing

    async def make_group(self, kind: str) -> bool:
        """The group below which HubSpot shows the properties. False where the sign-in may not make it."""
        body = {"name": GROUP, "label": "Pointsman", "displayOrder": -1}
        try:
            await self._client.call("POST", self._paths.properties(kind, "groups"), body=body)
        except Conflict:
            return True
        except (Forbidden, Invalid):
            return False
        return True

    async def _there(self, kind: str, names: Sequence[str]) -> dict[str, bool]:
        """Those of the properties that are there, and whether their values are unique."""
        body = {"archived": False, "inputs": [{"name": name} for name in names]}
        answer = await self._client.call("POST", self._paths.properties(kind, "batch", "read"), body=body)

        def read(data: Any) -> dict[str, bool]:
            return {text(one["name"]): one.get("hasUniqueValue") is True for one in rows(data)}

        return shaped(read, answer)

    async def _make(self, kind: str, name: str) -> bool | None:
        """Whether the values of the property that was made are unique; None where it could not be made."""
        body = {
            "name": name,
            "label": _LABELS[name],
            "groupName": GROUP,
            "type": "number" if name == SEQUENCE else "string",
            "fieldType": "number" if name == SEQUENCE else "text",
            "description": "Written by Pointsman, which knows its records by it. Leave it as it is.",
            "formField": False,
        }
        path = self._paths.properties(kind)
        wanted = (True, False) if name == KEY and kind in _MAY_BE_PLAIN else (name != SEQUENCE,)
        for is_unique in wanted:
            try:
                await self._client.call("POST", path, body={**body, "hasUniqueValue": is_unique})
            except Invalid:
                continue
            except Conflict:  # another worker was first
                return (await self._there(kind, [name])).get(name)
            except Forbidden:
                return None
            return is_unique
        return None


def _sentence(kind: str, name: str) -> str:
    what = "a number" if name == SEQUENCE else "a single-line text whose values are unique"
    return f"Make the property “{_LABELS[name]}” ({name}, {what}) of {kind}."
