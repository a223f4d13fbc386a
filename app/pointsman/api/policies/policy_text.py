"""A policy as its author wrote it. Nothing here knows HTTP: the command line reads policies by it, too."""

from dataclasses import dataclass

from pointsman.api.policies.yaml_reader import yaml_outcome
from pointsman.api.policies.yaml_writer import write_yaml
from pointsman.services.ports.routing.policies import PolicyRow
from pointsman.services.ports.text_readers import TextReaders


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmittedPolicy:
    """A document, and the author's own text if that was YAML: the document is what reading the text gives."""

    document: object
    source: str | None


async def parse_policy_yaml(body: bytes, readers: TextReaders) -> SubmittedPolicy:
    """A YAML text with what it says; Invalid when it cannot be read, Unavailable when too many are being read."""
    return SubmittedPolicy(document=await readers.read(yaml_outcome, body), source=body.decode())


def parse_policy_yaml_now(body: bytes, readers: TextReaders) -> SubmittedPolicy:
    """The same without an event loop."""
    return SubmittedPolicy(document=readers.read_now(yaml_outcome, body), source=body.decode())


def policy_as_yaml(row: PolicyRow) -> str:
    """The author's own text, or one written from the document in the author's order."""
    return write_yaml(row.document) if row.source is None else row.source
