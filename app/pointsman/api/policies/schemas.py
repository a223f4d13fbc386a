"""Policies as the API shows them: heads, documents, findings, differences, history."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from pointsman.domain.policy_check.findings import Finding
from pointsman.domain.policy_diff.changes import PolicyChange
from pointsman.services.ports.routing.policies import PolicyHeadRow, PolicyRow
from pointsman.services.wording.rendering import MessageReader, render

#: More than anybody reads; the rest is counted.
MAX_CHANGES = 5_000


class FindingDoc(BaseModel):
    """One thing that the check found; an error forbids publishing, a warning does not."""

    path: str = Field(examples=["rules[3].when.all[1].field"])
    code: str = Field(examples=["unknown-field"])
    severity: str = Field(examples=["error"])
    message: str

    @staticmethod
    def of(finding: Finding, reader: MessageReader) -> "FindingDoc":
        return FindingDoc(
            path=finding.path,
            code=finding.code,
            severity=finding.severity.value,
            message=render(finding.message, reader),
        )


class CheckResultDoc(BaseModel):
    """What the check says about a document."""

    publishable: bool
    findings: list[FindingDoc]


class PolicyHead(BaseModel):
    """A policy without its document. `note` is of the last time that it went live; until then, of the draft."""

    version: int
    state: str = Field(examples=["published"])
    note: str
    created_by: str
    created_at: datetime
    published_by: str | None
    published_at: datetime | None

    @staticmethod
    def of(row: PolicyHeadRow) -> "PolicyHead":
        return PolicyHead.model_validate(row, from_attributes=True)


class PolicyDoc(PolicyHead):
    """A policy with its document, its keys in the author's order."""

    written_in: Literal["yaml", "json"] = Field(description="`yaml`: the author's own text can be read back.")
    document: dict[str, Any]

    @staticmethod
    def whole(row: PolicyRow) -> "PolicyDoc":
        head = PolicyHead.of(row).model_dump()
        return PolicyDoc(**head, written_in="json" if row.source is None else "yaml", document=dict(row.document))


class DraftDoc(PolicyHead, CheckResultDoc):
    """A draft just stored, with what its check found."""


class PolicyPage(BaseModel):
    """Policies, newest first; ask again with `before` = `next`."""

    items: list[PolicyHead]
    next: int | None


class PolicyChangeDoc(BaseModel):
    """One change; null means that it is not there."""

    kind: str = Field(examples=["changed"], description="new | gone | moved | changed")
    path: str = Field(examples=["rules[2].when.in"], description="In the second version; in the first, if gone.")
    before: Any
    after: Any
    sentence: str = Field(examples=["rule 3 'DACH demo requests' now also takes CH in lead.country"])

    @staticmethod
    def of(change: PolicyChange, reader: MessageReader) -> "PolicyChangeDoc":
        sentence = render(change.sentence, reader)
        return PolicyChangeDoc(
            kind=change.kind, path=change.path, before=change.before, after=change.after, sentence=sentence
        )


class PolicyChangesDoc(BaseModel):
    """What changed in one part of the document."""

    part: str = Field(examples=["rules"])
    changes: list[PolicyChangeDoc]


class DiffDoc(BaseModel):
    """How the second version differs from the first; no parts exactly when they mean the same."""

    version: int
    other: int
    parts: list[PolicyChangesDoc]
    left_out: int = Field(description=f"How many changes beyond the first {MAX_CHANGES} are not shown.")

    @staticmethod
    def of(version: int, other: int, changes: Sequence[PolicyChange], reader: MessageReader) -> "DiffDoc":
        parts: dict[str, list[PolicyChangeDoc]] = {}
        for change in changes[:MAX_CHANGES]:
            parts.setdefault(change.group, []).append(PolicyChangeDoc.of(change, reader))
        shown = [PolicyChangesDoc(part=part, changes=found) for part, found in parts.items()]
        return DiffDoc(version=version, other=other, parts=shown, left_out=max(0, len(changes) - MAX_CHANGES))


class PublicationDoc(BaseModel):
    """One time that a version went live."""

    seq: int
    version: int
    kind: str = Field(examples=["published"], description="published | rolled-back")
    at: datetime
    actor: str = Field(examples=["key:0f3a9c1b2d4e"])
    note: str
    replaced: int | None = Field(description="The version that was live until then.")
    rollback_to: int | None = Field(description="Where rolling back from here leads.")


class PublicationPage(BaseModel):
    """What was live, newest first; ask again with `before` = `next`."""

    items: list[PublicationDoc]
    next: int | None


class DefinitionDoc(BaseModel):
    """A named definition, and since which version it reads as it does."""

    kind: str = Field(examples=["segment"])
    name: str = Field(examples=["dach"])
    owner: str | None
    description: str | None
    since_version: int
    published_by: str | None = Field(
        description="The person who first made that version live; null while it never was."
    )
    published_at: datetime | None
    or_earlier: bool = Field(description="It reads so in every version that was looked at; there are older ones.")


class DefinitionsDoc(BaseModel):
    """The named definitions of one version."""

    version: int
    definitions: list[DefinitionDoc]
