"""The repository of policies: documents, and what was live when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyHeadRow:
    """A policy without its document: a draft, the published one, or an archived one.

    `note`, `published_by` and `published_at` are of the last time it was made live; until then, the note is the draft's.
    """

    version: int
    state: str
    note: str
    created_by: str
    created_at: datetime
    published_by: str | None
    published_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyRow(PolicyHeadRow):
    """A policy as stored. `document` is what the author sent, in the author's order; `source` their YAML, byte for byte."""

    document: Mapping[str, Any]
    source: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicationRow:
    """One time that a version was made live; `kind` is "published" or "rolled-back"."""

    seq: int
    version: int
    kind: str
    at: datetime
    actor: str
    note: str
    replaced: int | None  # what was live until then
    rollback_to: int | None  # where rolling back from here leads


@dataclass(frozen=True, slots=True, kw_only=True)
class DefinitionsRow:
    """What a version that was live gives names to, as its author wrote it, and who made it live first."""

    version: int
    published_by: str
    published_at: datetime
    parts: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveVersions:
    """What is in force: None where nothing has been published or put on the roster."""

    policy: int | None
    roster: int | None


class Policies(Protocol):
    async def live_versions(self) -> LiveVersions:
        """The published policy and the newest roster, seen at one moment."""
        ...

    async def lock(self) -> None:
        """Holds publishing until the transaction ends, so that versions and states change one after another."""
        ...

    async def add(
        self, document: Mapping[str, Any], *, source: str | None, note: str, by: str, at: datetime
    ) -> PolicyRow: ...
    async def get(self, version: int) -> PolicyRow | None: ...
    async def current(self) -> PolicyRow | None: ...
    async def page(self, *, before: int | None, limit: int) -> Sequence[PolicyHeadRow]:
        """Newest first."""
        ...

    async def publish(self, version: int, *, kind: str, note: str, by: str, at: datetime) -> PolicyRow:
        """Writes the history, archives the published one and publishes this one."""
        ...

    async def latest_publication(self) -> PublicationRow | None: ...

    async def history(self, *, before: int | None, limit: int) -> Sequence[PublicationRow]:
        """What was live, newest first; `before` is a `seq`."""
        ...

    async def definitions_before(self, version: int, *, limit: int) -> Sequence[DefinitionsRow]:
        """The definitions of the versions below `version` that were ever live, newest first."""
        ...
