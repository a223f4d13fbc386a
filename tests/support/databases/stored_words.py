"""Sentences among what the tables keep: where one stands that no person and no vendor wrote."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Column, Text
from sqlalchemy.dialects.postgresql import JSON, JSONB

from pointsman.db.tables.base import metadata
from support.floors.use_case_env import World

#: What people, senders and vendors write, with spaces in it.
WRITTEN = {
    "accounts.name": "a sender's",
    "accounts.name_key": "made of the name",
    "accounts.searched": "made of the name",
    "api_keys.name": "an admin's",
    "appointments.booked_by": "the actor: an admin names a key",
    "appointments.category": "the policy's author's",
    "appointments.company": "a sender's",
    "assignments.category": "the policy's author's",
    "assignments.pool": "the policy's author's",
    "assignments.rule": "the policy's author's",
    "connections.config": "an admin's",
    "decisions.inputs": "facts of the lead; its messages are those of the record",
    "decisions.pool": "the policy's author's",
    "decisions.rule": "the policy's author's",
    "evidence.name": "the policy's author's",
    "evidence.source": "a rep, a system or a supplier",
    "evidence.value": "an SDR's",
    "holds.pool": "the policy's author's",
    "intakes.mapping": "an admin's",
    "intakes.sample": "a sender's",
    "intakes.title": "an admin's",
    "leads.facts": "a sender's",
    "leads.searched": "made of what a sender wrote",
    "leads.first_name": "a sender's",
    "leads.last_name": "a sender's",
    "leads.phone": "a sender's",
    "overrides.approver": "an admin's",
    "overrides.reason": "an admin's",
    "policies.document": "the policy's author's",
    "policies.note": "an admin's",
    "policies.source": "the policy's author's",
    "policy_publications.note": "an admin's",
    "reps.name": "an admin's",
    "roles.name": "an admin's",
    "roster_versions.snapshot": "an admin's",
    "skips.reason": "an admin's",
    "suppliers.name": "an admin's",
    "time_off.reason": "an admin's or the rep's",
}
#: Of JSON: what is under these names is a person's, wherever it stands.
_WRITTEN_NAMES = frozenset({"name", "role", "rule", "label", "labels", "title", "value", "text", "facts", "time_off"})
_SENTENCE = re.compile(r"\S +[a-z]+ +\S")
_MESSAGE = {"key", "args"}


def sentence_columns() -> Iterator[tuple[str, Column[Any]]]:
    """Each column that may hold text of ours: "audit.reason"."""
    for table in metadata.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, Text | JSON | JSONB) and f"{table.name}.{column.name}" not in WRITTEN:
                yield f"{table.name}.{column.name}", column


def sentences_in(value: Any) -> Iterator[str]:
    """Each text in it that reads as a sentence, but for what people wrote."""
    match value:
        case str():
            if _SENTENCE.search(value):
                yield value
        case Mapping():
            is_message = value.keys() == _MESSAGE
            for name, item in (value["args"] if is_message else value).items():
                said_by_hand = (
                    is_message and name == "reason" and isinstance(item, str)
                )  # why an admin gave a lead to a rep
                if name not in _WRITTEN_NAMES and not said_by_hand:
                    yield from sentences_in(item)
        case list():
            for item in value:
                yield from sentences_in(item)
        case _:
            pass


async def stored_sentences(world: World) -> list[tuple[str, str]]:
    """What the tables hold of our own sentences, and where."""
    found = []
    for name, column in sentence_columns():
        table = column.table.name
        rows = await world.rows(f'select distinct cast("{column.name}" as text) as said from {table}')
        for row in rows:
            if row.said is not None:
                value = row.said if isinstance(column.type, Text) else json.loads(row.said)
                found += [(name, said) for said in sentences_in(value)]
    return found
