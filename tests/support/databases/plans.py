"""What statements cost the database: the plans of all that ran on a connection, also inside functions and triggers."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg

_SETTINGS = (
    "load 'auto_explain'",
    "set auto_explain.log_min_duration = 0",
    "set auto_explain.log_nested_statements = on",
    "set auto_explain.log_analyze = on",
    "set auto_explain.log_buffers = on",
    "set auto_explain.log_format = json",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One statement as it ran: its text, its kinds of nodes, and how many blocks it looked at."""

    query: str
    nodes: Sequence[str]
    blocks: int

    @property
    def is_sweeping(self) -> bool:
        """Whether it read a whole table, or sorted."""
        return bool({"Seq Scan", "Sort", "Incremental Sort"} & {*self.nodes})


@dataclass(slots=True)
class Plans:
    """The statements that ran since `forget`."""

    seen: list[Plan] = field(default_factory=list)

    def forget(self) -> None:
        self.seen.clear()

    def of(self, words: str) -> list[Plan]:
        return [plan for plan in self.seen if words in plan.query]

    @property
    def most_blocks(self) -> int:
        return max((plan.blocks for plan in self.seen), default=0)


@contextmanager
def watching(connection: psycopg.Connection) -> Iterator[Plans]:
    """The plans of what this connection runs from now on; its account must be allowed to load a library."""
    plans = Plans()

    def hear(said: psycopg.errors.Diagnostic) -> None:
        _, mark, plan = (said.message_primary or "").partition("plan:")
        if mark:
            plans.seen.append(_plan(json.loads(plan)))

    for setting in _SETTINGS:
        connection.execute(setting)
    connection.add_notice_handler(hear)
    connection.execute("set client_min_messages = log")
    try:
        yield plans
    finally:
        connection.execute("reset client_min_messages")
        connection.remove_notice_handler(hear)


def explained(connection: psycopg.Connection, execute: str) -> Plan:
    """What `execute`, which is carried out, costs."""
    found = connection.execute(f"explain (analyze, buffers, format json) {execute}".encode()).fetchone()
    assert found is not None
    return _plan(found[0][0])


def _plan(said: dict[str, Any]) -> Plan:
    root = said["Plan"]
    blocks = sum(int(root.get(f"Shared {kind} Blocks", 0)) for kind in ("Hit", "Read"))
    return Plan(query=said.get("Query Text", ""), nodes=[node["Node Type"] for node in _nodes(root)], blocks=blocks)


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("Plans", ()):
        yield from _nodes(child)


#: Brings the statistics of tables into one state.
Statistics = Callable[[psycopg.Connection], None]
