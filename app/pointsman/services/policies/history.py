"""Which version was live when, who published it and why; and since when each named definition reads as it does."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from pointsman.domain.errors import NotFound
from pointsman.domain.policy_diff.changes import json_key
from pointsman.services.ports import Env, Tx
from pointsman.services.ports.routing.policies import PublicationRow

#: How many versions that were live are looked at, at most, and how many at once.
MAX_VERSIONS_COMPARED = 200
_BATCH_SIZE = 20

_KINDS: Mapping[str, str] = {
    "segments": "segment",
    "icps": "icp",
    "personas": "persona",
    "scores": "score",
    "country_groups": "country_group",
    "word_lists": "word_list",
}
_Name = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class DefinitionOrigin:
    """A definition, and the first version of those on end in which it reads as it does."""

    kind: str
    name: str
    owner: str | None
    description: str | None
    since_version: int
    published_by: str | None  # None: that version was never live
    published_at: datetime | None
    or_earlier: bool  # further versions were not looked at


async def publication_history(env: Env, *, before: int | None, limit: int) -> Sequence[PublicationRow]:
    """What was live, newest first."""
    async with env.uow() as tx:
        return await tx.policies.history(before=before, limit=limit)


async def definition_origins(env: Env, version: int) -> Sequence[DefinitionOrigin]:
    """Each named definition of a version, compared with the versions below it that were ever live; NotFound."""
    async with env.uow() as tx:
        row = await tx.policies.get(version)
        if row is None:
            raise NotFound(f"There is no policy version {version}.")
        named = _definitions(row.document)
        since = {name: _never_live(name, given, version) for name, given in named.items()}
        return await _walked(tx, version, {name: json_key(given) for name, given in named.items()}, since)


async def _walked(
    tx: Tx, version: int, wanted: dict[_Name, Hashable], since: dict[_Name, DefinitionOrigin]
) -> Sequence[DefinitionOrigin]:
    before, looked_at = version + 1, 0
    while wanted and looked_at < MAX_VERSIONS_COMPARED:
        rows = await tx.policies.definitions_before(before, limit=_BATCH_SIZE)
        for row in rows:
            there = _definitions(row.parts)
            wanted = {name: said for name, said in wanted.items() if name in there and json_key(there[name]) == said}
            for name in wanted:
                since[name] = replace(
                    since[name],
                    since_version=row.version,
                    published_by=row.published_by,
                    published_at=row.published_at,
                )
        looked_at += len(rows)
        if len(rows) < _BATCH_SIZE:
            wanted = {}
        else:
            before = rows[-1].version
    return [replace(entry, or_earlier=name in wanted) for name, entry in since.items()]


def _definitions(document: Mapping[str, Any]) -> dict[_Name, Any]:
    """By kind and name, with all defaults; nothing of a document that this release cannot read any more."""
    from pointsman.domain.policy.document import Policy  # noqa: PLC0415  # a fifth of the time of `policy history`

    try:
        policy = Policy.model_validate({key: document[key] for key in _KINDS if document.get(key) is not None})
    except ValidationError:
        return {}
    read = policy.model_dump(mode="json", by_alias=True, exclude_none=True, include=set(_KINDS))
    return {(kind, name): given for key, kind in _KINDS.items() for name, given in read[key].items()}


def _never_live(name: _Name, given: Any, version: int) -> DefinitionOrigin:
    words = given if isinstance(given, Mapping) else {}
    return DefinitionOrigin(
        kind=name[0],
        name=name[1],
        owner=words.get("owner"),
        description=words.get("description"),
        since_version=version,
        published_by=None,
        published_at=None,
        or_earlier=False,
    )
