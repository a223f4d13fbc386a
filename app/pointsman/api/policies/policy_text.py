"""A policy as its author wrote it. Nothing here knows HTTP: the command line reads policies by it, too."""

from dataclasses import dataclass

from pointsman.api.policies.yaml import read_yaml, write_yaml
from pointsman.services.ports.routing.policies import PolicyRow


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmittedPolicy:
    """A document, and the author's own text if that was YAML: the document is what reading the text gives."""

    document: object
    source: str | None


def parse_policy_yaml(body: bytes) -> SubmittedPolicy:
    """A YAML text with what it says; Invalid when it cannot be read."""
    return SubmittedPolicy(document=read_yaml(body), source=body.decode())


def policy_as_yaml(row: PolicyRow) -> str:
    """The author's own text, or one written from the document in the author's order."""
    return write_yaml(row.document) if row.source is None else row.source
