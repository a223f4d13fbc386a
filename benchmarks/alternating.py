"""Rounds that alternate between a vendor that answers and one that hangs, and the medians by which they are compared."""

import argparse
import asyncio
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from statistics import median
from typing import Any

import floors
from http_load import Connection, percentile
from rich.console import Console
from rich.table import Table
from service import Service
from webhooks import Hook

MOST_MORE, MOST_MORE_S = 1.1, 0.020


def ended(rows: Sequence[tuple[float | None]]) -> Iterator[float]:
    """Seconds; what had not ended when the round did took for ever."""
    for (seconds,) in rows:
        yield float("inf") if seconds is None else seconds


async def send(service: Service, hook: Hook, name: str) -> None:
    """One form, which is taken in."""
    line = Connection(service.ports[0])
    answer = await line.send(hook.signed(name, floors.form(name)))
    line.close()
    assert answer.status == 202, answer.body


def compare(
    one_round: Callable[[bool], Coroutine[Any, Any, Mapping[str, Any]]],
    *,
    rounds: int,
    names: Sequence[str],
    said: tuple[str, str],
) -> int:
    """Runs the rounds, and holds the median p99 of each name to a tenth or 20 ms more; the exit status.

    `one_round(hangs)` gives the seconds by name, in ascending order. `said`: what is so in calm rounds, and in the others.
    """
    console, found = Console(width=140), dict[bool, list[Mapping[str, Any]]]({False: [], True: []})
    for turn in range(2 * rounds):
        hangs = turn % 2 == 1
        seen = asyncio.run(one_round(hangs))
        found[hangs].append(seen)
        told = ", ".join(f"{name} {1_000 * percentile(seen[name], 0.99):.0f} ms" for name in names)
        console.print(f"{said[hangs]}{seen.get('note', '')}: p99 of {told}")
    table, kept = Table("p99, ms", *said, "held to"), True
    for name in names:
        calm, hung = (median(percentile(one[name], 0.99) for one in found[hangs]) for hangs in (False, True))
        most = max(calm * MOST_MORE, calm + MOST_MORE_S)
        kept = kept and hung <= most
        table.add_row(name, f"{1000 * calm:.1f}", f"{1000 * hung:.1f}", f"{1000 * most:.1f}")
    console.print(table)
    console.print("kept" if kept else "NOT KEPT")
    return 0 if kept else 1


def parser_of(doc: str | None, *, seconds: float, rate: float) -> argparse.ArgumentParser:
    """The options that these programs share."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=seconds)
    parser.add_argument("--rate", type=float, default=rate, help="of each kind, a second")
    parser.add_argument("--rounds", type=int, default=3)
    return parser
